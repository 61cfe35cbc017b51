"""Where do large bodies lie? As files: written in incoming/, moved to blobs/ before the commit that names them.

crash before the move    a left-over in incoming/, swept
crash before the commit  a file in blobs/ that no row names, swept
crash after the commit   the file is there: it was synced before the move, and the move before the commit
deletion                 the row first, the file after the commit; a crash between leaves a file to sweep
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from pillarbox.mail.ids import encode
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Content

INCOMING = "incoming"
BLOBS = "blobs"


class Bodies:
    """The files of one store folder. Used by the writer thread, within its transactions."""

    def __init__(self, folder: Path, token: str) -> None:
        self.folder = folder
        self.blobs = folder / BLOBS
        self.incoming = folder / INCOMING / token
        self._moved: list[Path] = []
        self._moved_before: list[Path] = []
        self._doomed: list[Path] = []

    def open(self) -> None:
        """Make the folders."""
        self.blobs.mkdir(mode=0o700, exist_ok=True)
        self.incoming.parent.mkdir(mode=0o700, exist_ok=True)
        self.incoming.mkdir(mode=0o700, exist_ok=True)

    def close(self) -> None:
        """Remove this process's incoming folder, unless something was left in it."""
        with suppress(OSError):
            self.incoming.rmdir()

    def path(self, name: str) -> Path:
        """The file that a row calls ``name``."""
        return self.blobs / name

    def take(self, message_id: int, source: Path) -> str:
        """Move a finished and synced file to its place; its name.

        OSError when that fails, StoreError when another message has the place.
        """
        name = f"{message_id >> 18 & 255:02x}/{encode(message_id)}"
        target = self.blobs / name
        if not target.parent.is_dir():
            target.parent.mkdir(mode=0o700)
            sync_folder(self.blobs)
        # A group that is run again finds its own files moved already; nobody else's file is ever written over.
        if target not in self._moved_before:
            if target.exists():
                raise StoreError(f"there is a message {encode(message_id)} already")
            source.rename(target)
            sync_folder(target.parent)
        self._moved.append(target)
        return name

    def discard(self, content: Content) -> None:
        """The commit will not keep this body: its file goes after the commit."""
        if isinstance(content.body, Path):
            self._doomed.append(content.body)

    def doom(self, names: list[str]) -> None:
        """Remove these files after the commit."""
        self._doomed.extend(self.blobs / name for name in names)

    def mark(self) -> tuple[int, int]:
        """A point to go back to when one unit of a group fails."""
        return len(self._moved), len(self._doomed)

    def back_to(self, mark: tuple[int, int]) -> None:
        """A unit failed: what it moved has no row, what it doomed stays."""
        moved = self._moved[mark[0] :]
        del self._moved[mark[0] :], self._doomed[mark[1] :]
        self._doomed[0:0] = moved

    def committed(self) -> None:
        """Carry out what the commit decided."""
        doomed, self._moved, self._moved_before, self._doomed = self._doomed, [], [], []
        self.remove(doomed)

    def run_again(self) -> None:
        """The group was rolled back and starts from its beginning."""
        self._moved_before, self._moved, self._doomed = self._moved, [], []

    def undone(self) -> list[Path]:
        """The group was not acknowledged: the moved files, whose rows may or may not be there."""
        moved = list({*self._moved, *self._moved_before})
        self._moved, self._moved_before, self._doomed = [], [], []
        return moved

    def remove(self, paths: list[Path]) -> None:
        """Remove files that no row names. One that cannot be removed now is found by the next sweep."""
        for path in paths:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def sweep_incoming(self, paths: list[Path]) -> None:
        """Remove left-over spool files, and the folders of ended processes that are empty now."""
        self.remove(paths)
        for folder in {path.parent for path in paths}:
            with suppress(OSError):
                folder.rmdir()

    def left_over(self, before: float, limit: int) -> tuple[list[Path], list[str]]:
        """Old files in other processes' incoming folders, and names of old files in blobs/; at most ``limit`` each."""
        incoming = _old_files(self.incoming.parent, before, limit, lambda path: path.parent != self.incoming)
        blobs = _old_files(self.blobs, before, limit, lambda path: True)
        return incoming, [path.relative_to(self.blobs).as_posix() for path in blobs]


def _old_files(folder: Path, before: float, limit: int, wanted: Callable[[Path], bool]) -> list[Path]:
    found: list[Path] = []
    for path in folder.glob("*/*"):
        if len(found) >= limit:
            break
        with suppress(OSError):
            if wanted(path) and path.stat().st_mtime < before:
                found.append(path)
    return found


def sync_folder(folder: Path) -> None:
    """Make a new or renamed name in ``folder`` durable. Windows has no such call; NTFS logs its names."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
