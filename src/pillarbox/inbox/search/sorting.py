"""In which order? SORT's keys. RFC 5256 §2.2 and §3, RFC 5957."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from pillarbox.inbox.live.view import View
from pillarbox.mail.query import SortKey

Row: TypeAlias = tuple[str | float | None, ...]
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


def in_order(view: View, positions: list[int], keys: Sequence[SortKey], rows: Mapping[int, Row]) -> list[int]:
    """``positions`` (rising) as ``keys`` order them; ``rows`` have ``columns(keys)`` by UID. Where all keys are the
    same the order of the numbers decides, also behind REVERSE."""
    names = columns(keys)
    indices = view.indices(positions)
    ordered = positions
    for key in reversed(keys):
        values = _values(view, positions, indices, key, rows, names)
        # Python's sort keeps the order of equals, reverse or not.
        ordered = sorted(ordered, key=values.__getitem__, reverse=key.reverse)
    return ordered


def _values(
    view: View,
    positions: Sequence[int],
    indices: Sequence[int],
    key: SortKey,
    rows: Mapping[int, Row],
    names: Sequence[str],
) -> dict[int, str] | dict[int, float]:
    mailbox, uids = view.mailbox, view.uids
    if key.name == "SIZE":
        sizes = mailbox.sizes
        return {p: float(sizes[i]) if i >= 0 else 0.0 for p, i in zip(positions, indices, strict=True)}
    dates = mailbox.dates
    arrived = {p: dates[i] if i >= 0 else 0.0 for p, i in zip(positions, indices, strict=True)}
    if key.name == "ARRIVAL":
        return arrived
    column = names.index(_COLUMNS[key.name])
    found = {position: rows[uid][column] for position in positions if (uid := uids[position]) in rows}
    if key.name == "DATE":
        # RFC 5256 §2.2: without a date that can be read, the internal date.
        return arrived | {position: sent for position, sent in found.items() if isinstance(sent, float)}
    return {position: str(found.get(position, "")) for position in positions}
