"""What does the reader of a mail archive hand on? One message at a time, or word that one was passed over."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

_LINE_END = re.compile(rb"\r?\n")


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """``import_message``: octets of the largest message that is imported."""

    import_message: int = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Found:
    """One message. ``place`` is where reading goes on behind it, ``octets`` has CRLF line ends.

    ``date`` is when it arrived (POSIX seconds) or None; ``flags`` are store.rows.Flags.
    """

    place: str
    octets: bytes
    flags: int = 0
    keywords: str = ""
    date: float | None = None
    sender: str = ""


@dataclass(frozen=True, slots=True)
class Passed:
    """A message that was not read: ``where`` it stands and ``why``."""

    place: str
    where: str
    why: str


class Archive(Protocol):
    """A file or folder of messages, read in an order that stays the same."""

    @property
    def name(self) -> str:
        """What it is called in stories, reports and the progress file."""

    def read(self, after: str) -> Iterator[Found | Passed]:
        """Messages behind ``after``, a ``place`` or "" for the start. Blocks; OSError when it cannot be read."""


class ArchiveError(Exception):
    """Import or export cannot go on: ``what`` is wrong, ``why``, and what ``todo``; ``str(error)`` has all three."""

    def __init__(self, what: str, why: str, todo: str) -> None:
        super().__init__(f"{what}: {why}. {todo}.")
        self.what = what
        self.why = why
        self.todo = todo


def with_crlf(octets: bytes) -> bytes:
    """The same lines, each ended by CRLF."""
    if octets.count(b"\n") == octets.count(b"\r\n"):
        return octets
    return _LINE_END.sub(b"\r\n", octets)
