"""The only way out: what is due is claimed, routed, carried, settled.

    intake --handover--> ways -> plans -> dispatch (lanes) -> settle -> store
    store  ---claim----> ways                                   |
                         late copies ---------------------------^

Nothing here waits for a destination. One task claims; lanes carry; everything else happens in their callbacks and once
a second in ``tick``, which is also what a test or a simulation calls to let time pass.
"""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf

from pillarbox.deliver.outcome import Failure
from pillarbox.deliver.plan import Plan
from pillarbox.store.interface import Queue, StoreError
from pillarbox.store.rows import QueueFilter, QueueItem

from .dispatch import Dispatch
from .late import Late
from .parcel import Parcel
from .plans import Planning, Plans, PlanSettings
from .settle import Settler
from .spread import Spread
from .tools import Tools
from .ways import Load, Routing, Ways, loads
from .window import Window

# How many rows of parked domains the store steps over in one claim.
PORTION = 10_000
# How many recipients of one message are looked at beside those in memory.
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """``claim``: rows claimed at once. ``heartbeat``: seconds between two looks at the clock. ``poll``: seconds after
    which the store is asked anew what is due. ``drain``: seconds that running attempts may take to end when the server
    stops. ``store_pause``: seconds until a store that failed is asked again."""

    claim: int = 500
    heartbeat: float = 1.0
    poll: float = 60.0
    drain: float = 20.0
    store_pause: float = 5.0


@dataclass(slots=True)
class Parts:
    """What the runner drives, put together in ``assembly``."""

    store: Queue
    window: Window
    spread: Spread
    dispatch: Dispatch
    settler: Settler
    late: Late
    planning: Planning
    plan_settings: PlanSettings
    routing: Routing


class Runner:
    """Runs the queue: ``start`` it, hand over to it, ``wake`` it, ``stop`` it."""

    def __init__(self, settings: RunnerSettings, parts: Parts, tools: Tools) -> None:
        self._settings = settings
        self._store = parts.store
        self.window = parts.window
        self._spread = parts.spread
        self._dispatch = parts.dispatch
        self._settler = parts.settler
        self._late = parts.late
        self._plans = Plans(parts.planning, tools, parts.plan_settings, self._deliver, self._no_plan)
        self._ways = Ways(parts.routing, self._plans.send, tools)
        self._settler.listener = self
        self._tools = tools
        self._next_due = 0.0
        self._least = min(settings.claim, max(1, parts.window.settings.window // 8))  # room worth a claim
        self._is_claiming = False
        self._is_hungry = False  # something may be due for which there was no room
        self._stir = asyncio.Event()
        self._claiming: asyncio.Task[None] | None = None
        self._beat: asyncio.TimerHandle | None = None
        self._put_off: dict[str, int] = {}  # rows put off in this round, by domain or destination

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take back what a former process had leased, and begin. StoreError when the store does not answer."""
        await self._store.unlease_all(self._tools.clock.now())
        self.window.open()
        self._claiming = asyncio.get_running_loop().create_task(self._claim_for_ever(), name="queue claims")
        self.wake()
        self._heartbeat()

    async def stop(self) -> None:
        """Begin nothing more, let running attempts end, give back the rest."""
        self.window.close()
        self._dispatch.begin_stop()
        if self._beat is not None:
            self._beat.cancel()
        if self._claiming is not None:
            self._claiming.cancel()
            with suppress(asyncio.CancelledError):
                await self._claiming
        await self._ways.stop()
        await self._plans.stop()
        await self._dispatch.stop(self._settings.drain)
        await self._settler.drain()
        await self._unlease(self.window.remaining(), self._tools.clock.now())

    @property
    def is_busy(self) -> bool:
        """True while something is being done that waits for no other host: claims, look-ups in the store, commits."""
        return self._is_claiming or self._stir.is_set() or self._settler.is_busy or self._ways.is_busy

    # --- intake -----------------------------------------------------------------------------------------------------

    def admit(self, domain: str) -> float | None:
        """Until when a new recipient in ``domain`` is leased to us at once; None: let it wait in the store."""
        return self.window.admit(domain)

    def handover(self, items: Sequence[QueueItem], content: bytes | None) -> None:
        """Leased recipients of one message that is now durable, with its octets when they are small."""
        for load in loads(items):
            if content is not None and self.window.keep(len(content)):
                load.keep(content)
            for item in load.items:
                self.window.enter(item, fresh=True)
            self._ways.send(load)

    def wake(self) -> None:
        """Rows that wait in the store have become due."""
        self._next_due = 0.0
        self._stir.set()

    # --- administration ---------------------------------------------------------------------------------------------

    def recall(self, message_ids: Iterable[int]) -> None:
        """An administrator held or dropped rows of these messages: what waits in memory of them is let go.

        The rows stay as the administrator left them; what is being sent right now goes on.
        """
        wanted = frozenset(message_ids)
        found: list[Parcel | Load] = [
            *self._dispatch.recall(wanted),
            *self._plans.recall(wanted),
            *self._ways.recall(wanted),
        ]
        for load in found:
            self._let_go(load)

    async def look_again(self) -> None:
        """Another process may have changed the queue: let go of what it held or dropped, and see what is due.

        StoreError when the store cannot be read.
        """
        waiting: dict[int, list[int]] = {}
        found: list[Parcel | Load] = [
            *self._dispatch.all_waiting(),
            *self._plans.all_waiting(),
            *self._ways.all_waiting(),
        ]
        for load in found:
            waiting.setdefault(load.message_id, []).extend(item.id for item in load.items)
        for message_id, queue_ids in waiting.items():
            rows = await self._store.queue_rows(QueueFilter(message_id=message_id), limit=len(queue_ids) + MOST_ROWS)
            leased = {row.id for row in rows if row.leased}
            if not leased.issuperset(queue_ids):
                self.recall([message_id])
                await self._unlease([number for number in queue_ids if number in leased], self._tools.clock.now())
        self.wake()

    def retry(self) -> None:
        """An administrator wants mail tried now: brakes are released, and plans made anew."""
        self._plans.forget()
        self._dispatch.release_brakes()
        self.wake()

    # --- time -------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """See to all that time changes."""
        now = self._tools.clock.now()
        self._settler.tick()
        self._ways.tick()
        self._dispatch.tick()
        if now >= self._next_due:
            self._stir.set()
        renewals = self.window.renewals(now)
        if renewals:
            self._settler.spawn(self._renew(renewals, now + self.window.settings.lease))

    def settled(self, soonest: float, *, reported: bool) -> None:
        """Rows were settled: see ``settle.Listener``."""
        if reported:
            self.wake()
            return
        self._next_due = min(self._next_due, soonest)
        if self._is_hungry and self.window.room() >= self._least:
            self._stir.set()

    def _heartbeat(self) -> None:
        self.tick()
        self._beat = asyncio.get_running_loop().call_later(self._settings.heartbeat, self._heartbeat)

    # --- claims -----------------------------------------------------------------------------------------------------

    async def _claim_for_ever(self) -> None:
        while True:
            self._is_claiming = False
            await self._stir.wait()
            self._stir.clear()
            self._is_claiming = True
            try:
                await self._round()
            except StoreError as error:
                self._tools.log.event("claim_failed", None, reason=str(error))
                self._next_due = self._tools.clock.now() + self._settings.store_pause

    async def _round(self) -> None:
        """Claim until nothing more is due or there is no more room."""
        self._put_off.clear()
        self._next_due = inf
        self._is_hungry = False
        while self.window.room() >= self._least and not self._settler.is_stuck:
            now = self._tools.clock.now()
            share = self.window.settings.share
            full = (*self.window.crowded(), *self._dispatch.crowded(share))
            perhaps_quick, slow = self._spread.look(full, self._in_work, now)
            if perhaps_quick:
                break  # let it make room
            limit = min(self.window.room(), self._settings.claim, share)
            parked = {name: self._spread.until(name, now, self._put_off.get(name, 0)) for name in slow}
            items = await self._store.claim(now, now + self.window.settings.lease, limit, parked)
            self._take(items)
            if len(items) == limit:
                continue
            due = await self._store.next_due()
            if due is None or due > now:
                self._next_due = min(self._next_due, inf if due is None else due, now + self._settings.poll)
                return
            if not items:
                break  # rows were put off in bulk: more of that in the next second, so that the store can breathe
            for name in parked:
                self._put_off[name] = self._put_off.get(name, 0) + PORTION
        self._is_hungry = True
        self._next_due = 0.0  # the next tick looks again, if not the next place that becomes free

    def _in_work(self, name: str) -> int:
        """Rows of a domain, or that wait for a destination: no name is both."""
        return self.window.count(name) or self._dispatch.waiting(name)

    def _take(self, items: Sequence[QueueItem]) -> None:
        fresh = [item for item in items if item.id not in self.window]
        for item in fresh:
            self.window.enter(item, fresh=False)
        late = [item for item in fresh if item.account_id is not None]
        if late:
            self._settler.spawn(self._late.file(late))
        for load in loads([item for item in fresh if item.account_id is None]):
            self._ways.send(load)

    # --- parcels ----------------------------------------------------------------------------------------------------

    def _deliver(self, parcel: Parcel, plan: Plan) -> None:
        """Send on what has a plan; when its destination is a slow crowd, give it back, so that others have room."""
        if self._spread.is_slow(plan.key) and self._dispatch.waiting(plan.key) >= self.window.settings.share:
            before = self._put_off.get(plan.key, 0)
            self._put_off[plan.key] = before + len(parcel.items)
            until = self._spread.until(plan.key, self._tools.clock.now(), before)
            self._let_go(parcel)
            self._settler.spawn(self._unlease(parcel.queue_ids(), until))
            return
        self._dispatch.put(parcel, plan)

    def _no_plan(self, parcel: Parcel, failure: Failure) -> None:
        self._settler.settle(parcel, failure.outcomes(parcel.recipients()))

    def _let_go(self, load: Parcel | Load) -> None:
        self.window.leave([item.id for item in load.items])
        self.window.free(load.kept)

    async def _unlease(self, queue_ids: list[int], due: float) -> None:
        try:
            await self._store.unlease(queue_ids, due)
        except StoreError as error:  # the lease ends by itself, later
            self._tools.log.event("unlease_failed", None, reason=str(error))
        self._next_due = min(self._next_due, due)

    async def _renew(self, queue_ids: list[int], lease: float) -> None:
        try:
            await self._store.renew(queue_ids, lease)
        except StoreError as error:  # what is in memory stays there: a row that is claimed again is known here
            self._tools.log.event("renew_failed", None, reason=str(error))
