"""Which part of a result does PARTIAL name? RFC 9394 §3."""

from collections.abc import Sequence
from typing import TypeVar

from pillarbox.proto.imap.commands import Partial

T = TypeVar("T")


def page(found: Sequence[T], partial: Partial) -> Sequence[T]:
    """What is between the places, counted from 1 at the beginning, or from -1 at the end. Its order stays."""
    first, last = sorted((abs(partial.first), abs(partial.last)))
    if partial.first > 0:
        return found[first - 1 : last]
    count = len(found)
    return found[max(count - last, 0) : max(count - first + 1, 0)]
