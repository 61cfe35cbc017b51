"""How are criteria put together? And, or and not of sets of positions; what costs little decides first."""

from collections.abc import Iterable, Sequence
from itertools import compress

from pillarbox.inbox.live.view import View
from pillarbox.mail.query import (
    And,
    Body,
    Criterion,
    Everything,
    Header,
    Not,
    Numbers,
    Or,
    SaveDateSupported,
    Sent,
    Text,
    ThreadId,
    Uids,
)

from .asking import Asking
from .budget import Budget
from .columns import by_columns

_COSTS: dict[type, int] = {Numbers: 0, Uids: 0, Everything: 0, Sent: 2, ThreadId: 2, Header: 3, Body: 4, Text: 5}


def cost(criterion: Criterion) -> int:
    """What looking for it costs, compared with others: what is dear looks only at what the others left."""
    match criterion:
        case And(parts=parts):
            return max(map(cost, parts), default=0)
        case Or(left=left, right=right):
            return max(cost(left), cost(right))
        case Not(part=part):
            return cost(part)
        case _:
            return _COSTS.get(type(criterion), 1)


class Evaluation:
    """One search. Positions are numbers of the session less one, always rising."""

    def __init__(self, view: View, saved: Sequence[int], asking: Asking, budget: Budget, now: float) -> None:
        self._view = view
        self._uids = view.uids
        self._saved = saved
        self._asking = asking
        self._budget = budget
        self._now = now

    async def all(self, criterion: Criterion) -> list[int]:
        """All that meet it; messages that have left, though the client does not know yet, never do."""
        view = self._view
        positions: Sequence[int] = range(len(view.uids))
        if not view.in_step:
            positions = [position for position, index in enumerate(view.indices(positions)) if index >= 0]
        return list(await self.among(criterion, positions))

    async def among(self, criterion: Criterion, positions: Sequence[int]) -> Sequence[int]:
        """Those of ``positions`` that meet ``criterion``."""
        if not positions:
            return positions
        await self._budget.breathe()
        match criterion:
            case Everything() | SaveDateSupported():
                return positions
            case And(parts=parts):
                return await self._met_by_all(parts, positions)
            case Or(left=left, right=right):
                first, second = sorted((left, right), key=cost)
                found = await self.among(first, positions)
                return sorted([*found, *await self.among(second, without(positions, found))])
            case Not(part=part):
                return without(positions, await self.among(part, positions))
            case Numbers(numbers=numbers):
                return both(positions, self._view.numbers(numbers, by_uid=False, saved=self._saved))
            case Uids(uids=uids):
                return both(positions, self._view.numbers(uids, by_uid=True, saved=self._saved))
            case _:
                return await self._looked_up(criterion, positions)

    async def _met_by_all(self, parts: Iterable[Criterion], positions: Sequence[int]) -> Sequence[int]:
        for part in sorted(parts, key=cost):
            positions = await self.among(part, positions)
        return positions

    async def _looked_up(self, criterion: Criterion, positions: Sequence[int]) -> Sequence[int]:
        found = by_columns(criterion, self._view, positions, self._now)
        if found is not None:
            return found
        return await self._asking.among(criterion, positions, uids_at(self._uids, positions))


def uids_at(uids: Sequence[int], positions: Sequence[int]) -> Sequence[int]:
    """The UIDs at ``positions``."""
    return uids if len(positions) == len(uids) else [uids[position] for position in positions]


def both(positions: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    """What is in both; each rises."""
    if isinstance(positions, range) and isinstance(others, range):
        return range(max(positions.start, others.start), min(positions.stop, others.stop))
    if isinstance(positions, range) or len(positions) > len(others):
        positions, others = others, positions
    members = others if isinstance(others, range) else frozenset(others)
    return [position for position in positions if position in members]


def without(positions: Sequence[int], found: Sequence[int]) -> Sequence[int]:
    """``positions`` but those in ``found``, which are all among them."""
    if not found:
        return positions
    if len(found) == len(positions):
        return []
    first = positions[0]
    kept = bytearray(b"\1") * (positions[-1] - first + 1)
    for position in found:
        kept[position - first] = 0
    if isinstance(positions, range):
        return list(compress(positions, kept))
    return [position for position in positions if kept[position - first]]
