"""How is the embedded engine tuned? Every bound with its default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SqliteSettings:
    """Bounds of the SQLite engine; sizes in octets, times in seconds.

    When the last group had ``gather_from`` units or more, the next is taken ``gather`` later. ``group_units`` and
    ``group_octets`` bound one transaction of the group commit. ``page_size`` is used when the
    database is made. ``cache_octets`` bounds the page cache of the writer, ``reader_cache_octets`` that of each of the
    ``readers``. A write-ahead log of ``checkpoint_octets`` is written back into the database at once, a smaller one
    when nothing was written for ``checkpoint_idle``. ``busy_wait`` is how long another process may hold the database.
    After a write error the engine tries to reopen after ``reopen_pause``, doubled up to ``reopen_pause_max``.
    Left-over files are swept when they are older than ``sweep_age``. ``derived_cache_octets`` bounds the page cache of
    each connection to derived.db. ``vfs`` names another layer of file access (for tests).
    """

    gather_from: int = 6
    gather: float = 0.0005
    group_units: int = 500
    group_octets: int = 16 * 1024 * 1024
    page_size: int = 4096
    cache_octets: int = 8 * 1024 * 1024
    readers: int = 2
    reader_cache_octets: int = 2 * 1024 * 1024
    checkpoint_octets: int = 32 * 1024 * 1024
    checkpoint_idle: float = 1.0
    busy_wait: float = 10.0
    reopen_pause: float = 0.1
    reopen_pause_max: float = 5.0
    sweep_age: float = 60.0
    derived_cache_octets: int = 2 * 1024 * 1024
    vfs: str | None = None
