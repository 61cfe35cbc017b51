"""Which destination is carried to next, and over how many connections? All destinations, their lanes and their brakes.

A slow or dead destination costs the others nothing: it has its own lanes, its own waiting parcels and a bounded number
of connections, and whatever waits for it when it cannot be reached is put off in one go.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from traceback import format_exception
from typing import Protocol

from pillarbox.deliver.outcome import Deferred, Failure, Outcome
from pillarbox.deliver.plan import Plan
from pillarbox.mail.reply import INTERNAL_ERROR, Reply
from pillarbox.observe.story import Chapter

from .allowance import Allowance, AllowanceSettings
from .destination import Destination
from .lane import Connection, End, Lane
from .parcel import Parcel
from .slots import Slots
from .tools import Tools

# How often a parcel is sent again at once because connections that had been kept open were dead.
AGAIN = 3


@dataclass(frozen=True, slots=True)
class DispatchSettings:
    """``connections``: outgoing connections in all. ``destinations``: how many are remembered when nothing waits for
    them."""

    connections: int = 200
    destinations: int = 10_000
    allowance: AllowanceSettings = field(default_factory=AllowanceSettings)


class Connecting(Protocol):
    """What of deliver opens connections."""

    async def connect(self, plan: Plan, story: Chapter) -> Connection | Failure:
        """A connection for ``plan``, or why there is none."""


class Sender(Protocol):
    """Who puts a parcel's content on a connection."""

    async def attempt(self, connection: Connection, parcel: Parcel) -> list[Outcome]:
        """Send the parcel; one outcome a recipient."""


class Settling(Protocol):
    """Who writes down what came of an attempt."""

    @property
    def is_stuck(self) -> bool:
        """True while something could not be written down."""

    def settle(self, parcel: Parcel, outcomes: Sequence[Outcome], not_before: float = 0.0) -> None:
        """Judge, report and commit."""

    def abandon(self, parcel: Parcel, error: BaseException) -> None:
        """A mistake of ours happened over ``parcel``."""


class Dispatch:
    """All destinations. ``chance`` gives numbers in [0, 1)."""

    def __init__(
        self,
        settings: DispatchSettings,
        connecting: Connecting,
        sender: Sender,
        settling: Settling,
        tools: Tools,
    ) -> None:
        self._settings = settings
        self._connecting = connecting
        self._sender = sender
        self._settling = settling
        self._clock = tools.clock
        self._log = tools.log
        self._chance = tools.chance
        self._destinations: dict[str, Destination] = {}
        self._slots = Slots(settings.connections)
        self._tasks: dict[asyncio.Task[None], Lane] = {}
        self._stopping = False

    # --- parcels ----------------------------------------------------------------------------------------------------

    def put(self, parcel: Parcel, plan: Plan) -> None:
        """Send ``parcel`` to the destination of ``plan``, or put it off when that is left alone now."""
        destination = self._destination(plan)
        parcel.destination = destination.key
        if destination.allowance.is_braked(self._clock.now()):
            self._put_off(parcel, destination)
            return
        destination.put(parcel)
        self._attend(destination)

    def waiting(self, key: str) -> int:
        """How many recipients wait for the destination ``key``."""
        destination = self._destinations.get(key)
        return destination.recipients if destination is not None else 0

    def crowded(self, share: int) -> Iterator[str]:
        """The destinations for which at least ``share`` recipients wait."""
        return (key for key, destination in self._destinations.items() if destination.recipients >= share)

    def all_waiting(self) -> list[Parcel]:
        """What waits for any destination."""
        return [parcel for destination in self._destinations.values() for parcel in destination.waiting()]

    def recall(self, message_ids: frozenset[int]) -> list[Parcel]:
        """Take back what waits of these messages; what is being sent right now goes on."""
        return [parcel for d in self._destinations.values() for parcel in d.take_of(message_ids)]

    def release_brakes(self) -> None:
        """Let every destination be tried now: an administrator asked for it."""
        for destination in self._destinations.values():
            destination.allowance.release()

    # --- time -------------------------------------------------------------------------------------------------------

    def tick(self) -> None:
        """Once a second or so: see to all that waits, forget what is not used."""
        now = self._clock.now()
        self.resume()
        if len(self._destinations) > self._settings.destinations:
            self._forget(now)

    def resume(self) -> None:
        """Attend to all for whom something waits, after nothing could leave for a while."""
        for destination in list(self._destinations.values()):
            if destination:
                self._attend(destination)

    def begin_stop(self) -> list[Parcel]:
        """Start nothing more; what has not begun is given back."""
        self._stopping = True
        for task, lane in self._tasks.items():
            lane.dismiss()
            if not lane.has_connection:
                task.cancel()  # it is still trying to connect, and carries nothing
        return [parcel for destination in self._destinations.values() for parcel in destination.take_all()]

    async def stop(self, drain: float) -> None:
        """After ``begin_stop``: let running transactions end within ``drain`` seconds, then cut them off."""
        tasks = list(self._tasks)
        if not tasks:
            return
        _, running = await asyncio.wait(tasks, timeout=drain)
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running)

    # --- what lanes need --------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """See ``lane.Office``. What left must be written down before more leaves, or a crash repeats it all."""
        return not self._stopping and not self._settling.is_stuck

    @property
    def is_short(self) -> bool:
        """See ``lane.Office``."""
        return self._slots.is_short

    def new_chapter(self) -> Chapter:
        """See ``lane.Office``."""
        return Chapter(self._clock.now)

    async def connect(self, plan: Plan, chapter: Chapter) -> Connection | Failure:
        """See ``lane.Office``."""
        try:
            return await self._connecting.connect(plan, chapter)
        except Exception as error:  # noqa: BLE001 - what waits must be put off, not tried for ever in a circle
            self._log.event("connect_failed", None, destination=plan.key, reason="".join(format_exception(error)))
            return Failure(INTERNAL_ERROR)

    async def attempt(self, connection: Connection, parcel: Parcel) -> list[Outcome]:
        """See ``lane.Office``."""
        return await self._sender.attempt(connection, parcel)

    def unreachable(self, lane: Lane, failure: Failure, chapter: Chapter) -> None:
        """Where no connection stands, all that waits is put off together: each would only wait for the same timeout."""
        destination = lane.destination
        if self._stopping:
            return
        if destination.standing:
            destination.allowance.refused(destination.standing, self._clock.now())
            return
        parcels = destination.take_all()
        if parcels:
            parcels[0].chapter.events += chapter.events
        # Others may have tried at the same time: one brake for all of them.
        if not failure.is_permanent and not destination.allowance.is_braked(self._clock.now()):
            self._brake(destination, failure.words)
        for parcel in parcels:
            self._settling.settle(parcel, failure.outcomes(parcel.recipients()), destination.allowance.brake_until)

    def carried(self, lane: Lane, parcel: Parcel, outcomes: list[Outcome], end: End) -> None:
        """Learn from the attempt, and settle it or send it again at once."""
        destination = lane.destination
        trouble = None if end is End.NONE else next((o for o in outcomes if _is_trouble(o)), None)
        if trouble is None:
            destination.allowance.succeeded(self._clock.now(), more_wait=bool(destination))
            if destination:
                self._attend(destination)
        elif _is_stale(outcomes) and parcel.again < AGAIN and not self._stopping:
            self._again(parcel, trouble, destination)
            return
        else:
            self._learn_trouble(destination, trouble, end)
        self._settling.settle(parcel, outcomes, destination.allowance.brake_until)

    def parked(self, lane: Lane) -> None:
        """A lane waits with its connection open; it goes when another destination needs the connection more."""
        lane.idle_since = self._clock.now()
        lane.destination.idle[lane] = None
        if self._slots.is_short:
            lane.dismiss()

    def ended(self, lane: Lane) -> None:
        """A connection is free again, for whoever waits longest; for the lane's own destination if nobody does."""
        destination = lane.destination
        destination.lanes.pop(lane, None)
        destination.idle.pop(lane, None)
        self._slots.give_back()
        if self._stopping:
            return
        while (key := self._slots.next_wanting()) is not None:
            wanting = self._destinations.get(key)
            if wanting is not None and self._hire(wanting):
                break
        if destination:
            self._attend(destination)

    # --- within -----------------------------------------------------------------------------------------------------

    def _destination(self, plan: Plan) -> Destination:
        destination = self._destinations.get(plan.key)
        if destination is None:
            destination = Destination(plan, Allowance(self._settings.allowance))
            self._destinations[plan.key] = destination
        else:
            destination.plan = plan
        return destination

    def _attend(self, destination: Destination) -> None:
        """See that somebody fetches what waits: an idle lane, else a new one."""
        if destination.idle:
            lane, _ = destination.idle.popitem()
            lane.wake()
        elif self.is_open:
            self._hire(destination)

    def _hire(self, destination: Destination) -> bool:
        """A new lane, where one is wanted, allowed, and a connection is free for it."""
        if not destination.wants_lane or destination.allowance.is_braked(self._clock.now()):
            return False
        if not self._slots.take():
            self._slots.want(destination.key)
            self._dismiss_somebody_idle()
            return False
        lane = Lane(destination, self)
        destination.lanes[lane] = None
        task = asyncio.get_running_loop().create_task(lane.run(), name=f"lane to {destination.key}")
        self._tasks[task] = lane
        task.add_done_callback(self._lane_done)
        return True

    def _lane_done(self, task: "asyncio.Task[None]") -> None:
        lane = self._tasks.pop(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._log.event(
            "lane_failed", None, destination=lane.destination.key, reason=f"{type(error).__name__}: {error}"
        )
        if lane.carrying is not None:
            self._settling.abandon(lane.carrying, error)

    def _dismiss_somebody_idle(self) -> None:
        """Close the connection that was idle longest."""
        idle = (lane for destination in self._destinations.values() for lane in destination.idle)
        longest = min(idle, key=lambda lane: lane.idle_since, default=None)
        if longest is not None:
            longest.dismiss()

    def _again(self, parcel: Parcel, trouble: Outcome, destination: Destination) -> None:
        parcel.again += 1
        parcel.chapter.add("tried_again", host=trouble.host, reason=trouble.reply.text)
        destination.put_first(parcel)

    def _learn_trouble(self, destination: Destination, trouble: Outcome, end: End) -> None:
        if end is End.USED:
            destination.allowance.shrink()
        elif destination.allowance.lost() and not destination.standing:
            self._brake(destination, trouble.text)
            for parcel in destination.take_all():
                self._put_off(parcel, destination)

    def _brake(self, destination: Destination, reason: str) -> None:
        until = destination.allowance.brake(self._clock.now(), reason, self._chance())
        self._log.event("destination_braked", None, destination=destination.key, reason=reason, until=until)

    def _put_off(self, parcel: Parcel, destination: Destination) -> None:
        """The destination is left alone now: nothing is tried, and the story says since when and why."""
        allowance = destination.allowance
        parcel.chapter.add("braked", destination=destination.key, until=allowance.brake_until, reason=allowance.reason)
        reply = Reply(451, "4.4.1", (f"not tried again yet: {allowance.reason}",))
        outcomes: list[Outcome] = [Deferred(recipient, reply) for recipient in parcel.recipients()]
        self._settling.settle(parcel, outcomes, allowance.brake_until)

    def _forget(self, now: float) -> None:
        unused = [key for key, d in self._destinations.items() if not d.is_used and not d.allowance.is_braked(now)]
        for key in unused[: len(self._destinations) - self._settings.destinations]:
            del self._destinations[key]


def _is_trouble(outcome: Outcome) -> bool:
    """The connection ended under the transaction: 421 (RFC 5321 §3.8), or no reply at all."""
    return isinstance(outcome, Deferred) and (outcome.reply.code == 421 or not outcome.is_remote)


def _is_stale(outcomes: Sequence[Outcome]) -> bool:
    return all(isinstance(outcome, Deferred) and outcome.at_once for outcome in outcomes)
