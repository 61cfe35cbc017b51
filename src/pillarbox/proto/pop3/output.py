"""What is waiting to go to the client? Answers in their order, and the rest of a long listing, made as it is taken."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from .replies import Reply, ok


class Listing(NamedTuple):
    """An answer of several lines (RFC 1939 §3): the first, then the others in pieces, with the dot that ends them."""

    first: Reply
    lines: Iterator[bytes]

    @classmethod
    def of(cls, first: str, lines: Iterable[str]) -> "Listing":
        """A short one, of texts that do not begin with a dot."""
        return cls(ok(first), iter(("".join(f"{line}\r\n" for line in (*lines, ".")).encode(),)))


class Output:
    """Octets on their way out. ``most`` bounds what a single ``take`` gives, by a piece of a listing more or less."""

    __slots__ = ("_listing", "_octets", "_parts")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._octets = 0
        self._listing: Iterator[bytes] | None = None

    def send(self, octets: bytes) -> None:
        """Behind what waits."""
        self._parts.append(octets)
        self._octets += len(octets)

    def list(self, listing: Listing) -> None:
        """A listing; nothing may be sent behind it before it was taken to its end."""
        self.send(listing.first.encode())
        self._listing = listing.lines

    def cut(self) -> None:
        """Forget the rest of a listing."""
        self._listing = None

    def waits(self, most: int) -> bool:
        """Whether so much waits that no further command should be looked at."""
        return self._listing is not None or self._octets >= most

    def take(self, most: int) -> bytes:
        """What is to be written now; empty when nothing waits."""
        while self._listing is not None and self._octets < most:
            piece = next(self._listing, None)
            if piece is None:
                self._listing = None
            else:
                self.send(piece)
        octets = b"".join(self._parts)
        self._parts.clear()
        self._octets = 0
        return octets
