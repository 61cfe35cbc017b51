"""What can the server do, and who is it? CAPABILITY, ENABLED, ID. RFC 9051 §7.2, RFC 2971."""

from collections.abc import Iterable, Mapping

from .strings import NIL, nstring, string, words


def capability(names: Iterable[str]) -> bytes:
    """What can be done now (RFC 9051 §7.2.2)."""
    return b"* CAPABILITY %b\r\n" % words(names)


def enabled(names: Iterable[str]) -> bytes:
    """What ENABLE switched on just now, maybe nothing (RFC 9051 §7.2.1)."""
    return b" ".join([b"* ENABLED", *[name.encode() for name in names]]) + b"\r\n"


def id_response(fields: Mapping[str, str | None]) -> bytes:
    """What the server says of itself; nothing at all is NIL (RFC 2971 §3.2)."""
    pairs = b" ".join([string(name) + b" " + nstring(value) for name, value in fields.items()])
    return b"* ID %b\r\n" % (b"(" + pairs + b")" if pairs else NIL)
