"""The server on a disk that fails: `python -m crash.faulty FLAG run --data DIR`. While FLAG exists no sync succeeds.

SQLite's file access is replaced by one that asks first, and so is os.fsync, which large bodies use.
"""

import errno
import os
import sys
from collections.abc import Callable
from pathlib import Path

import apsw

from pillarbox.app.entry import main

_SYSTEM = apsw.vfs_names()[0]  # what is the default before we are


class _FaultyFile(apsw.VFSFile):
    def __init__(self, name: "str | apsw.URIFilename | None", flags: list[int], flag: Path) -> None:
        super().__init__(_SYSTEM, name, flags)
        self._flag = flag

    def xSync(self, flags: int) -> None:  # noqa: N802  SQLite's name
        if self._flag.exists():
            raise apsw.IOError("the disk did not sync")
        super().xSync(flags)


class _FaultyDisk(apsw.VFS):
    def __init__(self, flag: Path) -> None:
        super().__init__("faulty", _SYSTEM, makedefault=True)
        self._flag = flag

    def xOpen(self, name: "str | apsw.URIFilename | None", flags: list[int]) -> _FaultyFile:  # noqa: N802
        return _FaultyFile(name, flags, self._flag)


def _failing(sync: Callable[..., None], flag: Path) -> Callable[..., None]:
    def checked(descriptor: object) -> None:
        if flag.exists():
            raise OSError(errno.EIO, "the disk did not sync")
        sync(descriptor)

    return checked


if __name__ == "__main__":
    _flag = Path(sys.argv[1])
    disk = _FaultyDisk(_flag)
    os.fsync = _failing(os.fsync, _flag)
    os.fdatasync = _failing(os.fdatasync, _flag)
    sys.exit(main(sys.argv[2:]))
