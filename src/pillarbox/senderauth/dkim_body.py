"""What is the hash of a body? The body canonicalisations of RFC 6376 §3.4.3 and §3.4.4, for all signatures in one pass.

The body comes in slices cut anywhere. Empty lines at its end do not count, so their number is held back until something
follows them. A length (l=) hashes only so many canonical octets; what stands behind them is counted, never ignored.
"""

import hashlib
from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from .dkim_header import single_spaced

# Held-back empty lines are fed to a hash in pieces of so many, however many there are.
_LINES_AT_ONCE = 8192


class Body(NamedTuple):
    """One way to hash a body: relaxed or simple, and at most ``length`` octets (l=), or all."""

    relaxed: bool = True
    length: int | None = None


class BodyHash(NamedTuple):
    """SHA-256 over the first ``taken`` of ``total`` canonical octets."""

    digest: bytes
    taken: int
    total: int

    @property
    def rest(self) -> int:
        """How many octets of the body the hash does not cover."""
        return self.total - self.taken


Hashes: TypeAlias = dict[Body, BodyHash]
"""The hash of a message's body for each way that was asked for."""


class BodyHashes:
    """Hashes one body in all the ways that are asked for. ``update`` any number of times, ``finish`` once."""

    __slots__ = ("_held", "_relaxed", "_simple")

    def __init__(self, wanted: Iterable[Body]) -> None:
        ways = set(wanted)
        self._relaxed = _Sink([way for way in ways if way.relaxed])
        self._simple = _Sink([way for way in ways if not way.relaxed])
        # The relaxed body's white space at the end of the last slice, and a CR whose LF may follow.
        self._held = b""

    def update(self, octets: bytes) -> None:
        """The next slice of the body, wherever it is cut."""
        if self._simple.ways:
            self._simple.update(octets)
        if self._relaxed.ways:
            self._relaxed.update(self._reduced(octets))

    def _reduced(self, octets: bytes) -> bytes:
        """White space reduced and cut from the ends of lines (RFC 6376 §3.4.4); the end of the slice may be held."""
        octets = single_spaced(self._held + octets if self._held else octets)
        end = octets[:-1] if octets.endswith(b"\r") else octets
        # After reduction at most one space stands there; it goes when a line end follows, and stays otherwise.
        end = end.removesuffix(b" ")
        self._held = octets[len(end) :]
        return end.replace(b" \r\n", b"\r\n")

    def finish(self) -> Hashes:
        """The hash for each way. A last line without CRLF is given one."""
        if self._held != b" ":
            self._relaxed.update(self._held)
        hashes = self._relaxed.finish()
        hashes.update(self._simple.finish())
        return hashes


class _Sink:
    """Takes canonical octets, holds back the empty lines at their end, and hashes each length that is asked for."""

    __slots__ = ("_cr", "_hashers", "_lines", "_total", "_whole", "ways")

    def __init__(self, ways: list[Body]) -> None:
        self.ways = ways
        self._hashers = {way: hashlib.sha256() for way in ways}
        self._total = 0
        self._lines = 0  # CRLFs at the end, held back
        self._cr = b""  # a CR behind them

    def update(self, octets: bytes) -> None:
        if self._cr:
            octets = self._cr + octets
        ends, self._cr, size = _line_ends(octets)
        if size:
            self._release(self._lines)
            self._feed(octets[:size])
            self._lines = 0
        self._lines += ends

    def _release(self, lines: int) -> None:
        while lines > 0:
            some = min(lines, _LINES_AT_ONCE)
            self._feed(b"\r\n" * some)
            lines -= some

    def _feed(self, octets: bytes) -> None:
        before = self._total
        self._total += len(octets)
        for way, hasher in self._hashers.items():
            if way.length is None or way.length >= self._total:
                hasher.update(octets)
            elif way.length > before:
                hasher.update(octets[: way.length - before])

    def finish(self) -> Hashes:
        if not self.ways:
            return {}
        if self._cr:
            self._release(self._lines)
            self._feed(self._cr)
        # RFC 6376 §3.4.3: an empty body is one CRLF; §3.4.4: unless relaxed, then it is nothing.
        if self._total or not self.ways[0].relaxed:
            self._feed(b"\r\n")
        total = self._total
        return {
            way: BodyHash(hasher.digest(), total if way.length is None else min(way.length, total), total)
            for way, hasher in self._hashers.items()
        }


def _line_ends(octets: bytes) -> tuple[int, bytes, int]:
    """How many CRLFs end ``octets``, the lone CR behind them if there is one, and the size of what stands before."""
    size = len(octets)
    cr = b""
    if octets.endswith(b"\r"):
        cr, size = b"\r", size - 1
    if not octets.endswith(b"\n", 0, size):
        return 0, cr, size
    begin = len(octets[:size].rstrip(b"\r\n"))
    tail = octets[begin:size]
    # The longest end of ``tail`` in which CR and LF alternate, found from where they last do not.
    alternate = max(tail.rfind(b"\n\n"), tail.rfind(b"\r\r")) + 1
    ends = (len(tail) - alternate) // 2
    return ends, cr, size - 2 * ends
