"""The only way out: what is due is claimed, routed, carried, settled.

    intake --handover--> ways -> plans -> dispatch (lanes) -> settle -> store
    store  ---claim----> ways                                   |
                         late copies ---------------------------^

Nothing here waits for a destination. One task claims; lanes carry; everything else happens in their callbacks and once
a second in ``tick``, which is also what a test or a simulation calls to let time pass.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pillarbox.deliver.outcome import Failure
from pillarbox.deliver.plan import Plan
from pillarbox.store.interface import Queue, StoreError
from pillarbox.store.rows import QueueFilter, QueueItem

from .claims import Claims, ClaimSettings, Crowding
from .dispatch import Dispatch
from .late import Late
from .parcel import Parcel
from .plans import Planning, Plans, PlanSettings
from .settle import Settler
from .spread import Spread
from .tools import Tools
from .ways import Load, Routing, Ways, loads
from .window import Window

# How many recipients of one message are looked at beside those in memory.
MOST_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class RunnerSettings:
    """``heartbeat``: seconds between two looks at the clock. ``drain``: seconds that running attempts may take to end
    when the server stops."""

    heartbeat: float = 1.0
    drain: float = 20.0


@dataclass(slots=True)
class Parts:
    """What the runner drives, put together in ``assembly``."""

    store: Queue
    window: Window
    spread: Spread
    dispatch: Dispatch
    settler: Settler
    late: Late
    claim_settings: ClaimSettings
    planning: Planning
    plan_settings: PlanSettings
    routing: Routing


class Runner:
    """Runs the queue: ``start`` it, hand over to it, ``wake`` it, ``stop`` it."""

    def __init__(self, settings: RunnerSettings, parts: Parts, tools: Tools) -> None:
        self._settings = settings
        self._store = parts.store
        self.window = parts.window
        self._crowding = Crowding(parts.window, parts.dispatch, parts.spread)
        self._dispatch = parts.dispatch
        self._settler = parts.settler
        self._late = parts.late
        self._plans = Plans(parts.planning, tools, parts.plan_settings, self._deliver, self._no_plan)
        self._ways = Ways(parts.routing, self._plans.send, tools)
        self._claims = Claims(parts.claim_settings, parts.store, self._crowding, parts.settler, self._take, tools)
        self._settler.listener = self
        self._tools = tools
        self._beat: asyncio.TimerHandle | None = None

    # --- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Take back what a former process had leased, and begin. StoreError when the store does not answer."""
        await self._store.unlease_all(self._tools.clock.now())
        self.window.open()
        self._claims.start()
        self._heartbeat()

    async def stop(self) -> None:
        """Begin nothing more, let running attempts end, give back the rest."""
        self.window.close()
        self._dispatch.begin_stop()
        if self._beat is not None:
            self._beat.cancel()
        await self._claims.stop()
        await self._ways.stop()
        await self._plans.stop()
        await self._dispatch.stop(self._settings.drain)
        await self._settler.drain()
        await self._unlease(self.window.remaining(), self._tools.clock.now())

    @property
    def is_busy(self) -> bool:
        """True while something is being done that waits for no other host: claims, look-ups in the store, commits."""
        return self._claims.is_busy or self._settler.is_busy or self._ways.is_busy

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
        self._claims.wake()

    # --- administration ---------------------------------------------------------------------------------------------

    def recall(self, message_ids: Iterable[int]) -> None:
        """An administrator held or dropped rows of these messages: what waits in memory of them is let go.

        The rows stay as the administrator left them; those that were not meant are claimed anew. What is being sent
        right now goes on.
        """
        wanted = frozenset(message_ids)
        found: list[Parcel | Load] = [
            *self._dispatch.recall(wanted),
            *self._plans.recall(wanted),
            *self._ways.recall(wanted),
        ]
        for load in found:
            self._let_go(load)
        if found:
            queue_ids = [item.id for load in found for item in load.items]
            self._settler.spawn(self._unlease(queue_ids, self._tools.clock.now()))

    async def look_again(self) -> None:
        """Another process changed the queue or the routes: let go of what it held or dropped, and try what is due.

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
        self.retry()

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
        self._claims.tick(now)
        renewals = self.window.renewals(now)
        if renewals:
            self._settler.spawn(self._renew(renewals, now + self.window.settings.lease))

    def settled(self, soonest: float, *, reported: bool) -> None:
        """Rows were settled: see ``settle.Listener``."""
        if reported:
            self.wake()
        else:
            self._claims.expect(soonest)
            self._claims.room_was_made()

    def _heartbeat(self) -> None:
        self._beat = asyncio.get_running_loop().call_later(self._settings.heartbeat, self._heartbeat)
        self.tick()

    # --- parcels ----------------------------------------------------------------------------------------------------

    def _take(self, items: Sequence[QueueItem]) -> None:
        fresh = [item for item in items if item.id not in self.window]
        for item in fresh:
            self.window.enter(item, fresh=False)
        late = [item for item in fresh if item.account_id is not None]
        if late:
            self._settler.spawn(self._late.file(late))
        for load in loads([item for item in fresh if item.account_id is None]):
            self._ways.send(load)

    def _deliver(self, parcel: Parcel, plan: Plan) -> None:
        """Send on what has a plan; when its destination is a slow crowd, give it back, so that others have room."""
        until = self._crowding.no_room_at(plan.key, len(parcel.items), self._tools.clock.now())
        if until is not None:
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
        self._claims.expect(due)

    async def _renew(self, queue_ids: list[int], lease: float) -> None:
        try:
            await self._store.renew(queue_ids, lease)
        except StoreError as error:  # what is in memory stays there: a row that is claimed again is known here
            self._tools.log.event("renew_failed", None, reason=str(error))
