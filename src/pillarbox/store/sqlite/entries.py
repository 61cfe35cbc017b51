"""What lies in a folder in SQLite, and what became of it since a MODSEQ? RFC 7162."""

import json
from collections.abc import Sequence
from functools import partial

from apsw import Connection

from pillarbox.store.rows import EntryRow, FolderChanges, Octets

from .folders import find_one
from .statements import ENTRY, Row, rows

# Entries whose octets are looked for at once: the list of UIDs is read whole before the first octets come.
OCTETS_AT_ONCE = 1000
# A row has its columns in the order of the value's fields; this makes 50,000 of them in a third of the time.
_row = partial(tuple.__new__, EntryRow)


def entries(connection: Connection, folder_id: int) -> list[EntryRow]:
    """All entries by rising UID."""
    return list(map(_row, rows(connection, ENTRY["entries"], (folder_id,))))


def changes(connection: Connection, folder_id: int, modseq: int) -> FolderChanges | None:
    """What became of a folder since ``modseq``, as it is at one moment; since 0: all that lies in it."""
    connection.execute("BEGIN")
    try:
        folder = find_one(connection, "id = ?", folder_id)
        if folder is None:
            return None
        if not modseq:
            return FolderChanges(folder, entries(connection, folder_id), [])
        if folder.modseq <= modseq:
            return FolderChanges(folder, [], [])
        changed = list(map(_row, rows(connection, ENTRY["changed"], (folder_id, modseq, modseq))))
        changed.sort()
        gone = [uid for (uid,) in rows(connection, ENTRY["gone"], (folder_id, modseq))]
        return FolderChanges(folder, changed + _added(connection, folder_id, modseq), gone)
    finally:
        connection.execute("COMMIT")


def _added(connection: Connection, folder_id: int, modseq: int) -> list[EntryRow]:
    """The entries that came behind ``modseq``, by rising UID: their UIDs are higher than those of all others."""
    found: list[Row] = []
    for row in connection.execute(ENTRY["newest"], (folder_id,)):
        if row[0] <= modseq:
            break
        found.append(row)
    return [_row(row[1:]) for row in reversed(found)]


def octets(connection: Connection, folder_id: int, uids: Sequence[int], limit: int) -> list[Octets]:
    """The octets of entries in the order of ``uids``, at least one, then more while their sum is below ``limit``."""
    found: list[Octets] = []
    total = 0
    wanted = json.dumps(list(uids[:OCTETS_AT_ONCE]))
    for row in connection.execute(ENTRY["octets"], (wanted, folder_id)):
        entry = Octets(*row)
        found.append(entry)
        total += len(entry.prefix) + len(entry.data or b"")
        if total >= limit:
            break
    return found
