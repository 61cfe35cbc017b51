"""Which messages does a set of numbers name? RFC 9051 §9, sequence-set; ``$`` is RFC 5182's.

What it costs depends on the ranges written and the messages there are, not on how many numbers a range spans.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain, starmap

from pillarbox.mail.query import STAR

from .rows import place

Span = tuple[int, int]
"""Positions from the first to before the second."""


def by_number(count: int, ranges: Iterable[Span]) -> list[Span]:
    """Spans of positions among ``count`` messages; what is beyond them is left out."""
    spans = (_resolved(first, last, count) for first, last in ranges)
    return [(max(first, 1) - 1, min(last, count)) for first, last in spans if first <= count]


def by_uid(uids: Sequence[int], ranges: Iterable[Span]) -> list[Span]:
    """Spans of positions among the rising ``uids``; UIDs that are not there name nothing."""
    if not uids:
        return []
    largest = uids[-1]
    spans = (_resolved(first, last, largest) for first, last in ranges)
    return [_around(uids, first, last) for first, last in spans]


def by_saved(uids: Sequence[int], saved: Iterable[int]) -> list[Span]:
    """Spans of positions of the UIDs that a search has saved, those that are still there."""
    return [(at, at + 1) for uid in saved if (at := place(uids, uid)) >= 0]


def beyond(count: int, ranges: Iterable[Span]) -> bool:
    """Whether a number is named that no message has: a mistake of the client (RFC 9051 §9, seq-number), as all numbers
    are where there are no messages, ``*`` too."""
    named = [number for span in ranges for number in span]
    return bool(named) and (not count or max((number for number in named if number != STAR), default=1) > count)


def positions(spans: list[Span]) -> Sequence[int]:
    """All positions in ``spans``, rising, each once; a range where they are one run."""
    spans = [span for span in spans if span[0] < span[1]]
    if len(spans) == 1:
        return range(*spans[0])
    merged: list[Span] = []
    for first, end in sorted(spans):
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((first, end))
    return range(*merged[0]) if len(merged) == 1 else list(chain.from_iterable(starmap(range, merged)))


def _around(uids: Sequence[int], first: int, last: int) -> Span:
    at = bisect_left(uids, first)
    if first != last:
        return at, bisect_right(uids, last, at)
    return at, at + (at < len(uids) and uids[at] == first)


def _resolved(first: int, last: int, largest: int) -> Span:
    """``*`` is the largest number in use, which may be smaller than the other end (RFC 9051 §9, seq-range)."""
    if last == STAR:
        last = largest
        first = min(first, largest)
    return first, last
