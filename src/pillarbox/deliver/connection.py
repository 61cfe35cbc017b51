"""How does one message go over an open connection? One or more transactions, an outcome for every recipient."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

from pillarbox.mail.reply import Reply
from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter
from pillarbox.proto.smtp.client_body import ChunkWriter, DataWriter, Survey
from pillarbox.proto.smtp.client_events import MAIL, RCPT, Answered, BodyWanted, ChunkTaken, Event, Verdict

from .channel import Channel, Lost
from .fit import Fit, fit, needs_survey
from .job import Job
from .outcome import Deferred, Outcome, Refused, judge
from .plan import Plan, Target
from .settings import DeliverySettings


class Connection:
    """A connection that is ready for mail, and is used for one message at a time.

    It ends by itself when it was idle for too long or the remote ends it; ``on_end`` (settable) is called then, and
    ``usable`` is False.
    """

    def __init__(self, channel: Channel, plan: Plan, target: Target, settings: DeliverySettings, clock: Clock) -> None:
        self.target = target
        self.key = plan.key
        self.on_end: Callable[[], None] | None = None
        self._channel = channel
        self._settings = settings
        self._clock = clock
        self._offers = channel.client.offers
        self._messages_left = min(settings.messages, self._offers.messages or settings.messages)
        self._is_fresh = True
        self._closing: asyncio.Task[None] | None = None
        self._rest()

    @property
    def usable(self) -> bool:
        """Another message may be sent."""
        return self._channel.is_open and not self._channel.client.closing and self._messages_left > 0

    async def send(self, job: Job, story: Chapter) -> list[Outcome]:
        """Try to hand over ``job``; one outcome per recipient, in their order. Protocol troubles are outcomes too."""
        channel = self._channel
        channel.on_idle_end = None
        channel.limit = self._clock.monotonic() + self._settings.timeouts.message
        try:
            return await _Sending(self, channel, self._settings, job, story).outcomes()
        except BaseException:
            channel.abort()  # cancelled in the middle: what the remote thinks now is unknown
            raise
        finally:
            self._is_fresh = False
            self._rest()

    async def close(self) -> None:
        """Say QUIT and close; takes at most ``timeouts.quit`` seconds (RFC 5321 §4.1.1.10)."""
        channel = self._channel
        channel.on_idle_end = self.on_end = None
        if channel.is_open and not channel.client.closing:
            channel.client.quit()
            with suppress(Lost):  # it is over either way
                await channel.event(self._settings.timeouts.quit, "the answer to QUIT")
        channel.abort()

    @property
    def is_fresh(self) -> bool:
        """Nothing was sent over it yet: when it ends, it is not for having been kept open."""
        return self._is_fresh

    def count(self) -> None:
        """One transaction more, of the number that both sides allow (MAILMAX of RFC 9422)."""
        self._messages_left -= 1

    def _rest(self) -> None:
        if self.usable:
            self._channel.on_idle_end = self._ended
            self._channel.idle(self._settings.keep)

    def _ended(self) -> None:
        """Idle for too long, or ended by the remote."""
        self._messages_left = 0
        on_end = self.on_end
        if self._channel.is_open:
            self._closing = asyncio.get_running_loop().create_task(self.close())
        if on_end is not None:
            on_end()


class _Sending:
    """One message on its way over one connection."""

    def __init__(
        self, connection: Connection, channel: Channel, settings: DeliverySettings, job: Job, story: Chapter
    ) -> None:
        self._connection = connection
        self._channel = channel
        self._settings = settings
        self._job = job
        self._story = story
        self._outcomes: list[Outcome | None] = [None] * len(job.recipients)
        self._transactions = 0

    async def outcomes(self) -> list[Outcome]:
        """Transaction after transaction until every recipient has an outcome."""
        fitted = await self._fit()
        for index, reply in fitted.refused.items():
            self._outcomes[index] = Refused(self._job.recipients[index], reply)
        waiting = [index for index, outcome in enumerate(self._outcomes) if outcome is None]
        while waiting:
            group = self._group(waiting)
            again = await self._transaction(fitted, group)
            done = set(group).difference(again)
            waiting = [index for index in waiting if index not in done]
        return [outcome for outcome in self._outcomes if outcome is not None]

    async def _fit(self) -> Fit:
        job, offers = self._job, self._channel.client.offers
        if not needs_survey(job, offers):
            return fit(job, offers, None)
        survey = Survey()
        async for data in self._slices():
            survey.see(data)
        survey.end()
        return fit(job, offers, survey)

    def _group(self, waiting: list[int]) -> list[int]:
        """The recipients of the next transaction: as many as both sides want, of as many domains (RFC 9422)."""
        offers = self._channel.client.offers
        group = waiting[: min(self._settings.recipients, offers.recipients or self._settings.recipients)]
        if offers.domains is None or len(group) == 1:
            return group
        domains = dict.fromkeys(self._job.recipients[index].address.ascii_domain for index in group)
        allowed = set(list(domains)[: offers.domains])
        return [index for index in group if self._job.recipients[index].address.ascii_domain in allowed]

    async def _transaction(self, fitted: Fit, group: list[int]) -> list[int]:
        """One transaction for ``group``; the indices that are still open, because the remote took only some at once."""
        client = self._channel.client
        if not self._connection.usable:
            self._lost(group, [], Lost("the connection had ended"), at_once=True)
            return []
        replies = client.replies
        self._connection.count()
        self._transactions += 1
        client.begin(fitted.mail, [line for index in group if (line := fitted.rcpt[index])], fitted.chunked)
        try:
            answered = await self._converse(fitted.chunked)
        except Lost as error:
            # Nothing was said about this message: the remote ended a connection that it had tired of.
            at_once = client.replies == replies and self._is_reused
            self._lost(group, client.verdicts(), error, at_once)
            return []
        return self._judge(group, answered)

    async def _converse(self, chunked: bool) -> Answered:
        channel, timeouts = self._channel, self._settings.timeouts
        event = await channel.event(timeouts.command, "the answers to MAIL, RCPT and DATA")
        if isinstance(event, BodyWanted):
            event = await (self._send_chunks() if chunked else self._send_data())
        assert isinstance(event, Answered)
        return event

    async def _send_data(self) -> Event:
        channel, content, timeouts = self._channel, self._job.content, self._settings.timeouts
        if isinstance(content, bytes) and len(content) <= self._settings.slice_size:
            channel.client.send_whole(content)
            return await channel.event(timeouts.final, "the answer to the message")
        writer = DataWriter()
        async for data in self._slices():
            channel.client.send_slice(writer.slice(data))
            await channel.drain(timeouts.block)
            event = channel.poll()
            if event is not None:
                return event
        channel.client.end_slices(writer.end())
        await channel.drain(timeouts.block)
        return await channel.event(timeouts.final, "the answer to the message")

    async def _send_chunks(self) -> Event:
        """BDAT, chunk after chunk, each answered before the next: RFC 3030 §2 lets the remote refuse at any of them."""
        channel, timeouts = self._channel, self._settings.timeouts
        writer = ChunkWriter(binary=True)
        async for data in self._slices():
            channel.client.send_chunk(writer.slice(data), last=False)
            await channel.drain(timeouts.block)
            event = await channel.event(timeouts.block, "the answer to BDAT")
            if not isinstance(event, ChunkTaken):
                return event
        channel.client.send_chunk(writer.end(), last=True)
        return await channel.event(timeouts.final, "the answer to the message")

    async def _slices(self) -> AsyncIterator[bytes]:
        content, size = self._job.content, self._settings.slice_size
        if isinstance(content, bytes):
            for start in range(0, len(content), size):
                yield content[start : start + size]
        else:
            async for data in content():
                yield data

    # --- outcomes ---------------------------------------------------------------------------------------------------

    def _judge(self, group: list[int], answered: Answered) -> list[int]:
        """Note the outcomes; the indices of those that another transaction at once may carry."""
        took_some = any(verdict.is_delivered for verdict in answered.verdicts)
        again = []
        for index, verdict in zip(group, answered.verdicts, strict=True):
            if took_some and is_too_many(verdict) and self._connection.usable:
                again.append(index)
            else:
                self._outcomes[index] = self._outcome(index, verdict)
        return again

    def _outcome(self, index: int, verdict: Verdict) -> Outcome:
        target = self._connection.target
        reply = verdict.reply
        said = Outcome(
            self._job.recipients[index], reply, target.host, str(target.address), verdict.command, is_remote=True
        )
        if reply.code >= 400 and (is_too_many(verdict) or is_our_trouble(verdict) or self._ended_before(verdict)):
            at_once = self._ended_before(verdict)
            return Deferred(said.recipient, reply, said.host, said.address, said.command, True, at_once)
        return judge(said, self._channel.client.offers.dsn)

    def _ended_before(self, verdict: Verdict) -> bool:
        """A connection kept from an earlier message was closed by 421 before this one began."""
        return verdict.reply.code == 421 and verdict.command in {MAIL, "RSET"} and self._is_reused

    @property
    def _is_reused(self) -> bool:
        """The connection was used before this transaction, so that its end says nothing about this one."""
        return not self._connection.is_fresh or self._transactions > 1

    def _lost(self, group: list[int], verdicts: list[Verdict | None], error: Lost, at_once: bool) -> None:
        """The connection is gone: what was decided counts, the rest waits."""
        target = self._connection.target
        known = verdicts or [None] * len(group)
        reply = Reply(451, error.status, (f"{target}: {error}",))
        for index, verdict in zip(group, known, strict=True):
            self._outcomes[index] = (
                self._outcome(index, verdict)
                if verdict is not None
                else Deferred(self._job.recipients[index], reply, target.host, str(target.address), at_once=at_once)
            )
        self._story.add("remote_lost", host=target.host, address=str(target.address), reason=str(error))


def is_our_trouble(verdict: Verdict) -> bool:
    """530: the host wants a sign-in or TLS first (RFC 4954 §6, RFC 3207 §4). The mail waits until that is set right."""
    return verdict.reply.code == 530


def is_too_many(verdict: Verdict) -> bool:
    """The remote wants fewer recipients at once. RFC 5321 §4.5.3.1.10: an old server's 552 is to be read as 452."""
    reply = verdict.reply
    if verdict.command != RCPT:
        return False
    return reply.status in {"4.5.3", "5.5.3"} or (reply.code in {452, 552} and not reply.status)
