"""What has a client missed since it was last here? RFC 7162 §3.2.5 and, for FETCH with VANISHED, §3.2.6."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from pillarbox.mail.query import STAR, NumberSet

from .view import View


class Missed(NamedTuple):
    """``vanished`` UIDs, rising; at which positions flags changed or messages came, rising."""

    vanished: list[int]
    changed: Sequence[int]


async def missed(
    view: View, modseq: int, known: NumberSet | None = None, match: tuple[NumberSet, NumberSet] | None = None
) -> Missed:
    """What happened after ``modseq``, to the UIDs that the client says it knows if it says so.

    ``match`` names messages by number and by UID that belonged together for the client. Where both still agree, all
    messages up to there are the same, and nothing before needs to be told (RFC 7162 §3.2.5.2). StoreError.
    """
    agreed = _agreed(view, *match) if match is not None else 0
    gone = [uid for uid in await vanished(view, modseq, known) if uid > agreed]
    return Missed(gone, changed_since(view, modseq, known))


async def vanished(view: View, modseq: int, uids: NumberSet | None) -> list[int]:
    """The UIDs, of those named, that left after ``modseq`` and that the client has no number for in this session."""
    changes = await view.mailbox.store.changes(view.mailbox.folder.id, modseq)
    gone = [uid for uid in changes.gone if view.position(uid) < 0] if changes is not None else []
    if uids is None:
        return gone
    # "*" is the largest UID that was ever given: what vanished may be behind the largest that is left.
    largest = view.mailbox.folder.uidnext - 1
    named = _ranges(_bounds(span, largest) for span in uids.ranges)
    return [uid for uid in gone if _within(named, uid)]


def changed_since(view: View, modseq: int, uids: NumberSet | None = None) -> Sequence[int]:
    """The positions, of the UIDs named, of messages that came or changed after ``modseq``."""
    named = view.numbers(uids, by_uid=True) if uids is not None else range(len(view.uids))
    modseqs = view.mailbox.modseqs
    pairs = zip(named, view.indices(named), strict=True)
    return [position for position, index in pairs if index >= 0 and modseqs[index] > modseq]


def _agreed(view: View, numbers: NumberSet, uids: NumberSet) -> int:
    """The largest UID that has the number it had; 0 when there is none. Both sets rise; excess in one is ignored."""
    count, agreed = len(view.uids), 0
    pairs = zip(_singly(numbers), _singly(uids), strict=False)
    for number, uid in pairs:
        if number > count:
            break
        if view.uids[number - 1] == uid:
            agreed = uid
    return agreed


def _singly(numbers: NumberSet) -> Iterable[int]:
    return chain.from_iterable(range(first, last + 1) for first, last in numbers.ranges if last < STAR)


def _bounds(span: tuple[int, int], largest: int) -> tuple[int, int]:
    first, last = span
    return (min(first, largest), largest) if last == STAR else span


def _ranges(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same, sorted and merged, so that a UID need only be looked for in one."""
    merged: list[tuple[int, int]] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _within(ranges: Sequence[tuple[int, int]], uid: int) -> bool:
    at = bisect_right(ranges, (uid, STAR)) - 1
    return at >= 0 and uid <= ranges[at][1]
