"""Which messages are recent for this session? Those that it was the first to be told of. RFC 3501 §2.3.2."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


class Recent:
    """Ranges of UIDs, rising."""

    __slots__ = ("_ranges",)

    def __init__(self) -> None:
        self._ranges: list[tuple[int, int]] = []

    def add(self, first: int, last: int) -> None:
        """UIDs from ``first`` to ``last`` are recent too; they are larger than all before."""
        if first > last:
            return
        if self._ranges and self._ranges[-1][1] == first - 1:
            first = self._ranges.pop()[0]
        self._ranges.append((first, last))

    def count(self, uids: Sequence[int]) -> int:
        """How many of the rising ``uids`` are recent."""
        return sum(bisect_right(uids, last) - bisect_left(uids, first) for first, last in self._ranges)

    def marks(self, uids: Sequence[int]) -> bytearray:
        """An octet for each of the rising ``uids``, 1 where it is recent."""
        marked = bytearray(len(uids))
        for first, last in self._ranges:
            start, end = bisect_left(uids, first), bisect_right(uids, last)
            marked[start:end] = b"\1" * (end - start)
        return marked

    def __contains__(self, uid: int) -> bool:
        at = bisect_right(self._ranges, (uid, uid))
        near = self._ranges[max(at - 1, 0) : at + 1]
        return any(first <= uid <= last for first, last in near)

    def __bool__(self) -> bool:
        return bool(self._ranges)
