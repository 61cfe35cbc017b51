"""Which messages of the drop are there, and which are marked as deleted? RFC 1939 §5, and UIDL of §7.

The drop stands still while the session lasts: number, size and unique id of a message never change.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

# Lines of a listing that are made at a time: what a client does not read is not made.
_BATCH = 1_000


class Maildrop(Protocol):
    """The messages as they were at sign-in, number 1 first."""

    @property
    def sizes(self) -> Sequence[int]:
        """Octets of each message as RETR sends it, dots not stuffed (RFC 1939 §11)."""

    def unique_id(self, number: int) -> str:
        """1 to 70 printable characters, the same in every session, never used for another message."""


class Marks:
    """The drop with the marks of this session."""

    __slots__ = ("_deleted", "_drop", "_sizes", "count", "octets")

    def __init__(self, drop: Maildrop) -> None:
        self._drop = drop
        self._sizes = drop.sizes
        self._deleted = bytearray(len(self._sizes))
        self.count = len(self._sizes)
        """Messages not marked."""
        self.octets = sum(self._sizes)
        """Octets of the messages not marked."""

    def __contains__(self, number: int) -> bool:
        return 0 < number <= len(self._deleted) and not self._deleted[number - 1]

    def delete(self, number: int) -> None:
        """Mark a message that is there."""
        self._deleted[number - 1] = 1
        self.count -= 1
        self.octets -= self._sizes[number - 1]

    def reset(self) -> None:
        """Take all marks off."""
        self._deleted = bytearray(len(self._sizes))
        self.count = len(self._sizes)
        self.octets = sum(self._sizes)

    def deleted(self) -> list[int]:
        """The numbers that are marked, rising."""
        return [number for number, marked in enumerate(self._deleted, 1) if marked]

    def size(self, number: int) -> int:
        """Octets of a message."""
        return self._sizes[number - 1]

    def unique_id(self, number: int) -> str:
        """The unique id of a message."""
        return self._drop.unique_id(number)

    @property
    def summary(self) -> str:
        """What is there, for people."""
        messages = "1 message" if self.count == 1 else f"{self.count} messages"
        return f"{messages} ({self.octets} octets)"

    def scan_lines(self) -> Iterator[bytes]:
        """The lines of LIST in batches, with the dot that ends them."""
        for numbers in self._batches():
            sizes = self._sizes
            yield b"".join([b"%d %d\r\n" % (number, sizes[number - 1]) for number in numbers])
        yield b".\r\n"

    def id_lines(self) -> Iterator[bytes]:
        """The lines of UIDL in batches, with the dot that ends them."""
        for numbers in self._batches():
            unique_id = self._drop.unique_id
            yield "".join([f"{number} {unique_id(number)}\r\n" for number in numbers]).encode("ascii")
        yield b".\r\n"

    def _batches(self) -> Iterator[list[int]]:
        for start in range(0, len(self._deleted), _BATCH):
            marked = self._deleted[start : start + _BATCH]
            yield [number for number, mark in enumerate(marked, start + 1) if not mark]
