"""In which order? SORT's keys. RFC 5256 §2.2 and §3, RFC 5957."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pillarbox.inbox.live.view import View
from pillarbox.mail.query import SortKey

Row: TypeAlias = tuple[str | float | None, ...]
Compared: TypeAlias = dict[int, str] | dict[int, float]
_COLUMNS = {
    "CC": "sort_cc",
    "DATE": "sent",
    "DISPLAYFROM": "sort_display_from",
    "DISPLAYTO": "sort_display_to",
    "FROM": "sort_from",
    "SUBJECT": "sort_subject",
    "TO": "sort_to",
}


def columns(keys: Sequence[SortKey]) -> list[str]:
    """The columns of the store that ``keys`` compare."""
    return list(dict.fromkeys(_COLUMNS[key.name] for key in keys if key.name in _COLUMNS))


def values(
    view: View, positions: Sequence[int], keys: Sequence[SortKey], rows: Mapping[int, Row]
) -> list[tuple[Compared, bool]]:
    """What each of ``keys`` compares by position, and whether it is reversed. ``rows``: ``columns(keys)`` by UID."""
    names = columns(keys)
    indices = view.indices(positions)
    return [(_compared(view, positions, indices, key, rows, names), key.reverse) for key in keys]


def in_order(positions: Sequence[int], compared: Sequence[tuple[Compared, bool]]) -> list[int]:
    """``positions`` (rising) ordered. Where all is the same the order of the numbers decides, also behind REVERSE."""
    ordered = list(positions)
    for values, reverse in reversed(compared):
        # Python's sort keeps the order of equals, reverse or not.
        ordered.sort(key=values.__getitem__, reverse=reverse)
    return ordered


def _compared(
    view: View,
    positions: Sequence[int],
    indices: Sequence[int],
    key: SortKey,
    rows: Mapping[int, Row],
    names: Sequence[str],
) -> Compared:
    mailbox, uids = view.mailbox, view.uids
    if key.name == "SIZE":
        return _column(mailbox.sizes, positions, indices)
    if key.name == "ARRIVAL":
        return _column(mailbox.dates, positions, indices)
    column = names.index(_COLUMNS[key.name])
    found = {position: rows[uid][column] for position in positions if (uid := uids[position]) in rows}
    if key.name == "DATE":
        # RFC 5256 §2.2: without a date that can be read, the internal date.
        sent = {position: moment for position, moment in found.items() if isinstance(moment, float)}
        return _column(mailbox.dates, positions, indices) | sent
    return {position: str(found.get(position, "")) for position in positions}


def _column(column: Sequence[float], positions: Sequence[int], indices: Sequence[int]) -> dict[int, float]:
    """A column in memory by position; 0 for a message that has just left."""
    return {p: column[i] if i >= 0 else 0 for p, i in zip(positions, indices, strict=True)}
