"""The embedded engine: SQLite with one writer thread and group commit."""

from .backup import restore
from .settings import SqliteSettings
from .store import SqliteStore

__all__ = ["SqliteSettings", "SqliteStore", "restore"]
