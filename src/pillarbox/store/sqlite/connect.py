"""How is a connection to the database opened? One place for the settings that durability rests on."""

import logging
from contextlib import suppress
from pathlib import Path

import apsw

from .settings import SqliteSettings

DATABASE = "pillarbox.db"
STATEMENTS_CACHED = 256
log = logging.getLogger("pillarbox.store")


def connect(path: Path, settings: SqliteSettings, *, reader: bool = False) -> apsw.Connection:
    """A connection to the database file ``path``, which is made when there is none; apsw.Error when it cannot be."""
    flags = apsw.SQLITE_OPEN_READWRITE | (0 if reader else apsw.SQLITE_OPEN_CREATE)
    connection = apsw.Connection(str(path), flags=flags, vfs=settings.vfs, statementcachesize=STATEMENTS_CACHED)
    try:
        connection.set_busy_timeout(int(settings.busy_wait * 1000))
        _tune(connection, settings, settings.reader_cache_octets if reader else settings.cache_octets)
        if reader:
            connection.pragma("query_only", True)
    except apsw.Error:
        let_go(connection)
        raise
    return connection


def let_go(connection: apsw.Connection) -> None:
    """Close a connection, come what may. The last one writes the log back, which fails on a failing disk: harmless,
    for the log stays then."""
    try:
        connection.close(True)
    except apsw.Error as error:
        log.warning("closing the database failed: %s", error)


def start_log_anew(connection: apsw.Connection, settings: SqliteSettings) -> None:
    """Copy the log into the database and empty it, unless somebody reads in it just now; apsw.Error when it fails."""
    connection.set_busy_timeout(0)
    with suppress(apsw.BusyError):
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    connection.set_busy_timeout(int(settings.busy_wait * 1000))


def _tune(connection: apsw.Connection, settings: SqliteSettings, cache: int) -> None:
    connection.pragma("page_size", settings.page_size)
    connection.pragma("journal_mode", "wal")
    # FULL syncs the log at every commit: a 250 is never ahead of the disk. fullfsync is what macOS needs for the same.
    connection.pragma("synchronous", "full")
    connection.pragma("fullfsync", True)
    connection.pragma("checkpoint_fullfsync", True)
    connection.pragma("cache_size", -(cache // 1024))
    connection.pragma("mmap_size", 0)
    # What a long backup let the log grow beyond this is given back.
    connection.pragma("journal_size_limit", 2 * settings.checkpoint_octets)
    connection.wal_autocheckpoint(0)
