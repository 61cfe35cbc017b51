"""How is the end of an attempt made to last? Judged, reported, committed in one transaction, kept until that worked.

What left must be written down: while the store cannot do it, settlements wait here and nothing new leaves.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from traceback import format_exception
from typing import Protocol

from pillarbox.deliver.outcome import Deferred, Delivered, Outcome
from pillarbox.mail.envelope import Notify
from pillarbox.mail.reply import MAILBOX_FULL
from pillarbox.store.interface import Queue, StoreError, StoreFull, StoreUnavailable
from pillarbox.store.rows import Accepted, Filing, Settlement

from .fate import Action, Fate
from .parcel import Parcel
from .reports import Reports
from .spread import Spread
from .tools import Tools
from .verdict import Judge, Judgement, When, wants
from .window import Window

# Reports that are written at a time; each holds at most a report's worth of octets.
REPORTING = 8


class Listener(Protocol):
    """Who wants to know that rows were settled."""

    def settled(self, soonest: float, *, reported: bool) -> None:
        """Rows are settled and their places free; ``soonest`` is when the first of those put off is due. ``reported``:
        there are new rows, due now."""


@dataclass(slots=True)
class _Work:
    parcel: Parcel
    settlement: Settlement
    judgement: Judgement


class Settler:
    """Settles parcels. ``listener`` must be set before the first one."""

    listener: Listener

    def __init__(
        self, store: Queue, judge: Judge, reports: Reports, window: Window, spread: Spread, tools: Tools
    ) -> None:
        self._store = store
        self._judge = judge
        self._reports = reports
        self._window = window
        self._spread = spread
        self._tools = tools
        self._unsettled: list[Callable[[], None]] = []
        self._is_stuck = False
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._permits = asyncio.Semaphore(REPORTING)
        self._quiet: asyncio.Future[None] | None = None

    @property
    def is_stuck(self) -> bool:
        """True from when something could not be written down until something could."""
        return self._is_stuck

    @property
    def is_busy(self) -> bool:
        """True while something is being written."""
        return bool(self._tasks) or self._running > len(self._unsettled)

    def settle(self, parcel: Parcel, outcomes: Sequence[Outcome], not_before: float = 0.0) -> None:
        """Judge an attempt on ``parcel`` (one outcome a recipient), report it, commit it."""
        now = self._tools.clock.now()
        judgement = self._judge.judge(parcel.items, outcomes, parcel.chapter, When(now, not_before))
        self._note(parcel, outcomes, now)
        work = _Work(parcel, Settlement(parcel.message.id, "", judgement.done, judgement.deferred), judgement)
        self._begin()
        if judgement.fates:
            self._report(work)
        else:
            self._commit(work)

    def file(self, parcel: Parcel, copy: Filing) -> None:
        """Put a copy that had to wait into its mailbox, or off again when that is still full. One recipient."""
        [item] = parcel.items
        parcel.chapter.add("filed", recipient=copy.recipient, folder=copy.folder)
        told = wants(item, Notify.SUCCESS)
        fates = [Fate(item.recipient, Action.DELIVERED, "2.0.0", original=item.original)] if told else []
        judgement = Judgement([item.id], [], fates)
        settlement = Settlement(parcel.message.id, "", judgement.done, [], [copy])
        self._begin()
        if fates:
            self._report(_Work(parcel, settlement, judgement))
        else:
            self._commit(_Work(parcel, settlement, judgement))

    def abandon(self, parcel: Parcel, error: BaseException) -> None:
        """A mistake of ours happened over ``parcel``: forget it here; it is tried again when its lease ends."""
        self._tools.log.event("queue_failed", parcel.id, reason="".join(format_exception(error)))
        self._window.leave(parcel.queue_ids())
        self._window.free(parcel.kept)

    def tick(self) -> None:
        """Try again what could not be written down."""
        again, self._unsettled = self._unsettled, []
        for settle in again:
            settle()

    async def drain(self) -> None:
        """Wait until nothing is being written."""
        while self.is_busy:
            await asyncio.gather(*self._tasks, return_exceptions=True)
            if self._running > len(self._unsettled):
                self._quiet = asyncio.get_running_loop().create_future()
                await self._quiet

    # --- reports ----------------------------------------------------------------------------------------------------

    def _report(self, work: _Work) -> None:
        self.spawn(self._report_and_commit(work))

    async def _report_and_commit(self, work: _Work) -> None:
        parcel = work.parcel
        told = len(parcel.chapter.events)
        try:
            async with self._permits:
                work.settlement.reports = await self._reports.on_attempt(
                    parcel.message, work.judgement.fates, parcel.content, parcel.chapter
                )
        except StoreError as error:
            del parcel.chapter.events[told:]
            self._postpone(work, error, partial(self._report, work))
            return
        except Exception as error:  # noqa: BLE001 - what was decided must be written down, even if it cannot be reported
            reason = f"something went wrong on our side: {error}"
            self._tools.log.event("report_failed", parcel.id, reason="".join(format_exception(error)))
            parcel.chapter.add("not_told", reason=reason)
        self._commit(work)

    def spawn(self, work: Coroutine[object, object, None]) -> None:
        """Run ``work`` as a task that is not forgotten."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._tools.log.event("queue_failed", None, reason="".join(format_exception(error)))

    # --- commit -----------------------------------------------------------------------------------------------------

    def _commit(self, work: _Work) -> None:
        work.settlement.chapter = work.parcel.chapter.encode()
        self._store.settle(work.settlement).add_done_callback(partial(self._committed, work))

    def _committed(self, work: _Work, future: "asyncio.Future[Accepted]") -> None:
        error = None if future.cancelled() else future.exception()
        if future.cancelled() or isinstance(error, StoreFull | StoreUnavailable):
            self._postpone(work, error, partial(self._commit, work))
            return
        self._is_stuck = False
        if error is not None:
            # No trouble of the store but a mistake of ours: the rows come back when their leases end.
            self._log_failure(work, error)
            self._finished(work)
        elif not future.result().stored:
            self._running -= 1
            self._still_full(work.parcel)
        else:
            self._finished(work)
            self._tools.metrics.copies_filed += len(future.result().filed)
            self.listener.settled(work.judgement.soonest, reported=bool(work.settlement.reports))

    def _still_full(self, parcel: Parcel) -> None:
        """Nothing of the settlement was kept, so what it told did not happen."""
        parcel.chapter.events.clear()
        self.settle(parcel, [Deferred(recipient, MAILBOX_FULL) for recipient in parcel.recipients()])

    def _postpone(self, work: _Work, error: BaseException | None, again: Callable[[], None]) -> None:
        if not self._is_stuck:
            self._log_failure(work, error)
        self._is_stuck = True
        self._unsettled.append(again)
        self._look_quiet()

    def _log_failure(self, work: _Work, error: BaseException | None) -> None:
        reason = f"{type(error).__name__}: {error}" if error is not None else "the store is closing"
        self._tools.log.event("settle_failed", work.parcel.id, reason=reason)

    def _begin(self) -> None:
        self._running += 1

    def _finished(self, work: _Work) -> None:
        parcel = work.parcel
        self._window.leave(parcel.queue_ids())
        self._window.free(parcel.kept)
        for name in (parcel.items[0].domain, parcel.destination):
            self._spread.left(name, len(parcel.items))
        self._running -= 1
        self._look_quiet()

    def _look_quiet(self) -> None:
        if self._quiet is not None and not self._quiet.done() and self._running <= len(self._unsettled):
            self._quiet.set_result(None)

    # --- log --------------------------------------------------------------------------------------------------------

    def _note(self, parcel: Parcel, outcomes: Sequence[Outcome], now: float) -> None:
        metrics, log = self._tools.metrics, self._tools.log
        message_id = parcel.id
        delay = now - parcel.message.arrived
        for item, outcome in zip(parcel.items, outcomes, strict=True):
            kind = _kind(outcome, expired=now >= item.expires)
            setattr(metrics, COUNTERS[kind], getattr(metrics, COUNTERS[kind]) + 1)
            if kind == "delivered":
                metrics.delivery_seconds.observe(delay)
            log.event(
                kind,
                message_id,
                recipient=item.recipient,
                host=outcome.host,
                ip=outcome.address,
                delay=delay,
                dsn=outcome.status,
                reply=str(outcome.reply),
                said=outcome.is_remote,
            )


COUNTERS = {"delivered": "deliveries", "deferred": "deferrals", "expired": "expiries", "bounced": "bounces"}


def _kind(outcome: Outcome, *, expired: bool) -> str:
    if isinstance(outcome, Delivered):
        return "delivered"
    if isinstance(outcome, Deferred):
        return "expired" if expired else "deferred"
    return "bounced"
