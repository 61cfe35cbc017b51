"""What does the client know already, because it changed it itself? STORE with .SILENT, RFC 9051 §6.4.6.

A silent change tells the server that the client reckons with the result. If somebody else changed the message too, the
result is another, and the client is told (RFC 9051 §6.4.6: "regardless of whether the .SILENT suffix was used").
"""

from collections.abc import Iterable
from typing import NamedTuple

from pillarbox.store.rows import FlagChange

from .marks import Marks

_Seen = tuple[int, frozenset[str]]


class Silence(NamedTuple):
    """The client reckons that ``change`` has happened to ``uids``, under ``modseq``; without a change, it was told
    their flags as of ``modseq``."""

    uids: frozenset[int]
    modseq: int
    change: FlagChange | None


def reckons(silences: Iterable[Silence], uid: int, before: Marks | None, now: tuple[Marks, int]) -> bool:
    """Whether the client knows a message's marks and MODSEQ ``now``, having been told the marks ``before`` (None: it
    is not known any more what it was told)."""
    marks, modseq = now
    expected = _seen(before) if before is not None else None
    known = 0
    for silence in silences:
        if uid not in silence.uids:
            continue
        known = silence.modseq
        if silence.change is None:
            if modseq <= known:
                return True
            expected = None
        elif expected is not None:
            expected = _changed(expected, silence.change)
    return modseq <= known and expected == _seen(marks)


def _seen(marks: Marks) -> _Seen:
    return marks.flags, frozenset(marks.keywords.lower().split())


def _changed(seen: _Seen, change: FlagChange) -> _Seen:
    flags, keywords = seen
    words = frozenset(word.lower() for word in change.keywords)
    if change.mode == "+":
        return flags | change.flags, keywords | words
    if change.mode == "-":
        return flags & ~change.flags, keywords - words
    return change.flags, words
