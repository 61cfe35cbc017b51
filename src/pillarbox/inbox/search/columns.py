"""Which messages meet a criterion that flags, numbers, sizes and days decide? Read off the columns in memory.

Each selector gives something true or false for each of some indices into the mailbox's columns. RFC 9051 §6.4.4.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import compress
from math import inf
from typing import TypeAlias

from pillarbox.inbox.live.marks import SYSTEM_FLAGS
from pillarbox.inbox.live.view import View
from pillarbox.mail import ids, query
from pillarbox.mail.query import Criterion, When

_EPOCH = 719_163  # date(1970, 1, 1).toordinal()
_DAY = 86_400.0
_BITS = {name.lower(): bit for name, bit in SYSTEM_FLAGS.items()}
_Selector: TypeAlias = Callable[..., Iterable[object]]


def by_columns(criterion: Criterion, view: View, positions: Sequence[int], now: float) -> Sequence[int] | None:
    """Those of ``positions`` (rising) that meet ``criterion``; None when the columns cannot tell. A message that has
    left meets nothing."""
    selector = _SELECTORS.get(type(criterion))
    if selector is None:
        return None
    indices = view.indices(positions)
    if not view.in_step and -1 in indices:
        positions = [position for position, index in zip(positions, indices, strict=True) if index >= 0]
        indices = view.indices(positions)
    return list(compress(positions, selector(criterion, view, indices, now)))


def span(when: When, ordinal: int) -> tuple[float, float]:
    """The days, as (first, the one behind the last), that compare with a day as ``when`` says."""
    if when is When.BEFORE:
        return -inf, ordinal
    return ordinal, ordinal + 1 if when is When.ON else inf


def _marked(criterion: query.Marked, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    flag = criterion.flag.lower()
    bit = _BITS.get(flag)
    if bit is not None:
        return map(view.mailbox.having(bit).__getitem__, indices)
    if flag == "\\recent":
        uids = view.mailbox.uids
        return [view.is_recent(uids[index]) for index in indices]
    marks = view.mailbox.marks
    having = {words for words in {one.keywords for one in marks} if flag in words.lower().split()}
    return [marks[index].keywords in having for index in indices] if having else ()


def _arrived(criterion: query.Arrived, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    return _within(view.mailbox.dates, criterion, indices)


def _saved(criterion: query.Saved, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    return _within(view.mailbox.saved, criterion, indices)


def _within(times: Sequence[float], criterion: query.Arrived | query.Saved, indices: Sequence[int]) -> Iterable[object]:
    first, end = ((day - _EPOCH) * _DAY for day in span(criterion.when, criterion.day.toordinal()))
    return [first <= times[index] < end for index in indices]


def _younger(criterion: query.Younger, view: View, indices: Sequence[int], now: float) -> Iterable[object]:
    dates, since = view.mailbox.dates, now - criterion.seconds
    return [dates[index] >= since for index in indices]


def _older(criterion: query.Older, view: View, indices: Sequence[int], now: float) -> Iterable[object]:
    dates, until = view.mailbox.dates, now - criterion.seconds
    return [dates[index] <= until for index in indices]


def _larger(criterion: query.Larger, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    sizes, octets = view.mailbox.sizes, criterion.octets
    return [sizes[index] > octets for index in indices]


def _smaller(criterion: query.Smaller, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    sizes, octets = view.mailbox.sizes, criterion.octets
    return [sizes[index] < octets for index in indices]


def _changed_since(criterion: query.ChangedSince, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    modseqs, modseq = view.mailbox.modseqs, criterion.modseq
    return [modseqs[index] >= modseq for index in indices]


def _email_id(criterion: query.EmailId, view: View, indices: Sequence[int], _now: float) -> Iterable[object]:
    try:
        wanted = ids.decode(criterion.id[1:])
    except ValueError:
        return ()
    # Object ids are compared octet by octet (RFC 8474 §5.1), while people may write ours in other ways too.
    if criterion.id != "M" + ids.encode(wanted):
        return ()
    message_ids = view.mailbox.message_ids
    return [message_ids[index] == wanted for index in indices]


_SELECTORS: dict[type, _Selector] = {
    query.Marked: _marked,
    query.Arrived: _arrived,
    query.Saved: _saved,
    query.Younger: _younger,
    query.Older: _older,
    query.Larger: _larger,
    query.Smaller: _smaller,
    query.ChangedSince: _changed_since,
    query.EmailId: _email_id,
}
