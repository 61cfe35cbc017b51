"""What waits for one destination, and who carries it there? The parcels, the lanes, the allowance."""

from collections import OrderedDict
from typing import Protocol

from pillarbox.deliver.plan import Plan

from .allowance import Allowance
from .parcel import Parcel


class Carrier(Protocol):
    """A lane, as its destination sees it."""

    idle_since: float
    is_coming: bool  # it will fetch something as soon as it has a connection

    @property
    def is_open(self) -> bool:
        """True while there is a connection."""

    def wake(self) -> None:
        """There is something to carry."""

    def dismiss(self) -> None:
        """End as soon as nothing is being carried."""


class Destination:
    """One destination: the hosts that ``plan.key`` names. All domains with these mail hosts meet here.

    Parcels wait in the order in which they came; ``lanes`` are those that run, ``idle`` those of them that have an open
    connection and nothing to do, the one that became so last at the end.
    """

    def __init__(self, plan: Plan, allowance: Allowance) -> None:
        self.plan = plan
        self.allowance = allowance
        self.lanes: dict[Carrier, None] = {}
        self.idle: dict[Carrier, None] = {}
        self.recipients = 0  # that wait here
        self._waiting: OrderedDict[tuple[int, str | None], Parcel] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def key(self) -> str:
        """What connections are counted under."""
        return self.plan.key

    @property
    def is_used(self) -> bool:
        """False when nothing is lost by forgetting it (its brake apart)."""
        return bool(self.lanes or self._waiting)

    @property
    def standing(self) -> int:
        """How many connections to it stand."""
        return sum(lane.is_open for lane in self.lanes)

    @property
    def wants_lane(self) -> bool:
        """More parcels wait than lanes are on their way to fetch one, and the allowance is not used up."""
        if len(self.lanes) >= self.allowance.connections:
            return False
        return len(self._waiting) > sum(lane.is_coming for lane in self.lanes)

    def put(self, parcel: Parcel) -> None:
        """Let ``parcel`` wait; recipients of the same message, under the same reverse-path, travel together."""
        self.recipients += len(parcel.items)
        waiting = self._waiting.get(parcel.key)
        if waiting is None:
            self._waiting[parcel.key] = parcel
        else:
            waiting.join(parcel)

    def put_first(self, parcel: Parcel) -> None:
        """Let ``parcel`` be the next that is taken."""
        self.put(parcel)
        self._waiting.move_to_end(parcel.key, last=False)

    def take(self) -> Parcel | None:
        """The parcel that has waited longest."""
        if not self._waiting:
            return None
        _, parcel = self._waiting.popitem(last=False)
        self.recipients -= len(parcel.items)
        return parcel

    def waiting(self) -> list[Parcel]:
        """Everything that waits; it goes on waiting."""
        return list(self._waiting.values())

    def take_all(self) -> list[Parcel]:
        """Everything that waits."""
        parcels = self.waiting()
        self._waiting.clear()
        self.recipients = 0
        return parcels

    def take_of(self, message_ids: frozenset[int]) -> list[Parcel]:
        """The waiting parcels of some messages."""
        taken = [parcel for parcel in self._waiting.values() if parcel.message_id in message_ids]
        for parcel in taken:
            del self._waiting[parcel.key]
            self.recipients -= len(parcel.items)
        return taken
