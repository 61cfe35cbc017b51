"""How does a message become ours? The only way in, for every door: check, repair, stamp, route, commit, answer.

The 250 leaves after the commit that holds message, local copies, queue rows and story; before it nothing of the
message is ours, after it all of it is.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from pillarbox.deliver import local
from pillarbox.mail import ids
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Envelope, Notify, Recipient, TlsWish
from pillarbox.mail.headers import Glance, glance
from pillarbox.mail.reply import INTERNAL_ERROR, LOOP_DETECTED, MAILBOX_FULL, STORE_FULL, STORE_UNAVAILABLE, Reply
from pillarbox.net.clock import Clock
from pillarbox.net.dns_asking import Spawning
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.store.interface import Messages, StoreError, StoreFull
from pillarbox.store.rows import Acceptance, Accepted, MessageRow, NewMessage, QueueItem

from .arrival import Arrival
from .checks import Checks
from .counting import Counting
from .heading import Heading
from .placing import Outgoing, Placing, whole
from .policy import Policy
from .received_reports import ReceivedReports
from .repair import repair
from .sealing import Sealing
from .session import Service, Session, Transaction
from .signing import Signing
from .verdicts import Verdict

JUNK = "\\Junk"  # RFC 6154 §2
HEADER_TOO_BIG = Reply(552, "5.3.4", ("The header of the message is larger than this server takes",))


@dataclass(frozen=True, slots=True)
class AcceptSettings:
    """``hops``: Received fields at which a message is taken to go in circles (RFC 5321 §6.3). ``expiry``: seconds that
    delivery is tried. ``retry_full``: seconds until a copy for a full mailbox is tried again. ``add_missing``: Date and
    Message-ID are added to what users submit. ``hide_client``: the trace of what users submit names no client."""

    hostname: str
    hops: int = 50
    expiry: float = 5 * 86_400
    retry_full: float = 900
    add_missing: bool = True
    hide_client: bool = True


class Reporter(Protocol):
    """Who writes reports of success for those who asked (RFC 3461 §5.2.3): queue.bounce."""

    async def delivered(self, message: NewMessage, recipients: list[Recipient], header: bytes) -> Acceptance | None:
        """A report that ``recipients`` have the message in their mailbox; None when there is nobody to tell."""


class Intake:
    """Accepts messages. One for all doors."""

    def __init__(  # noqa: PLR0913, PLR0917 - one for each step
        self,
        settings: AcceptSettings,
        store: Messages,
        policy: Policy,
        queue: Outgoing,
        reporter: Reporter,
        checks: Checks,
        signing: Signing,
        sealing: Sealing,
        books: "Books",
        tools: "Tools",
    ) -> None:
        self._settings = settings
        self._store = store
        self._policy = policy
        self._placing = Placing(queue, settings.expiry, policy.recipients.reverse_path)
        self._queue = queue
        self._reporter = reporter
        self._checks = checks
        self._signing = signing
        self._heading = Heading(settings.hostname, settings.add_missing, settings.hide_client, signing, sealing)
        self._books = books
        self._tools = tools

    def accept(self, session: Session, transaction: Transaction) -> "Reply | asyncio.Future[Reply]":
        """The answer to the end of a message, at once or when its commit is done."""
        arrival = Arrival(session, transaction, self._tools.clock.monotonic())
        if session.service is Service.SUBMISSION:
            refusal = self._repair(arrival)
            if refusal is not None:
                return self._refuse(arrival, refusal)
        authors = arrival.repaired.authors if arrival.repaired is not None else []
        if transaction.spool.in_memory and self._policy.authors_known(session, authors):
            return self._check(arrival)
        return self._tools.spawn(self._accept_slowly(arrival, authors))

    def _repair(self, arrival: Arrival) -> Reply | None:
        """RFC 6409: what a user's message lacks; why it is refused when it cannot be put right."""
        header = arrival.transaction.spool.header()
        if header is None:
            return HEADER_TOO_BIG
        sender, now = arrival.transaction.envelope.sender, self._tools.clock.now()
        arrival.repaired = repair(header, sender, self._settings.hostname, self._tools.unique, now)
        return arrival.repaired.refusal

    async def _accept_slowly(self, arrival: Arrival, authors: list[Address]) -> Reply:
        """The way of large messages, whose file must be synced first, and of authors about whom the store is asked."""
        refusal = await self._policy.author_refusal(arrival.session, authors)
        if refusal is not None:
            return self._refuse(arrival, refusal)
        spool = arrival.transaction.spool
        if not spool.in_memory:
            try:
                await spool.sync()
                await self._hash(arrival)
            except OSError as error:
                return self._failed(arrival, error)
        answer = self._check(arrival)
        return answer if isinstance(answer, Reply) else await answer

    async def _hash(self, arrival: Arrival) -> None:
        """What a signature says of the body of a large message."""
        spool = arrival.transaction.spool
        header = spool.header()
        if spool.path is not None and header is not None and self._signing.is_for(arrival.session):
            arrival.body_hash = await self._signing.hash_file(spool.path, len(header))

    def _check(self, arrival: Arrival) -> "Reply | asyncio.Future[Reply]":
        """Who really sent it? Then commit."""
        verdict = self._checks.verdict(arrival.transaction)
        if isinstance(verdict, asyncio.Future):
            return self._tools.spawn(self._check_slowly(arrival, verdict))
        arrival.verdict = verdict
        return self._commit(arrival)

    async def _check_slowly(self, arrival: Arrival, verdict: "asyncio.Future[Verdict]") -> Reply:
        arrival.verdict = await verdict
        answer = self._commit(arrival)
        return answer if isinstance(answer, Reply) else await answer

    def _commit(self, arrival: Arrival) -> "Reply | asyncio.Future[Reply]":
        """Check, stamp, route, and hand it all to the store as one unit."""
        header = arrival.transaction.spool.header()
        if header is None:
            return self._refuse(arrival, HEADER_TOO_BIG)
        seen = glance(header)
        if seen.received > self._settings.hops:
            # RFC 5321 §6.3: a message with very many Received fields is going round.
            return self._refuse(arrival, LOOP_DETECTED)
        self._books.counting.note(arrival.verdict)
        if arrival.verdict.refusal is not None:
            return self._refuse(arrival, arrival.verdict.refusal)
        acceptance = self._acceptance(arrival, seen, header)
        if not acceptance.filings and not acceptance.queued:
            return self._refuse(arrival, local.DELIVERED_BEFORE)
        answer: asyncio.Future[Reply] = self._tools.loop.create_future()

        def committed(future: "asyncio.Future[Accepted]") -> None:
            if answer.done():
                return
            try:
                answer.set_result(self._committed(arrival, acceptance, header, future))
            except Exception as error:  # noqa: BLE001 - whatever it is, the peer waits for an answer; the door tells
                answer.set_exception(error)

        self._store.accept(acceptance).add_done_callback(committed)
        return answer

    def _acceptance(self, arrival: Arrival, seen: Glance, header: bytes) -> Acceptance:
        transaction, session = arrival.transaction, arrival.session
        envelope = transaction.envelope
        now = self._tools.clock.now()
        arrival.number = number = self._tools.ids.next(now)
        arrival.id = ids.encode(number)
        content = transaction.spool.content()
        content.head = self._heading.above(arrival, header, now)
        header_size = len(content.head) + len(header)
        honest = self._heading.without_forged(arrival, header)
        if honest is not header:
            content.head, content.skip = content.head + honest, len(header)
            header_size = len(content.head)
        message = NewMessage(
            number,
            now,
            envelope.sender_text,
            content,
            header_size,
            envelope.body.value,
            envelope.smtputf8,
            envelope.ret.value if envelope.ret is not None else None,
            envelope.envelope_id,
            session.account.address if session.account is not None else None,
            _tls(envelope, seen),
        )
        junk = JUNK if arrival.verdict.junk else None
        filings, queued = self._placing.place(transaction, seen.delivered_to, (arrival.id, now), junk)
        arrival.header_id = seen.message_id[:300]
        transaction.chapter.add("accepted", size=content.size, subject=seen.subject[:200], id=arrival.id)
        retry = now + self._settings.retry_full, now + self._settings.expiry
        return Acceptance(message, transaction.chapter.encode(), filings, queued, retry)

    def _committed(
        self, arrival: Arrival, acceptance: Acceptance, header: bytes, future: "asyncio.Future[Accepted]"
    ) -> Reply:
        """The commit is done, or failed: the answer that is now true."""
        error = future.exception()
        if isinstance(error, StoreError):
            return self._failed(arrival, error)
        if error is not None:
            raise error
        accepted = future.result()
        if not accepted.stored:
            return self._refuse(arrival, MAILBOX_FULL)
        self._hand_over(acceptance, accepted)
        self._report_success(arrival, acceptance, header)
        self._books.received.look_at(acceptance, header, arrival.verdict)
        self._note(arrival, acceptance, accepted)
        return Reply(250, "2.0.0", (f"OK: queued as {arrival.id}",))

    def _hand_over(self, acceptance: Acceptance, accepted: Accepted) -> None:
        if not acceptance.queued:
            return
        message = acceptance.message
        row = MessageRow.of(message)
        items = [
            QueueItem.of(queue_id, row, enqueue)
            for queue_id, enqueue in zip(accepted.queue_ids, acceptance.queued, strict=True)
            if enqueue.lease is not None
        ]
        if items:
            self._queue.handover(items, whole(message.content))
        if len(items) < len(acceptance.queued):
            self._queue.wake()

    def _report_success(self, arrival: Arrival, acceptance: Acceptance, header: bytes) -> None:
        """RFC 3461 §5.2.3: who asked to be told of success is told when the copy lies in the mailbox."""
        if not acceptance.filings or not acceptance.message.sender:
            return
        asked = [
            recipient
            for recipient, routed in arrival.transaction.routed
            if routed.locals and recipient.notify is not None and Notify.SUCCESS in recipient.notify
        ]
        if asked:
            self._tools.spawn(self._send_report(acceptance.message, asked, header))

    async def _send_report(self, message: NewMessage, recipients: list[Recipient], header: bytes) -> None:
        report = await self._reporter.delivered(message, recipients, header)
        if report is None:
            return
        try:
            accepted = await self._store.accept(report)
        except StoreError as error:
            self._tools.log.event("report_failed", ids.encode(message.id), reason=str(error))
            return
        self._hand_over(report, accepted)

    def _note(self, arrival: Arrival, acceptance: Acceptance, accepted: Accepted) -> None:
        metrics, log, message = self._tools.metrics, self._tools.log, acceptance.message
        metrics.messages_accepted += 1
        metrics.octets_accepted += message.content.size
        metrics.copies_filed += len(accepted.filed) - len(accepted.full)
        metrics.recipients_queued += len(accepted.queue_ids) + len(accepted.full)
        metrics.accept_seconds.observe(self._tools.clock.monotonic() - arrival.began)
        session, chapter = arrival.session, arrival.transaction.chapter
        log.event(
            "received",
            arrival.id,
            peer=session.peer,
            helo=session.hello,
            sender=message.sender,
            size=message.content.size,
            recipients=len(accepted.filed) + len(accepted.queue_ids),
            header_id=arrival.header_id,
            login=message.login,
            mechanism=session.mechanism,
            filed=[copy.recipient for copy, place in zip(acceptance.filings, accepted.filed, strict=True) if place[1]],
            queued=len(accepted.queue_ids) + len(accepted.full),
            delay=self._tools.clock.now() - chapter.events[len(session.events)].at,
        )

    def _refuse(self, arrival: Arrival, reply: Reply) -> Reply:
        """Nothing was kept; the peer knows why, and so does the log."""
        arrival.transaction.spool.discard()
        self._tools.metrics.messages_refused += 1
        self._tools.log.event(
            "rejected",
            None,
            peer=arrival.session.peer,
            stage="END-OF-MESSAGE",
            sender=arrival.transaction.envelope.sender_text,
            helo=arrival.session.hello,
            reply=str(reply),
        )
        return reply

    def _failed(self, arrival: Arrival, error: Exception) -> Reply:
        """The disk or the database would not: the peer keeps the message and comes again."""
        arrival.transaction.spool.discard()
        self._tools.metrics.store_failures += 1
        self._tools.log.event("store_failed", None, reason=f"{type(error).__name__}: {error}")
        if isinstance(error, StoreFull) or getattr(error, "errno", None) == 28:
            return STORE_FULL
        return STORE_UNAVAILABLE if isinstance(error, StoreError | OSError) else INTERNAL_ERROR


def _tls(envelope: Envelope, seen: Glance) -> str | None:
    """RFC 8689 §3: where REQUIRETLS was said, the header field that says the contrary does not count."""
    wish = TlsWish.REQUIRED if envelope.require_tls else TlsWish.OPTIONAL if seen.tls_optional else None
    return None if wish is None else wish.value


@dataclass(frozen=True, slots=True)
class Books:
    """What is written down of messages for reports: what we tell others, and what they tell us."""

    counting: Counting
    received: ReceivedReports


@dataclass(slots=True)
class Tools:
    """What the steps use and ``app.build`` hands in. ``spawn`` runs a coroutine and reports what it raises; ``unique``
    gives the left side of a Message-ID."""

    clock: Clock
    loop: asyncio.AbstractEventLoop
    ids: ids.IdSource
    log: Log
    metrics: Metrics
    unique: Callable[[], str]
    spawn: Spawning
