"""How does a message's header go over the wire as ENVELOPE? RFC 9051 §7.5.2, RFC 3501 §7.4.2.

Encoded words stay encoded. What no quoted string can hold (8-bit octets above all) goes as a literal, which clients of
every version take.
"""

from pillarbox.mail import fields
from pillarbox.mail.correspondents import Correspondent, parse

from .strings import NIL, nstring


def envelope(header: bytes) -> bytes:
    """The parenthesized list of a header block: ten fields."""
    read = fields.read(header)
    sender = _people(read, b"from")
    return b"(%b %b %b %b %b %b %b %b %b %b)" % (
        _first(read, b"date"),
        _first(read, b"subject"),
        sender,
        # RFC 9051 §7.5.2: Sender and Reply-To stand for themselves only when they name somebody.
        _people(read, b"sender", sender),
        _people(read, b"reply-to", sender),
        _people(read, b"to"),
        _people(read, b"cc"),
        _people(read, b"bcc"),
        _first(read, b"in-reply-to"),
        _first(read, b"message-id"),
    )


def string(octets: bytes | None) -> bytes:
    """nstring (RFC 9051 §9) of what a header holds. NUL, which may stand in none, is left out."""
    return nstring(octets if octets is None or b"\0" not in octets else octets.replace(b"\0", b""))


def _first(read: dict[bytes, list[bytes]], name: bytes) -> bytes:
    values = read.get(name)
    return string(values[0]) if values else NIL


def _people(read: dict[bytes, list[bytes]], name: bytes, default: bytes = NIL) -> bytes:
    """Addresses of all fields of a name: it should stand once, but nobody shall be missing."""
    values = read.get(name)
    if not values:
        return default
    found = parse(values[0] if len(values) == 1 else b",".join(values))
    return b"(%b)" % b"".join(map(_person, found)) if found else default


def _person(one: Correspondent) -> bytes:
    return b"(%b %b %b %b)" % (string(one.name), string(one.route), string(one.local), string(one.host))
