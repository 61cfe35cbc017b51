"""What changed lately in a folder? Kept for sessions that have not looked yet, each with a place of its own in it."""

from collections.abc import Iterable

from .marks import Marks
from .rows import Step


class Journal:
    """Steps by rising number. The newest is always kept, older ones while all of them name at most ``limit`` UIDs."""

    __slots__ = ("_first", "_limit", "_steps", "_weight")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._first = 0
        self._steps: list[Step] = []
        self._weight = 0

    @property
    def end(self) -> int:
        """The number that the next step will have: where a reader stands that has seen everything."""
        return self._first + len(self._steps)

    def add(self, step: Step, readers: Iterable[int]) -> None:
        """Write a step down, and forget what all ``readers`` (the numbers where they stand) have behind them."""
        self._steps.append(step)
        self._weight += _weight(step)
        oldest = min(readers, default=self.end)
        while self._steps and (self._first < oldest or (self._weight > self._limit and len(self._steps) > 1)):
            self._weight -= _weight(self._steps.pop(0))
            self._first += 1

    def since(self, reader: int) -> "tuple[dict[int, Marks], list[int]] | None":
        """What a reader who stands at a number has not seen: the marks before, by UID of what changed; the UIDs that
        left, by and by. None when it is forgotten."""
        if reader < self._first:
            return None
        changed: dict[int, Marks] = {}
        gone: list[int] = []
        for step in self._steps[reader - self._first :]:
            changed = {**dict(zip(step.changed, step.before, strict=True)), **changed}
            gone.extend(step.gone)
        return changed, gone


def _weight(step: Step) -> int:
    return len(step.changed) + len(step.gone)
