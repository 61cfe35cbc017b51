"""Whom does a TLS client want to speak with, and in which protocol? Its first record. RFC 8446 §4.1.2, RFC 6066 §3.

Python tells a server the name that is asked for but not the protocols (ALPN, RFC 7301), and RFC 8737 needs both.
"""

from collections.abc import Iterator
from typing import NamedTuple

RECORD = 16_384  # octets of a record (RFC 8446 §5.1)
_HEAD = 5
_HANDSHAKE, _CLIENT_HELLO = 22, 1
_SERVER_NAME, _ALPN = 0, 16


class Hello(NamedTuple):
    """``name`` in lower case, "" when none is asked for; ``protocols`` in the client's order."""

    name: str = ""
    protocols: tuple[bytes, ...] = ()


class _Octets:
    """Reads on; ValueError behind the end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def take(self, count: int) -> bytes:
        piece = self._octets[self._at : self._at + count]
        if len(piece) < count:
            raise ValueError("it ends too early")
        self._at += count
        return piece

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self, size: int) -> bytes:
        """Octets behind their length, which takes ``size`` octets (RFC 8446 §3.4)."""
        return self.take(self.number(size))

    def left(self) -> bool:
        return self._at < len(self._octets)


def read(octets: bytes) -> Hello | None:
    """What the first record says; None when it is not whole yet; ValueError when it is no ClientHello.

    A ClientHello of more than one record is read as one that asks for nothing.
    """
    if octets[:1] not in {b"", bytes([_HANDSHAKE])}:
        raise ValueError("it is no TLS")
    if len(octets) < _HEAD:
        return None
    length = int.from_bytes(octets[3:_HEAD], "big")
    if length > RECORD:
        raise ValueError("its record is too large")
    if len(octets) < _HEAD + length:
        return None
    record = _Octets(octets[_HEAD : _HEAD + length])
    if record.number(1) != _CLIENT_HELLO:
        raise ValueError("it is no ClientHello")
    size = record.number(3)
    return _hello(_Octets(record.take(size))) if size <= length - 4 else Hello()


def _hello(body: _Octets) -> Hello:
    body.take(2 + 32)  # version, random
    body.vector(1)  # session
    body.vector(2)  # suites
    body.vector(1)  # compression
    name = ""
    protocols: tuple[bytes, ...] = ()
    if not body.left():
        return Hello()
    for kind, content in _extensions(_Octets(body.vector(2))):
        if kind == _SERVER_NAME:
            name = _name(_Octets(_Octets(content).vector(2)))
        elif kind == _ALPN:
            protocols = tuple(_protocols(_Octets(_Octets(content).vector(2))))
    return Hello(name, protocols)


def _extensions(octets: _Octets) -> Iterator[tuple[int, bytes]]:
    while octets.left():
        yield octets.number(2), octets.vector(2)


def _protocols(octets: _Octets) -> Iterator[bytes]:
    while octets.left():
        yield octets.vector(1)


def _name(octets: _Octets) -> str:
    """The host name (type 0) of the list."""
    while octets.left():
        kind, name = octets.number(1), octets.vector(2)
        if kind == 0:
            return name.decode("ascii", "replace").lower()
    return ""
