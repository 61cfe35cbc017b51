"""A file system that fails on command: syncs and writes of the database and its log, as a dying or full disk does."""

import apsw


class FaultyVfs(apsw.VFS):
    """File access with faults. ``fail_sync``/``fail_write`` give the error of each call as long as they are set.

    ``on`` bounds the faults to files whose name ends so ("" is every file); ``good_calls`` succeed before the first one
    that fails.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, base="")
        self.name = name
        self.fail_sync: type[apsw.Error] | None = None
        self.fail_write: type[apsw.Error] | None = None
        self.on = ""
        self.good_calls = 0
        self.syncs = 0
        self.failures = 0

    # The names of SQLite's own interface.
    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "FaultyFile":  # noqa: N802
        return FaultyFile(self, name, flags)

    def fault(self, kind: type[apsw.Error] | None, path: str) -> None:
        if kind is not None and path.endswith(self.on):
            self.good_calls -= 1
            if self.good_calls >= 0:
                return
            self.failures += 1
            raise kind("made to fail")

    def heal(self) -> None:
        """The disk is well again."""
        self.fail_sync = self.fail_write = None
        self.good_calls = 0


class FaultyFile(apsw.VFSFile):
    """One file of a ``FaultyVfs``."""

    def __init__(self, vfs: FaultyVfs, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._vfs = vfs
        self._path = name if isinstance(name, str) else name.filename() if name is not None else ""

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._vfs.syncs += 1
        self._vfs.fault(self._vfs.fail_sync, self._path)
        super().xSync(flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._vfs.fault(self._vfs.fail_write, self._path)
        super().xWrite(data, offset)
