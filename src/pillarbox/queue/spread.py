"""Until when are the rows of a crowd put off that find no room? At the pace at which the crowd moves. Pure.

A domain (or a destination) with more rows than its share of the window is put off, so that the rows behind it get
their turn. A million rows put off by a few seconds would be put off again and again; so, within one round of claims,
each portion is put off longer than the one before: as far as those before it take to leave at the pace seen so far.
"""

from dataclasses import dataclass

# Seconds that the first portion is put off, and that any is put off at most.
SOONEST, LATEST = 5.0, 3600.0
# Rows a second: the pace as long as none was seen, and the slowest that is believed.
PACE_UNSEEN, PACE_LEAST = 50.0, 0.1
# Seconds over which a pace is measured.
STRETCH = 10.0
CROWDS = 1_000


@dataclass(slots=True)
class _Crowd:
    since: float
    left: int = 0
    pace: float = PACE_UNSEEN

    def measure(self, now: float) -> None:
        if now - self.since >= STRETCH:
            self.pace = max(PACE_LEAST, self.left / (now - self.since))
            self.since, self.left = now, 0


class Spread:
    """Crowds by domain or destination key. A crowd is known from the first row that is put off."""

    def __init__(self) -> None:
        self._crowds: dict[str, _Crowd] = {}

    def left(self, key: str, count: int) -> None:
        """``count`` rows of ``key`` have left the window."""
        if self._crowds and (crowd := self._crowds.get(key)) is not None:
            crowd.left += count

    def until(self, key: str, now: float, before: int) -> float:
        """Until when rows of ``key`` are put off, ``before`` of which were put off in this round already."""
        crowd = self._crowds.get(key)
        if crowd is None:
            while len(self._crowds) >= CROWDS:
                del self._crowds[next(iter(self._crowds))]
            crowd = self._crowds[key] = _Crowd(now)
        crowd.measure(now)
        return now + min(LATEST, SOONEST + before / crowd.pace)
