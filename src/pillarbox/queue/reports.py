"""Who is told what became of a message, and by which way does the report go? RFC 3461 §5.2, §6.1."""

from collections.abc import Callable, Sequence
from traceback import format_exception
from typing import Protocol, TypeAlias

from pillarbox.deliver import local
from pillarbox.mail import ids
from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.envelope import Notify, Recipient, TlsWish
from pillarbox.observe.story import Chapter
from pillarbox.route.routed import LocalTarget, Routed
from pillarbox.store.interface import Messages, StoreError
from pillarbox.store.rows import Acceptance, Content, Enqueue, MessageRow, NewMessage

from .bounce import Original, Report, ReportSettings, compose, returns_whole
from .fate import Action, Fate
from .schedule import RetrySettings, expires_at
from .tools import Tools

# A report on a message with a very long header reads no more of it than this.
HEADER_MOST = 256 * 1024
# Octets that a mailbox's own lines (Return-Path, Delivered-To) may add.
PREFIX = 600


class Resolving(Protocol):
    """What of route knows our own mailboxes."""

    async def resolve(self, address: Address) -> Routed:
        """Where mail for ``address`` goes."""


Sign: TypeAlias = Callable[[bytes, int, Chapter], bytes]
"""Makes the fields to stand above a message of ours, of (octets, size of its header, its story): intake.signing."""


def unsigned(_content: bytes, _header_size: int, _chapter: Chapter) -> bytes:
    """Nobody signs."""
    return b""


class Reports:
    """Writes reports to senders. They become messages of ours, with a story of their own."""

    def __init__(
        self,
        settings: ReportSettings,
        retry: RetrySettings,
        store: Messages,
        resolving: Resolving,
        tools: Tools,
        sign: Sign = unsigned,
    ) -> None:
        self._settings = settings
        self._retry = retry
        self._store = store
        self._resolving = resolving
        self._tools = tools
        self._sign = sign

    async def on_attempt(
        self, row: MessageRow, fates: Sequence[Fate], content: bytes | None, chapter: Chapter
    ) -> list[Acceptance]:
        """One report for each kind of news in ``fates``; ``chapter``, the message's, tells that they were written.

        ``content`` are the message's octets where they are in memory. StoreError when the store cannot be read.
        """
        acceptances = []
        for action in Action:
            chosen = [fate for fate in fates if fate.action is action]
            if chosen:
                original = await self._original(row, action, content)
                acceptance = await self._report(original, chosen, chapter)
                acceptances += [acceptance] if acceptance is not None else []
        return acceptances

    async def delivered(self, message: NewMessage, recipients: list[Recipient], header: bytes) -> Acceptance | None:
        """A report that ``recipients`` have the message in their mailbox; None when there is nobody to tell."""
        if not message.sender:
            return None
        now = self._tools.clock.now()
        fates = [Fate(str(r.address), Action.DELIVERED, "2.0.0", original=r.original, last_try=now) for r in recipients]
        chapter = Chapter(self._tools.clock.now)
        acceptance = await self._report(Original(MessageRow.of(message), header), fates, chapter)
        try:
            await self._store.tell(message.id, chapter.encode())
        except StoreError as error:  # the report matters more than that the story tells of it
            self._tools.log.event("story_failed", ids.encode(message.id), reason=str(error))
        return acceptance

    async def _original(self, row: MessageRow, action: Action, content: bytes | None) -> Original:
        whole = returns_whole(row, action, self._settings)
        if content is None:
            content = await self._start_of(row, row.size if whole else min(row.header_size, HEADER_MOST))
        return Original(row, content[: row.header_size], content if whole else None)

    async def _start_of(self, row: MessageRow, length: int) -> bytes:
        """The first ``length`` octets; fewer when they are gone, which leaves the report without them."""
        try:
            slices = [octets async for octets in self._store.read_slices(row.id, 0, length)]
        except KeyError:
            return b""
        return b"".join(slices)

    async def _report(self, original: Original, fates: Sequence[Fate], chapter: Chapter) -> Acceptance | None:
        row = original.row
        try:
            address = Address.parse(row.sender)
        except AddressError as error:
            chapter.add("not_told", reason=f"its sender cannot be written to: {error}")
            return None
        routed = await self._resolving.resolve(address)
        if routed.refusal is not None or not (routed.locals or routed.remotes):
            chapter.add("not_told", reason=f"its sender {row.sender} takes no mail: {routed.refusal or routed.why}")
            return None
        return self._acceptance(original, fates, routed, chapter)

    def _acceptance(self, original: Original, fates: Sequence[Fate], routed: Routed, chapter: Chapter) -> Acceptance:
        now = self._tools.clock.now()
        number = self._tools.ids.next(now)
        report = self._composed(original, fates, number, now)
        sender, action = original.row.sender, fates[0].action.value
        chapter.add("told_sender", report=ids.encode(number), action=action, to=sender)
        own = Chapter(self._tools.clock.now)
        own.add(
            "report",
            about=ids.encode(original.row.id),
            action=action,
            to=sender,
            recipients=[fate.recipient for fate in fates],
        )
        message = _message(number, now, report, self._sign(report.content, report.header_size, own))
        if original.row.tls == TlsWish.REQUIRED.value:
            message.tls = original.row.tls  # RFC 8689 §5: a report travels as safely as what it speaks of
        acceptance = self._addressed(message, routed, own)
        self._note(acceptance, original)
        return acceptance

    def _composed(self, original: Original, fates: Sequence[Fate], number: int, now: float) -> Report:
        """The report; without the message's own words where something in them trips us up: it must be written."""
        try:
            return compose(original, fates, self._settings, number, now)
        except Exception as error:  # noqa: BLE001 - the sender must hear, whatever stands in the message
            reason = "".join(format_exception(error))
            self._tools.log.event("report_without_header", ids.encode(original.row.id), reason=reason)
            return compose(Original(original.row, b""), fates, self._settings, number, now)

    def _addressed(self, message: NewMessage, routed: Routed, chapter: Chapter) -> Acceptance:
        """RFC 3461 §6.1: from nobody, to the sender, and never to be reported on."""
        now = message.arrived
        expires = expires_at(self._retry, now, "")
        retry = now + self._retry.retry[-1]
        never = Notify.NEVER.value
        filings = [local.filing(t.account_id, t.address, "", t.folder) for t in routed.locals if _fits(t, message)]
        queued = [Enqueue(str(a), a.ascii_domain, now, expires, never) for a in routed.remotes]
        queued += [
            Enqueue(t.address, "", retry, expires, never, account_id=t.account_id)
            for t in routed.locals
            if not _fits(t, message)
        ]
        for filing in filings:
            chapter.add("filed", recipient=filing.recipient, folder=filing.folder)
        for row in queued:
            chapter.add("queued", recipient=row.recipient)
        return Acceptance(message, chapter.encode(), filings, queued, (retry, expires))

    def _note(self, acceptance: Acceptance, original: Original) -> None:
        metrics, message = self._tools.metrics, acceptance.message
        metrics.reports += 1
        metrics.copies_filed += len(acceptance.filings)
        metrics.recipients_queued += len(acceptance.queued)
        self._tools.log.event(
            "received",
            ids.encode(message.id),
            report_of=ids.encode(original.row.id),
            sender="",
            size=message.content.size,
            recipients=len(acceptance.filings) + len(acceptance.queued),
            header_id=f"{ids.encode(message.id)}@{self._settings.hostname}",
            filed=[filing.recipient for filing in acceptance.filings],
            queued=len(acceptance.queued),
        )


def _fits(target: LocalTarget, message: NewMessage) -> bool:
    """Whether there is room in the mailbox; if not, the report waits until there is."""
    return not target.full and (target.free is None or target.free > message.content.size + PREFIX)


def _message(number: int, now: float, report: Report, signature: bytes) -> NewMessage:
    content = Content(signature, report.content, len(report.content))
    size = len(signature) + report.header_size
    return NewMessage(number, now, "", content, size, report.body_type, report.smtputf8)
