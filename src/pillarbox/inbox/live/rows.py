"""What is known of all messages in a folder? Parallel columns by rising UID, 70 octets a message.

``uids`` is never changed in place: a new array takes its place, so that sessions can hold on to the numbers they know
without a copy of their own. All other columns are changed in place.
"""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from operator import attrgetter
from typing import NamedTuple, TypeVar

from pillarbox.store.rows import EntryRow, Flags

from .marks import Marks, marks

# Up to so many messages are cut out of the columns one by one; for more of them the columns are put together anew.
_FEW = 8

Column = TypeVar("Column", "array[int]", "array[float]", "list[Marks]", bytearray)


class Step(NamedTuple):
    """What one reading of the store changed: the UIDs of messages with other marks or another MODSEQ than before,
    their marks ``before`` it, and the UIDs that left. Both rising; messages that came are not in it."""

    changed: "array[int]"
    before: list[Marks]
    gone: "array[int]"


class Rows:
    """The columns. ``flags`` repeats the system flags of ``marks``, an octet each, for questions about all of them."""

    __slots__ = ("_words", "dates", "flags", "last", "marks", "message_ids", "modseqs", "saved", "sizes", "uids")

    def __init__(self) -> None:
        self.uids = array("I")
        self.message_ids = array("Q")
        self.modseqs = array("Q")
        self.sizes = array("Q")
        self.dates = array("d")
        self.saved = array("d")
        self.marks: list[Marks] = []
        self.flags = bytearray()
        self.last = 0
        """The largest UID that was ever here."""
        self._words: dict[str, str] = {}

    @property
    def keywords(self) -> list[str]:
        """All keywords that messages here have, or had, as first written and in the order of their coming."""
        return list(self._words.values())

    def index(self, uid: int) -> int:
        """Where ``uid`` is in the columns; -1 when it is not."""
        return place(self.uids, uid)

    def having(self, flag: int) -> bytes:
        """An octet for each message, 1 where any of the system flags in ``flag`` is set, else 0."""
        return bytes(self.flags.translate(_table(flag)))

    def count(self, flag: int) -> int:
        """How many messages have any of the system flags in ``flag``."""
        return self.having(flag).count(1)

    def first_unseen(self) -> int:
        """Where the first message without \\Seen is (RFC 3501 §7.1, UNSEEN); -1 when there is none."""
        return self.having(Flags.SEEN.value).find(0)

    def take(self, entries: Sequence[EntryRow], gone: Sequence[int]) -> Step:
        """Take in what came, changed and left; ``entries`` by rising UID."""
        left = self._remove(gone)
        known = bisect_right(entries, self.last, key=attrgetter("uid"))
        changed, before = self._change(entries[:known])
        self._add(entries[known:])
        return Step(changed, before, left)

    def clear(self) -> Step:
        """All messages leave."""
        return Step(array("I"), [], self._remove(self.uids))

    def _add(self, entries: Sequence[EntryRow]) -> None:
        if not entries:
            return
        uids, message_ids, modseqs, flags, keywords, sizes, dates, saved = zip(*entries, strict=True)
        self.uids = self.uids + array("I", uids)
        self.message_ids.extend(array("Q", message_ids))
        self.modseqs.extend(array("Q", modseqs))
        self.sizes.extend(array("Q", sizes))
        self.dates.extend(array("d", dates))
        self.saved.extend(array("d", saved))
        self.marks.extend(map(marks, flags, keywords))
        self.flags.extend(flags)
        self.last = uids[-1]
        self._learn(set(keywords))

    def _change(self, entries: Sequence[EntryRow]) -> "tuple[array[int], list[Marks]]":
        changed: list[int] = []
        before: list[Marks] = []
        uids, modseqs, column, index = self.uids, self.modseqs, self.marks, 0
        for uid, _, modseq, flags, keywords, _, _, _ in entries:
            index = bisect_left(uids, uid, index)
            if index == len(uids) or uids[index] != uid or modseqs[index] == modseq:
                continue
            changed.append(uid)
            before.append(column[index])
            modseqs[index] = modseq
            column[index] = marks(flags, keywords)
            self.flags[index] = flags
        self._learn({entry.keywords for entry in entries})
        return array("I", changed), before

    def _learn(self, keywords: Iterable[str]) -> None:
        for word in " ".join(sorted(keywords)).split():
            self._words.setdefault(word.lower(), word)

    def _remove(self, uids: Sequence[int]) -> "array[int]":
        places = [index for uid in uids if (index := place(self.uids, uid)) >= 0]
        gone = array("I", [self.uids[index] for index in places])
        if places:
            self.uids = _joined(self.uids, places)
            self.message_ids = _without(self.message_ids, places)
            self.modseqs = _without(self.modseqs, places)
            self.sizes = _without(self.sizes, places)
            self.dates = _without(self.dates, places)
            self.saved = _without(self.saved, places)
            self.marks = _without(self.marks, places)
            self.flags = _without(self.flags, places)
        return gone


def place(uids: Sequence[int], uid: int) -> int:
    """Where ``uid`` is among rising UIDs; -1 when it is not."""
    index = bisect_left(uids, uid)
    return index if index < len(uids) and uids[index] == uid else -1


@lru_cache(maxsize=64)
def _table(flag: int) -> bytes:
    return bytes(1 if flags & flag else 0 for flags in range(256))


def _without(column: Column, places: Sequence[int]) -> Column:
    """``column`` without what is at the rising ``places``."""
    if len(places) > _FEW:
        return _joined(column, places)
    for index in reversed(places):
        del column[index]
    return column


def _joined(column: Column, places: Sequence[int]) -> Column:
    """What lies between the ``places``, in a new column."""
    kept = column[:0]
    for before, after in pairwise([-1, *places, len(column)]):
        kept += column[before + 1 : after]
    return kept
