"""How do flags and keywords of entries change in SQLite? Under one new MODSEQ, and only where they are different."""

import json
from collections.abc import Callable, Sequence
from typing import TypeAlias

from apsw import Connection

from pillarbox.store import keywords as words
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import FlagChange, FlagsChanged

from .effects import Effects
from .filed import Sums, count
from .folders import find_one
from .statements import ENTRY, Row, rows

Mark: TypeAlias = tuple[int, str]


def set_group(
    connection: Connection, effects: Effects, acts: Sequence[tuple[int, Sequence[int], int, int]]
) -> list[int]:
    """Add and remove system flags of entries; the folder's MODSEQ then."""
    return [
        _mark(connection, effects, folder_id, _rows(connection, folder_id, uids), _adding(add, remove))[0]
        for folder_id, uids, add, remove in acts
    ]


def _adding(add: int, remove: int) -> Callable[[Mark], Mark]:
    return lambda mark: ((mark[0] & ~remove) | add, mark[1])


def change_group(connection: Connection, effects: Effects, changes: Sequence[FlagChange]) -> list[FlagsChanged]:
    """Do what STORE asks for."""
    return [_change(connection, effects, change) for change in changes]


def _change(connection: Connection, effects: Effects, change: FlagChange) -> FlagsChanged:
    found = _rows(connection, change.folder_id, change.uids)
    refused: list[int] = []
    if change.unchanged_since is not None:
        refused = [row[0] for row in found if row[1] > change.unchanged_since]
        found = [row for row in found if row[1] <= change.unchanged_since]
    modseq, changed = _mark(connection, effects, change.folder_id, found, _storing(change))
    return FlagsChanged(modseq, changed, refused)


def _storing(change: FlagChange) -> Callable[[Mark], Mark]:
    flags, mode, given = change.flags, change.mode, change.keywords

    def stored(mark: Mark) -> Mark:
        system = mark[0] | flags if mode == "+" else mark[0] & ~flags if mode == "-" else flags
        return system, words.changed(mark[1], mode, given) if given or not mode else mark[1]

    return stored


def _rows(connection: Connection, folder_id: int, uids: Sequence[int]) -> list[Row]:
    return rows(connection, ENTRY["marks"], {"folder": folder_id, "uids": json.dumps(list(uids))})


def _mark(
    connection: Connection, effects: Effects, folder_id: int, found: list[Row], become: Callable[[Mark], Mark]
) -> tuple[int, list[int]]:
    """Give each entry what ``become`` makes of its flags and keywords; the MODSEQ, and the UIDs that are changed."""
    became: dict[Mark, Mark] = {}
    by_mark: dict[Mark, list[int]] = {}
    changed: list[int] = []
    sums = Sums()
    for uid, _, flags, keywords, size in found:
        old = (flags, keywords)
        new = became.get(old)
        if new is None:
            new = became[old] = become(old)
        if new != old:
            sums.mark(-1, flags, size)
            sums.mark(1, new[0], size)
            by_mark.setdefault(new, []).append(uid)
            changed.append(uid)
    if not changed:
        return _modseq(connection, folder_id), changed
    _, modseq = count(connection, effects, folder_id, sums)
    for (flags, keywords), uids in by_mark.items():
        connection.execute(ENTRY["set_marks"], {
            "folder": folder_id, "flags": flags, "keywords": keywords, "modseq": modseq, "uids": json.dumps(uids),
        })  # fmt: skip
    return modseq, changed


def _modseq(connection: Connection, folder_id: int) -> int:
    folder = find_one(connection, "id = ?", folder_id)
    if folder is None:
        raise StoreError(f"there is no folder {folder_id} any more")
    return folder.modseq
