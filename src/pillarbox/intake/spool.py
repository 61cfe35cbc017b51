"""Where are a message's octets while they come in? In memory up to a bound, behind it in a file.

A hundred peers that send 50 MiB each must not take more memory than a hundred bounds. Files are written and synced by
the worker pool: a disk that makes one writer wait must not make everybody wait.
"""

import asyncio
import contextlib
import os
from concurrent.futures import Executor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from pillarbox.mail.headers import header_size
from pillarbox.store.rows import Content


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """``memory``: octets of a body held in memory; ``header``: octets of the largest header block taken."""

    memory: int = 128 * 1024
    header: int = 128 * 1024


class Spool:
    """The body of one transaction. ``size`` is its octets so far."""

    __slots__ = ("_chunks", "_file", "_folder", "_loop", "_pending", "_pool", "_settings", "_start", "path", "size")

    def __init__(self, settings: SpoolSettings, folder: Path, loop: asyncio.AbstractEventLoop, pool: Executor) -> None:
        self._settings = settings
        self._folder = folder
        self._loop = loop
        self._pool = pool
        self._chunks: list[bytes] = []
        self._pending = 0
        self._start = b""
        self._file: FileIO | None = None
        self.path: Path | None = None
        self.size = 0

    def write(self, data: bytes) -> "asyncio.Future[None] | None":
        """Take octets. A future when they go to the file: bring no more before it is done (OSError in it)."""
        self._chunks.append(data)
        self.size += len(data)
        self._pending += len(data)
        if self._pending <= self._settings.memory:
            return None
        joined = b"".join(self._chunks)
        self._chunks.clear()
        self._pending = 0
        if not self._start:
            self._start = joined[: self._settings.header]
        return self._loop.run_in_executor(self._pool, self._append, joined)

    @property
    def in_memory(self) -> bool:
        """Nothing went to a file: ``content`` needs no ``sync`` first."""
        return not self._start

    async def sync(self) -> None:
        """Put what is left into the file and sync it to the disk. OSError when the disk will not."""
        joined = b"".join(self._chunks)
        self._chunks.clear()
        await self._loop.run_in_executor(self._pool, self._finish, joined)

    def content(self) -> Content:
        """The octets, whole; ``head`` is still empty."""
        if self.path is not None:
            return Content(b"", self.path, self.size)
        chunks = self._chunks
        body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        return Content(b"", body, len(body))

    def header(self) -> bytes | None:
        """The header block with its empty line; None when it is larger than is taken."""
        start = self._start or b"".join(self._chunks)
        size = header_size(start)
        if size > self._settings.header or (size == len(start) < self.size):
            return None
        return start[:size]

    def discard(self) -> None:
        """Forget the octets; a file that no commit has taken over is removed."""
        self._chunks.clear()
        if self._file is not None or self.path is not None:
            self._loop.run_in_executor(self._pool, self._remove)

    def _append(self, data: bytes) -> None:
        if self._file is None:
            self.path = self._folder / f"{os.urandom(12).hex()}.part"
            descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            self._file = FileIO(descriptor, "wb")
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]

    def _finish(self, data: bytes) -> None:
        self._append(data)
        assert self._file is not None
        os.fsync(self._file.fileno())
        self._file.close()
        self._file = None

    def _remove(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self.path is not None:
            with contextlib.suppress(FileNotFoundError):  # a commit took it over
                self.path.unlink()
