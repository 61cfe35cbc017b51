"""What does the client know already, because it changed it itself? STORE with .SILENT, RFC 9051 §6.4.6.

A silent change tells the server that the client reckons with the result. If somebody else changed the message too, the
result is another, and the client is told (RFC 9051 §6.4.6: "regardless of whether the .SILENT suffix was used").
"""

from collections.abc import Sequence
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


class Reckoning:
    """What the client makes of all that it knows, for as many messages as are asked about."""

    __slots__ = ("_judged", "_silences")

    def __init__(self, silences: Sequence[Silence]) -> None:
        self._silences = silences
        # Many messages change in the same way under the same silences, each a bit of the first number.
        self._judged: dict[tuple[int, Marks | None, Marks], bool] = {}

    def knows(self, uid: int, before: Marks | None, marks: Marks, modseq: int) -> bool:
        """Whether the client knows that a message has these marks under this MODSEQ, having been told the marks
        ``before`` (None: it is not known any more what it was told)."""
        bits, told = 0, None
        for at, silence in enumerate(self._silences):
            if uid in silence.uids:
                bits |= 1 << at
                told = silence.modseq if silence.change is None else told
        if not bits or modseq > self._silences[bits.bit_length() - 1].modseq:
            return False
        if told is not None:
            return modseq <= told
        judged = self._judged.get((bits, before, marks))
        if judged is None:
            judged = self._judged[bits, before, marks] = self._expects(bits, before, marks)
        return judged

    def _expects(self, bits: int, before: Marks | None, marks: Marks) -> bool:
        """Whether the silent changes make ``marks`` of what the client was told."""
        if before is None:
            return False
        expected = _seen(before)
        for at, silence in enumerate(self._silences):
            if bits >> at & 1 and silence.change is not None:
                expected = _changed(expected, silence.change)
        return expected == _seen(marks)


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
