"""What are the octets of a large part without their transfer encoding, when they come in slices? RFC 2045 §6.

Gives the same octets as ``transfer.decode`` of all slices together.
"""

import re
from binascii import a2b_base64
from collections.abc import Callable
from typing import Protocol

from . import transfer

_NO_BASE64 = re.compile(rb"[^A-Za-z0-9+/=]+")


class Unwrapping(Protocol):
    """Takes slices, gives what is decoded of them so far."""

    def feed(self, piece: bytes) -> bytes:
        """The next slice."""
        ...

    def end(self) -> bytes:
        """There is no more: what is left."""
        ...


class _Plain:
    __slots__ = ()

    def feed(self, piece: bytes) -> bytes:
        return piece

    def end(self) -> bytes:
        return b""


class _Base64:
    """Four digits make three octets; what is over waits for the next slice. Padding ends a run of digits."""

    __slots__ = ("_digits",)

    def __init__(self) -> None:
        self._digits = b""

    def feed(self, piece: bytes) -> bytes:
        *runs, digits = (self._digits + _NO_BASE64.sub(b"", piece)).split(b"=")
        last = len(digits) // 4 * 4
        self._digits = digits[last:]
        return b"".join([*map(_decoded, runs), a2b_base64(digits[:last])])

    def end(self) -> bytes:
        digits, self._digits = self._digits, b""
        return _decoded(digits)


class _QuotedPrintable:
    """Decoded line by line: a soft line break and white space at the end of a line are seen whole."""

    __slots__ = ("_line",)

    def __init__(self) -> None:
        self._line = b""

    def feed(self, piece: bytes) -> bytes:
        octets = self._line + piece
        border = octets.rfind(b"\n") + 1
        self._line = octets[border:]
        return transfer.decode(octets[:border], "quoted-printable") or b""

    def end(self) -> bytes:
        line, self._line = self._line, b""
        return transfer.decode(line, "quoted-printable") or b""


def _decoded(digits: bytes) -> bytes:
    return transfer.decode(digits, "base64") or b""


_KINDS: dict[str, Callable[[], Unwrapping]] = {
    "": _Plain,
    "7bit": _Plain,
    "8bit": _Plain,
    "binary": _Plain,
    "base64": _Base64,
    "quoted-printable": _QuotedPrintable,
}


def unwrapping(encoding: str) -> Callable[[], Unwrapping] | None:
    """What decodes an encoding (in lower case); None for one that nobody knows."""
    return _KINDS.get(encoding)
