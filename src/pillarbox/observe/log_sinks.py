"""Where do log lines go? Appended to a file that may be rotated away, or to standard error."""

import os
import sys
from pathlib import Path
from typing import BinaryIO


class FileSink:
    """Appends to ``file``. Rotation: move the file away, then ``reopen`` (pillarbox's reload does it)."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._out = self._open()

    def _open(self) -> BinaryIO:
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o640)
        return os.fdopen(descriptor, "wb", buffering=0)

    def write(self, text: str) -> None:
        """See ``log.Sink``."""
        _write_all(self._out, text)

    def reopen(self) -> None:
        """See ``log.Sink``: the new file is opened first, so that a failure leaves the old one in use."""
        fresh = self._open()
        self._out.close()
        self._out = fresh

    def close(self) -> None:
        """See ``log.Sink``."""
        self._out.close()


class StderrSink:
    """Standard error, which a service manager collects."""

    def write(self, text: str) -> None:
        """See ``log.Sink``."""
        sys.stderr.write(text)
        sys.stderr.flush()

    def reopen(self) -> None:
        """See ``log.Sink``: nothing was rotated."""

    def close(self) -> None:
        """See ``log.Sink``: it is not ours to close."""


def _write_all(out: BinaryIO, text: str) -> None:
    data = memoryview(text.encode("utf-8", "backslashreplace"))
    while data:
        data = data[out.write(data) :]
