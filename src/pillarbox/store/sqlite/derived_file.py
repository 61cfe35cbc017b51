"""Where does that lie which can be computed again? In derived.db beside the store, which is made anew when damaged.

A new file gets a new name, because others may still read in the old one: derived.db, then derived-1.db, and so on; the
highest number counts, and the others are removed when nobody holds them.
"""

import logging
import os
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import apsw
from apsw import Connection

from .connect import let_go
from .settings import SqliteSettings
from .statements import single

# The shape of sql/derived_schema.sql; with another number the file is made anew.
SHAPE = 1
# Where a log is written back into the database: what is computed comes in small commits.
CHECKPOINT_PAGES = 4_000
ATTACHED = "derived"
log = logging.getLogger("pillarbox.store")


class DerivedFile:
    """The file of one store. ``path`` changes in the writing thread only, and only to a file that is complete."""

    def __init__(self, folder: Path, settings: SqliteSettings) -> None:
        self._folder = folder
        self._settings = settings
        self.path = _newest(folder)
        self.made = False

    def connect(self) -> Connection:
        """A connection to write with; apsw.Error or OSError when there can be none. A file that is damaged, or of
        another shape, is left for a new one."""
        try:
            return self._open(self.path)
        except (apsw.CorruptError, apsw.NotADBError, _OtherShape) as error:
            log.warning("%s is made anew: %s", self.path.name, error)
        return self.anew()

    def anew(self) -> Connection:
        """A connection to a new, empty file."""
        path = self._folder / _name(_number(self.path) + 1)
        _remove(path)
        return self._open(path)

    def attach(self, connection: Connection) -> None:
        """Let a reading connection see the file as ``derived``; apsw.Error when it cannot."""
        path = str(self.path)
        if ATTACHED in connection.db_names():
            if Path(connection.db_filename(ATTACHED)).name == self.path.name:
                return
            connection.execute(f"DETACH {ATTACHED}")
        connection.execute(f"ATTACH ? AS {ATTACHED}", (path,))
        connection.pragma("cache_size", -(self._settings.derived_cache_octets // 1024), schema=ATTACHED)

    def _open(self, path: Path) -> Connection:
        # Made before SQLite makes it, so that it and its log are private from the first octet.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE, vfs=self._settings.vfs)
        try:
            self._tune(connection)
            _shape(connection)
        except BaseException:
            let_go(connection)
            raise
        self.path = path
        self.made = True
        self._sweep()
        return connection

    def _tune(self, connection: Connection) -> None:
        connection.set_busy_timeout(int(self._settings.busy_wait * 1000))
        connection.pragma("page_size", self._settings.page_size)
        connection.pragma("journal_mode", "wal")
        # No sync at a commit. The log is synced before it is written back, so that a crash loses the last commits only.
        connection.pragma("synchronous", "normal")
        connection.pragma("cache_size", -(self._settings.derived_cache_octets // 1024))
        connection.wal_autocheckpoint(CHECKPOINT_PAGES)
        connection.pragma("journal_size_limit", 2 * CHECKPOINT_PAGES * self._settings.page_size)

    def _sweep(self) -> None:
        for path in self._folder.glob("derived*.db"):
            if path != self.path:
                _remove(path)


class _OtherShape(Exception):
    """Another version of the program made it."""


def _shape(connection: Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    found = connection.pragma("user_version")
    if not found and single(connection, "SELECT count(*) FROM sqlite_schema") == 0:
        connection.execute(files(__package__).joinpath("sql", "derived_schema.sql").read_text("utf-8"))
        connection.pragma("user_version", SHAPE)
        found = SHAPE
    connection.execute("COMMIT")
    if found != SHAPE:
        raise _OtherShape(f"it has shape {found} instead of {SHAPE}")


def _name(number: int) -> str:
    return f"derived-{number}.db" if number else "derived.db"


def _number(path: Path) -> int:
    digits = path.stem.removeprefix("derived-")
    return int(digits) if digits.isdecimal() else 0


def _newest(folder: Path) -> Path:
    return max(folder.glob("derived*.db"), key=_number, default=folder / _name(0))


def _remove(path: Path) -> None:
    for end in ("", "-wal", "-shm"):
        # Somebody may still hold it (Windows); it goes when another one is made.
        with suppress(OSError):
            path.with_name(path.name + end).unlink(missing_ok=True)
