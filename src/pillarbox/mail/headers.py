"""What fields does a header block hold, and where? RFC 5322 §2.2. Nothing here ever re-serialises a message.

Works on the octets as they came: fields are found by one regular expression, their values unfolded only when asked.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

# A field: a name of printable ASCII without the colon, then lines until one that does not begin with white space.
# RFC 5322 §3.6.8 forbids white space before the colon; RFC 5322 §4.5 (obsolete syntax) allows it: found, and marked.
# Tried only where a line begins: a long line without a colon would else be read again from each of its characters.
_FIELD = re.compile(rb"^([!-9;-~]+)([ \t]*):((?:[^\n]*\n[ \t])*[^\n]*(?:\n|\Z))", re.MULTILINE)
_FOLD = re.compile(rb"\r?\n(?=[ \t])")
# RFC 5322 §3.3: names in English whatever the system speaks, so strftime's %a and %b do not do.
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True)
class Field:
    """One header field: its name as written, the raw octets of its value (folds kept, CRLF off), its place."""

    name: bytes
    raw: bytes
    start: int
    end: int

    @property
    def value(self) -> str:
        """The value unfolded (RFC 5322 §2.2.3) and stripped; undecodable octets become U+FFFD."""
        return unfolded(self.raw)


def header_size(content: bytes) -> int:
    """The octets of the header block with the empty line that ends it; all of them when no such line is there."""
    if content.startswith(b"\r\n"):
        return 2
    end = content.find(b"\r\n\r\n")
    if end >= 0:
        return end + 4
    bare = content.find(b"\n\n")
    return bare + 2 if bare >= 0 else len(content)


def fields(header: bytes) -> Iterator[Field]:
    """The fields of a header block from the top; lines that are no field are passed over."""
    for match in _FIELD.finditer(header):
        yield Field(match[1], match[3].rstrip(b"\r\n"), match.start(), match.end())


def first(header: bytes, name: bytes) -> Field | None:
    """The topmost field called ``name`` (any case), or None."""
    wanted = name.lower()
    return next((f for f in fields(header) if f.name.lower() == wanted), None)


@dataclass(frozen=True, slots=True)
class Glance:
    """What intake wants to know of every header: hops, mailboxes that had the message, its id and subject, and whether
    it says that it needs no safe way (``TLS-Required: No``, RFC 8689 §3)."""

    received: int
    delivered_to: frozenset[str]
    message_id: str
    subject: str
    tls_optional: bool = False


_GLANCE = re.compile(
    rb"^(?:(received)|(delivered-to)|(message-id)|(subject)|(tls-required))[ \t]*:((?:[^\n]*\n[ \t])*[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_NOWHERE: frozenset[str] = frozenset()


def glance(header: bytes) -> Glance:
    """One pass over a header block; of a field that stands twice, the topmost counts."""
    hops, before, message_id, subject, optional = 0, _NOWHERE, b"", b"", False
    for match in _GLANCE.finditer(header):
        received, delivered, identity, topic, _tls, value = match.groups()
        if received:
            hops += 1
        elif delivered:
            before |= {value.strip().decode("utf-8", "replace").casefold()}
        elif identity:
            message_id = message_id or value
        elif topic:
            subject = subject or value
        else:
            optional = optional or value.strip().lower() == b"no"
    return Glance(hops, before, unfolded(message_id), unfolded(subject), optional)


def unfolded(value: bytes) -> str:
    """A raw value without its folds (RFC 5322 §2.2.3) and stripped; undecodable octets become U+FFFD."""
    return _FOLD.sub(b"", value).strip().decode("utf-8", "replace") if value else ""


def date(moment: float) -> str:
    """``moment`` (POSIX seconds) as RFC 5322 §3.3 writes it, in UTC."""
    at = datetime.fromtimestamp(int(moment), UTC)
    return f"{_DAYS[at.weekday()]}, {at.day:02} {_MONTHS[at.month - 1]} {at.year:04} {at:%H:%M:%S} +0000"
