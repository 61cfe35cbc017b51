"""Where does each recipient's copy go: into a mailbox now, or into the queue? And as which rows?"""

from collections.abc import Callable
from typing import Protocol, TypeAlias

from pillarbox.deliver import local
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Recipient
from pillarbox.route.routed import Routed
from pillarbox.store.rows import Content, Enqueue, Filing, QueueItem

from .session import Transaction


class Outgoing(Protocol):
    """The queue, as far as intake knows it: queue.runner."""

    def admit(self, domain: str) -> float | None:
        """Until when a new recipient in ``domain`` is leased to the runner at once; None: let it wait in the store."""

    def handover(self, items: list[QueueItem], content: bytes | None) -> None:
        """The leased recipients of one message that is now durable, with its octets when they are small."""

    def wake(self) -> None:
        """Rows that wait in the store have become due."""


ReversePath: TypeAlias = Callable[[Address, Address, str], str | None]


class Placing:
    """Makes rows out of routed recipients. ``expiry``: seconds that delivery is tried. ``reverse_path`` says in whose
    name forwarded mail travels (route.recipients)."""

    def __init__(self, queue: Outgoing, expiry: float, reverse_path: ReversePath) -> None:
        self._queue = queue
        self._expiry = expiry
        self._reverse_path = reverse_path

    def place(
        self, transaction: Transaction, before: frozenset[str], arrived: tuple[str, float], junk: str | None = None
    ) -> tuple[list[Filing], list[Enqueue]]:
        """One local copy a mailbox and one queue row an outside recipient, each once however often it was named.

        ``arrived``: the message's id, and when.

        ``before``: the mailboxes that had the message already (Delivered-To); they get no copy. ``junk``: the folder
        for copies of a message that is not to be trusted.

        A message that its sender wants to be held (RFC 4865) waits in the queue, for mailboxes here too.
        """
        filings: dict[int, tuple[Filing, Recipient]] = {}
        queued: dict[str, Enqueue] = {}
        sender = transaction.envelope.sender_text
        message_id, now = arrived
        hold = transaction.envelope.hold_until
        for recipient, routed in transaction.routed:
            for target in routed.locals:
                if local.refusal(target.address, before) is not None:
                    transaction.chapter.add("circles", recipient=target.address)
                elif target.account_id not in filings:
                    copy = local.filing(target.account_id, target.address, sender, junk or target.folder)
                    filings[target.account_id] = copy, recipient
            for address in routed.remotes:
                if (key := address.key) not in queued:
                    own = self._own_sender(transaction, recipient, routed, message_id)
                    queued[key] = self._remote(recipient, address, hold, now, own)
        if hold is not None:
            late = [self._late(copy, recipient, hold) for copy, recipient in filings.values()]
            return [], self._noted(transaction, [*queued.values(), *late], hold)
        for copy, _recipient in filings.values():
            transaction.chapter.add("filed", recipient=copy.recipient, folder=copy.folder.removeprefix("\\"))
        return [copy for copy, _recipient in filings.values()], self._noted(transaction, list(queued.values()), None)

    @staticmethod
    def _noted(transaction: Transaction, rows: list[Enqueue], hold: float | None) -> list[Enqueue]:
        for row in rows:
            transaction.chapter.add("queued", recipient=row.recipient, hold=hold)
        return rows

    def _own_sender(
        self, transaction: Transaction, recipient: Recipient, routed: Routed, message_id: str
    ) -> str | None:
        sender = transaction.envelope.sender
        if sender is None or not routed.ours:
            return None
        own = self._reverse_path(sender, recipient.address, message_id)
        if own is not None:
            transaction.chapter.add("forwarded", recipient=str(recipient.address), sender=own)
        return own

    def _remote(
        self, recipient: Recipient, address: Address, hold: float | None, now: float, sender: str | None
    ) -> Enqueue:
        domain = address.ascii_domain
        lease = self._queue.admit(domain) if hold is None else None
        due = hold if hold is not None else now
        notify, expires = _notify(recipient), due + self._expiry
        return Enqueue(str(address), domain, due, expires, notify, recipient.original, lease, sender=sender)

    def _late(self, copy: Filing, recipient: Recipient, hold: float) -> Enqueue:
        return Enqueue(
            copy.recipient,
            "",
            hold,
            hold + self._expiry,
            _notify(recipient),
            recipient.original,
            account_id=copy.account_id,
        )


def _notify(recipient: Recipient) -> int | None:
    return recipient.notify.value if recipient.notify is not None else None


def whole(content: Content) -> bytes | None:
    """The octets of a message that lies in memory."""
    if not isinstance(content.body, bytes):
        return None
    return content.head + (content.body[content.skip :] if content.skip else content.body)
