"""Is the store well? Everything that must agree is compared; what does not is told in sentences."""

from collections.abc import Iterable
from pathlib import Path

import apsw
from apsw import Connection

from .statements import load, rows, single

# Findings of one kind that are told; a store in ruins would tell millions.
FINDINGS_TOLD = 100
KINDS = ("folder_counters", "folder_numbers", "entries_without_folder", "references", "octets")


def findings(connection: Connection, blobs: Path) -> list[str]:
    """What is wrong, in sentences; empty when all is well."""
    sql = load("check")
    damage = _damage(connection, "integrity_check")
    if damage:
        return damage
    found: list[str] = []
    for kind in KINDS:
        found += _some(text for (text,) in connection.execute(sql[kind]))
    return found + _some(_files(connection, blobs, sql))


def _some(sentences: Iterable[str]) -> list[str]:
    """The first sentences, and how many more there are."""
    told: list[str] = []
    more = 0
    for sentence in sentences:
        if len(told) < FINDINGS_TOLD:
            told.append(sentence)
        else:
            more += 1
    return [*told, f"… and {more} more like these"] if more else told


def _files(connection: Connection, blobs: Path, sql: dict[str, str]) -> Iterable[str]:
    suspects: list[tuple[int, str, int, int]] = []
    for message_id, name, wanted in connection.execute(sql["files"]):
        try:
            found = (blobs / name).stat().st_size
        except OSError:
            found = -1
        if found != wanted:
            suspects.append((message_id, name, wanted, found))
    for message_id, name, wanted, found in suspects:
        # Removed while we looked: its row is gone too.
        if single(connection, sql["still_there"], message_id, name) is not None:
            state = "is missing" if found < 0 else f"has {found} octets instead of {wanted}"
            yield f"the file blobs/{name} of message {message_id} {state}"


def verify(connection: Connection, blobs: Path) -> list[str]:
    """A quicker look for backups: is the database whole, and is every file there in its size?"""
    return _damage(connection, "quick_check") or _some(_files(connection, blobs, load("check")))


def _damage(connection: Connection, pragma: str) -> list[str]:
    """What SQLite itself finds wrong. Damage may be such that it cannot even look."""
    try:
        found = [text for (text,) in rows(connection, f"PRAGMA {pragma}({FINDINGS_TOLD})") if text != "ok"]
    except apsw.Error as error:
        found = [str(error)]
    return [f"the database is damaged: {sentence}" for sentence in found]
