"""May this peer send this, here, now? What is decided at MAIL and at RCPT, before any octet of the message is taken.

Each question is answered at once from what is known, or by an awaitable when the store must be asked.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from pillarbox.accounts.account import Account
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Envelope, Recipient
from pillarbox.mail.reply import (
    AUTH_REQUIRED,
    MAILBOX_FULL,
    RECIPIENT_OK,
    RELAY_DENIED,
    SENDER_OK,
    STORE_FULL,
    TOO_MANY_ERRORS,
    Reply,
)
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.route.routed import Routed

from .session import Service, Session, Transaction

Answer: TypeAlias = Reply | Awaitable[Reply]

ONLY_REPORTS = Reply(550, "5.7.1", ("This address takes only reports on mail that was forwarded",))
NOT_YOUR_ADDRESS = "You may not send as {sender}: sign in as its owner, or add it as an alias of {account}"


class Recipients(Protocol):
    """Who answers where an address leads: route.recipients.Recipients."""

    def known(self, address: Address) -> Routed | None:
        """From memory."""

    async def resolve(self, address: Address) -> Routed:
        """From the store."""

    def reverse_path(self, sender: Address, recipient: Address, message_id: str) -> str | None:
        """In whose name what ``sender`` sent to ``recipient`` is sent on; None: in the sender's."""


class Owners(Protocol):
    """Who answers whose an address is: accounts.addresses."""

    def may_send_as_cached(self, account: Account, address: Address) -> bool | None:
        """From memory; None when it must be asked."""

    async def may_send_as(self, account: Account, address: Address) -> bool:
        """From the store."""


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """``from_rights``: users send only as themselves. ``unknown_recipients``: so many in a session, then it ends."""

    from_rights: bool = True
    unknown_recipients: int = 50


class Policy:
    """Decides on senders and recipients, and notes each decision in the transaction's story."""

    def __init__(  # noqa: PLR0913, PLR0917 - one for each that it asks
        self,
        settings: PolicySettings,
        recipients: Recipients,
        owners: Owners,
        log: Log,
        metrics: Metrics,
        has_room: Callable[[], bool],
        begin_checks: Callable[[Session, Transaction], None] = lambda _session, _transaction: None,
    ) -> None:
        self._settings = settings
        self._has_room = has_room
        self._begin_checks = begin_checks
        self._log = log
        self._metrics = metrics
        self.recipients = recipients
        self._owners = owners

    def sender(self, session: Session, transaction: Transaction) -> Answer:
        """The answer to MAIL."""
        if session.service is Service.SUBMISSION and not session.may_relay:
            return self._sender_answer(transaction, AUTH_REQUIRED)
        if not self._has_room():
            return self._sender_answer(transaction, STORE_FULL)
        address = transaction.envelope.sender
        if session.account is None or address is None or not self._settings.from_rights:
            return self._sender_answer(transaction, SENDER_OK)
        allowed = self._owners.may_send_as_cached(session.account, address)
        if allowed is None:
            return self._ask_owner(session.account, address, transaction)
        return self._sender_answer(transaction, SENDER_OK if allowed else _not_yours(session.account, address))

    async def _ask_owner(self, account: Account, address: Address, transaction: Transaction) -> Reply:
        allowed = await self._owners.may_send_as(account, address)
        return self._sender_answer(transaction, SENDER_OK if allowed else _not_yours(account, address))

    @staticmethod
    def _sender_answer(transaction: Transaction, reply: Reply) -> Reply:
        transaction.chapter.add("sender", sender=transaction.envelope.sender_text, reply=str(reply))
        return reply

    async def author_refusal(self, session: Session, authors: list[Address]) -> Reply | None:
        """Why a user may not put ``authors`` into From and Sender (RFC 6409 §6.1); None when they may."""
        if session.account is None or not self._settings.from_rights:
            return None
        for author in authors:
            if not await self._owners.may_send_as(session.account, author):
                return _not_yours(session.account, author)
        return None

    def authors_known(self, session: Session, authors: list[Address]) -> bool:
        """True when the authors are known at once to be the user's."""
        account = session.account
        if account is None or not self._settings.from_rights:
            return True
        return all(self._owners.may_send_as_cached(account, author) for author in authors)

    def recipient(self, session: Session, transaction: Transaction, recipient: Recipient) -> Answer:
        """The answer to RCPT; on a positive one the transaction knows where the recipient's copy goes."""
        routed = self.recipients.known(recipient.address)
        if routed is None:
            return self._ask_recipients(session, transaction, recipient)
        return self._recipient_answer(session, transaction, recipient, routed)

    async def _ask_recipients(self, session: Session, transaction: Transaction, recipient: Recipient) -> Reply:
        routed = await self.recipients.resolve(recipient.address)
        return self._recipient_answer(session, transaction, recipient, routed)

    def _recipient_answer(
        self, session: Session, transaction: Transaction, recipient: Recipient, routed: Routed
    ) -> Reply:
        reply = self._judge(session, transaction.envelope, routed)
        transaction.chapter.add(
            "recipient", recipient=str(recipient.address), reply=str(reply), why=routed.why if reply.is_positive else ""
        )
        if reply.is_positive:
            if not transaction.routed:
                # Not at MAIL: whoever guesses at our recipients shall not have us ask DNS for each guess.
                self._begin_checks(session, transaction)
            transaction.routed.append((recipient, routed))
        else:
            self._note_refusal(session, transaction, recipient, reply)
        return reply

    def _note_refusal(self, session: Session, transaction: Transaction, recipient: Recipient, reply: Reply) -> None:
        self._metrics.recipients_refused += 1
        self._log.event(
            "rejected",
            None,
            peer=session.peer,
            stage="RCPT",
            sender=transaction.envelope.sender_text,
            recipient=str(recipient.address),
            helo=session.hello,
            reply=str(reply),
        )

    def _judge(self, session: Session, envelope: Envelope, routed: Routed) -> Reply:
        if not routed.ours and not session.may_relay:
            return self._count_unknown(session, RELAY_DENIED)
        if routed.returns and envelope.sender is not None:
            # Else anybody who saw such an address could write through us to whoever is behind it.
            return self._count_unknown(session, ONLY_REPORTS)
        if routed.refusal is not None:
            return self._count_unknown(session, routed.refusal)
        return self._room(envelope, routed) or RECIPIENT_OK

    def _count_unknown(self, session: Session, reply: Reply) -> Reply:
        session.unknown_recipients += 1
        return TOO_MANY_ERRORS if session.unknown_recipients > self._settings.unknown_recipients else reply

    @staticmethod
    def _room(envelope: Envelope, routed: Routed) -> Reply | None:
        """Whether the mailboxes have room for what is announced; with several targets, one with room is enough."""
        size = envelope.declared_size or 1
        full = [target.full or (target.free is not None and target.free < size) for target in routed.locals]
        return MAILBOX_FULL if full and all(full) and not routed.remotes else None


def _not_yours(account: Account, address: Address) -> Reply:
    return Reply.of(550, "5.7.1", NOT_YOUR_ADDRESS.format(sender=address, account=account.address))
