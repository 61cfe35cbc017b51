"""Which crowds are so slow that others must pass them, and until when are their rows put off? Pure.

A domain or destination that fills its share of the window is a crowd, until half of it has left. For a moment nothing
more is claimed: a quick crowd makes room by itself. One that stays is slow: its rows are put off, so that the rows
behind it get their turn. A million rows put off by a few seconds would be put off again and again; so, within one round
of claims, each portion is put off longer than the one before: as far as those before it take to leave at the pace seen
so far.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

# Seconds that a crowd may stay until it is slow.
PATIENCE = 1.0
# Seconds that the first portion is put off, at least and at most, and that any is put off at most.
SOONEST, LATER, LATEST = 1.0, 60.0, 3600.0
# Rows a second: the slowest pace that is believed.
PACE_LEAST = 0.1
# Seconds over which the pace of a slow crowd is measured anew.
STRETCH = 10.0
CROWDS = 1_000


@dataclass(slots=True)
class _Crowd:
    since: float
    most: int = 0
    count: int = 0
    left: int = 0
    pace: float = 0.0  # 0: not known to be slow

    def look(self, now: float) -> None:
        """Judge it by what left since it was first seen, or since it was judged last."""
        spent = now - self.since
        if spent >= (STRETCH if self.pace else PATIENCE):
            self.pace = max(PACE_LEAST, self.left / spent)
            self.since, self.left = now, 0


class Spread:
    """Crowds by the name of a domain or the key of a destination."""

    def __init__(self) -> None:
        self._crowds: dict[str, _Crowd] = {}

    def left(self, name: str, count: int) -> None:
        """``count`` rows of ``name`` have left the window."""
        if self._crowds and (crowd := self._crowds.get(name)) is not None:
            crowd.left += count

    def look(self, full: Iterable[str], count: Callable[[str], int], now: float) -> tuple[list[str], list[str]]:
        """All crowds, those that are slow apart: (perhaps quick, slow).

        ``full`` are the names that have their share now; ``count`` tells how many rows of a name are in the window.
        """
        for name in full:
            if name not in self._crowds:
                self._new(name, now)
            self._crowds[name].most = max(self._crowds[name].most, count(name))
        for name in [name for name, crowd in self._crowds.items() if count(name) * 2 < crowd.most]:
            del self._crowds[name]
        for name, crowd in self._crowds.items():
            crowd.count = count(name)
            crowd.look(now)
        names = list(self._crowds)
        return [n for n in names if not self._crowds[n].pace], [n for n in names if self._crowds[n].pace]

    def is_slow(self, name: str) -> bool:
        """Whether ``name`` is known to be a slow crowd."""
        crowd = self._crowds.get(name)
        return crowd is not None and crowd.pace > 0

    def until(self, name: str, now: float, before: int) -> float:
        """Until when rows of the slow crowd ``name`` are put off; ``before`` of them were so in this round already."""
        crowd = self._crowds[name]
        # When half of those in the window have left, there is room for more.
        first = min(max(SOONEST, crowd.count / 2 / crowd.pace), LATER)
        return now + min(first + before / crowd.pace, LATEST)

    def _new(self, name: str, now: float) -> None:
        while len(self._crowds) >= CROWDS:
            del self._crowds[next(iter(self._crowds))]
        self._crowds[name] = _Crowd(now)
