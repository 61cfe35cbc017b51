"""What does one session see of a folder? Its numbers stand still until it is told otherwise. RFC 9051 §7.5.1.

A view keeps the UIDs that the client has numbers for. ``poll`` says what is to be told, in the order in which it must
be told, and moves the view there. A view that has nothing outstanding shares the folder's own column of UIDs.
"""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from pillarbox.mail.query import NumberSet
from pillarbox.store.rows import FlagChange

from . import numbers as spans
from .mailbox import Mailbox
from .marks import Marks
from .recent import Recent
from .rows import place
from .silence import Reckoning, Silence


class Updates(NamedTuple):
    """What a client is told, in this order: ``expunged`` UIDs, rising, each under the number that it has when it is
    its turn; how many messages there are, if that is more; how many of them are recent; at which positions (behind the
    expunged) flags or MODSEQ changed, by rising MODSEQ. ``keywords``: there are new ones to show in FLAGS."""

    expunged: Sequence[int] = ()
    numbers: Sequence[int] = ()
    exists: int | None = None
    recent: int | None = None
    changed: Sequence[int] = ()
    keywords: bool = False

    def __bool__(self) -> bool:
        return bool(self.expunged or self.exists is not None or self.changed or self.keywords)


NOTHING = Updates()


class View:
    """A selected folder. ``uids`` are what the client has numbers for: number n is ``uids[n - 1]``. They are replaced
    by ``poll`` and never changed in place. ``on_change`` is called in the loop when ``poll`` may have something."""

    __slots__ = ("_gone", "_last", "_recent", "_silences", "_told", "_words", "cursor", "mailbox", "modseq",
                 "on_change", "read_only", "uids")  # fmt: skip

    def __init__(self, mailbox: Mailbox, read_only: bool) -> None:
        self.mailbox = mailbox
        self.read_only = read_only
        self.uids = mailbox.uids
        self.on_change: Callable[[], None] | None = None
        self.cursor = 0
        self.modseq = mailbox.folder.modseq
        """Up to here the client has been told of everything, expunges too: its HIGHESTMODSEQ (RFC 7162 §3.2.5)."""
        self._gone: list[int] = []
        self._last = mailbox.last
        self._told = self.modseq
        self._words = len(mailbox.keywords)
        self._silences: list[Silence] = []
        self._recent = Recent()
        self._greet_recent()
        mailbox.watch(self)

    async def close(self) -> None:
        """Look no more."""
        self.on_change = None
        self.mailbox.unwatch(self)
        if not self.read_only:
            self.mailbox.keep_recent()

    @property
    def in_step(self) -> bool:
        """Whether each position is the index in the mailbox as well."""
        return self.uids is self.mailbox.uids

    @property
    def recent(self) -> int:
        """How many messages are recent for this session."""
        return self._recent.count(self.uids) if self._recent else 0

    def is_recent(self, uid: int) -> bool:
        """Whether this session was the first to be told of a message."""
        return uid in self._recent

    def recent_marks(self) -> bytearray:
        """An octet for each message in the mailbox, 1 where it is recent for this session."""
        return self._recent.marks(self.mailbox.uids)

    def position(self, uid: int) -> int:
        """Where ``uid`` is in ``uids``; -1 when the client has no number for it."""
        return place(self.uids, uid)

    def at(self, position: int) -> int:
        """Where the message at a position is in the mailbox's columns; -1 when it has left. Good until an await."""
        return position if self.in_step else self.mailbox.index(self.uids[position])

    def indices(self, positions: Sequence[int]) -> Sequence[int]:
        """The same for many positions."""
        if self.in_step:
            return positions
        uids, index = self.uids, self.mailbox.index
        return [index(uids[position]) for position in positions]

    def numbers(self, numbers: NumberSet, by_uid: bool, saved: Iterable[int] = ()) -> Sequence[int]:
        """The positions that ``numbers`` name, rising; ``saved`` are the UIDs of ``$``. A range where it is one run."""
        ranges = numbers.ranges
        found = spans.by_uid(self.uids, ranges) if by_uid else spans.by_number(len(self.uids), ranges)
        if numbers.saved:
            found += spans.by_saved(self.uids, saved)
        return spans.positions(found)

    def outside(self, numbers: NumberSet) -> bool:
        """Whether message numbers are named that no message has."""
        return spans.beyond(len(self.uids), numbers.ranges)

    def known(self, uids: Iterable[int], modseq: int, change: FlagChange | None = None) -> None:
        """The client need not be told of flags: it made ``change`` itself under ``modseq``, or (without a change) was
        told the flags as they were at ``modseq``. To be said before the ``poll`` that would tell it."""
        self._silences.append(Silence(frozenset(uids), modseq, change))

    def poll(self, expunges: bool) -> Updates:
        """What the client is to be told, and has been told when this returns. Without ``expunges`` messages that left
        keep their numbers for now (RFC 9051 §7.5.1: no EXPUNGE while FETCH, STORE or SEARCH is answered)."""
        mailbox = self.mailbox
        if self.cursor == mailbox.journal.end and not (expunges and self._gone):
            self._forget_silences()
            return NOTHING
        changed = self._read_journal()
        come = self._come()
        expunged: list[int] = []
        if expunges:
            expunged, self._gone = self._gone, []
        numbers = [place(self.uids, uid) + 1 - told for told, uid in enumerate(expunged)]
        self.uids = self.uids + come if self._gone else mailbox.uids
        self.modseq = self.modseq if self._gone else mailbox.folder.modseq
        words, self._words = self._words, len(mailbox.keywords)
        return Updates(
            expunged,
            numbers,
            len(self.uids) if come else None,
            self.recent if come else None,
            self._positions(changed),
            words != self._words,
        )

    def _read_journal(self) -> list[int]:
        """The UIDs whose flags the client has to be told, by MODSEQ; ``_gone`` is what left until now."""
        mailbox = self.mailbox
        news = mailbox.journal.since(self.cursor)
        self.cursor = mailbox.journal.end
        if news is None:
            here = set(mailbox.uids)
            self._gone = [uid for uid in self.uids if uid not in here]
            pairs = zip(mailbox.uids, mailbox.modseqs, strict=True)
            changed: dict[int, Marks | None] = {uid: None for uid, modseq in pairs if modseq > self._told}
        else:
            changed = {**news[0]}
            gone = [uid for uid in news[1] if uid <= self._last]
            self._gone = sorted(self._gone + gone) if gone else self._gone
        self._told = mailbox.folder.modseq
        silences = self._silences
        self._forget_silences()
        shown = [uid for uid in changed if uid <= self._last]
        return self._unknown(shown, changed, silences) if silences else shown

    def _forget_silences(self) -> None:
        if self._silences:
            self._silences = [silence for silence in self._silences if silence.modseq > self._told]

    def _unknown(
        self, uids: Sequence[int], before: Mapping[int, Marks | None], silences: Sequence[Silence]
    ) -> list[int]:
        """The UIDs, of those that changed, of which the client does not know it."""
        mailbox, knows = self.mailbox, Reckoning(silences).knows
        pairs = ((uid, mailbox.index(uid)) for uid in uids)
        marks, modseqs = mailbox.marks, mailbox.modseqs
        return [uid for uid, at in pairs if at >= 0 and not knows(uid, before[uid], marks[at], modseqs[at])]

    def _come(self) -> "array[int]":
        """The UIDs that came and are still there."""
        uids = self.mailbox.uids
        first, self._last = self._last + 1, self.mailbox.last
        come = uids[bisect_left(uids, first) :] if first <= self._last else array("I")
        if come:
            self._recent.add(max(first, self._first_recent()), come[-1])
        return come

    def _positions(self, uids: list[int]) -> Sequence[int]:
        """Where messages are, by MODSEQ; those that have left are left out."""
        mailbox = self.mailbox
        found = [(mailbox.modseqs[index], uid) for uid in uids if (index := mailbox.index(uid)) >= 0]
        found.sort()
        return [place(self.uids, uid) for _, uid in found]

    def _greet_recent(self) -> None:
        self._recent.add(self._first_recent(), self.mailbox.last)

    def _first_recent(self) -> int:
        return self.mailbox.recent if self.read_only else self.mailbox.claim_recent()
