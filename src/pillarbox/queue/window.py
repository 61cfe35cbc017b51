"""How much of the queue may lie in memory at a time? Recipients in work, bounded in all, by domain and in octets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pillarbox.net.clock import Clock
from pillarbox.store.rows import QueueItem

MIB = 1024 * 1024
# How long a place promised to a message in its commit is kept for it, at least; at most twice as long.
PROMISE = 30.0


@dataclass(frozen=True, slots=True)
class WindowSettings:
    """``window``: recipients in work at a time. ``window_share``: the part of it that one domain, or one destination,
    may take. ``reserve``: the part that fresh messages leave to those that waited in the store, and the other way
    round. ``handover_octets``: memory for fresh messages that are delivered without being read back. ``lease``: seconds
    that a row belongs to us before it must be renewed."""

    window: int = 2_000
    window_share: float = 0.25
    reserve: float = 0.25
    handover_octets: int = 32 * MIB
    lease: float = 900.0

    @property
    def share(self) -> int:
        """Recipients of one domain or destination."""
        return max(1, int(self.window * self.window_share))

    @property
    def each(self) -> int:
        """Recipients of each kind: fresh ones, and those that waited."""
        return max(1, self.window - int(self.window * self.reserve))


class _Place(NamedTuple):
    domain: str
    fresh: bool
    lease: float


class Window:
    """Who is in work. Every row that is leased to this process and not yet settled has a place here."""

    def __init__(self, settings: WindowSettings, clock: Clock) -> None:
        self.settings = settings
        self.octets = 0
        self._clock = clock
        self._places: dict[int, _Place] = {}
        self._domains: dict[str, int] = {}
        self._fresh = 0
        self._promised = [0, 0]  # in this stretch of time, and in the one before
        self._stretch_ends = 0.0
        self._is_open = False

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, queue_id: int) -> bool:
        return queue_id in self._places

    # --- fresh messages ---------------------------------------------------------------------------------------------

    def admit(self, domain: str) -> float | None:
        """The end of the lease for a fresh row, which is then promised a place; None when there is no room for it.

        A promise is forgotten after a while, because a commit may fail.
        """
        settings = self.settings
        now = self._clock.now()
        if now >= self._stretch_ends:
            self._turn_over(now)
        promised = self._promised[0] + self._promised[1]
        if (
            not self._is_open
            or len(self._places) + promised >= settings.window
            or self._fresh + promised >= settings.each
        ):
            return None
        if self.is_half_full and self._domains.get(domain, 0) >= settings.share:
            return None
        self._promised[0] += 1
        return now + settings.lease

    def keep(self, octets: int) -> bool:
        """Whether memory may hold so many octets of a message until it has left (``free`` them then)."""
        if self.octets + octets > self.settings.handover_octets:
            return False
        self.octets += octets
        return True

    def free(self, octets: int) -> None:
        """So many octets of what was kept are needed no more."""
        self.octets -= octets

    # --- rows -------------------------------------------------------------------------------------------------------

    def enter(self, item: QueueItem, *, fresh: bool) -> None:
        """``item`` is in work now; its ``due`` is the end of its lease."""
        domain = item.domain
        self._places[item.id] = _Place(domain, fresh, item.due or 0.0)
        self._domains[domain] = self._domains.get(domain, 0) + 1
        if fresh:
            self._fresh += 1
            self._keep_promise()

    def leave(self, queue_ids: Iterable[int]) -> None:
        """These are settled or given back."""
        domains = self._domains
        for queue_id in queue_ids:
            place = self._places.pop(queue_id, None)
            if place is None:
                continue
            self._fresh -= place.fresh
            if (left := domains[place.domain] - 1) > 0:
                domains[place.domain] = left
            else:
                del domains[place.domain]

    def room(self) -> int:
        """How many waiting rows may be claimed now."""
        if not self._is_open:
            return 0
        claimed = len(self._places) - self._fresh
        return max(0, min(self.settings.window - len(self._places), self.settings.each - claimed))

    @property
    def is_half_full(self) -> bool:
        """True when shares begin to count for fresh messages."""
        return len(self._places) * 2 >= self.settings.window

    def crowded(self) -> Iterator[str]:
        """The domains that have their share; local rows (domain "") are done at once."""
        share = self.settings.share
        return (domain for domain, count in self._domains.items() if count >= share and domain)

    def count(self, domain: str) -> int:
        """How many recipients in ``domain`` are in work."""
        return self._domains.get(domain, 0)

    # --- leases -----------------------------------------------------------------------------------------------------

    def renewals(self, now: float) -> list[int]:
        """The rows of which a third of the lease is used up; they are taken to be renewed to ``now + lease``."""
        lease = self.settings.lease
        old = [queue_id for queue_id, place in self._places.items() if place.lease - now < lease * 2 / 3]
        for queue_id in old:
            self._places[queue_id] = self._places[queue_id]._replace(lease=now + lease)
        return old

    def open(self) -> None:
        """Let rows in: what a former process had leased was given back."""
        self._is_open = True

    def close(self) -> None:
        """Let nobody in any more."""
        self._is_open = False

    def remaining(self) -> list[int]:
        """All rows that are in work."""
        return list(self._places)

    def _turn_over(self, now: float) -> None:
        self._promised = [0, self._promised[0] if now < self._stretch_ends + PROMISE else 0]
        self._stretch_ends = now + PROMISE

    def _keep_promise(self) -> None:
        older = self._promised[1] > 0
        self._promised[older] = max(0, self._promised[older] - 1)
