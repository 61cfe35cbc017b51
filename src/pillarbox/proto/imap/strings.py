"""How are texts, names and times written to the client? RFC 9051 §4.3 (strings), §9 (date-time); RFC 3501 for rev1.

``utf8`` tells that the client asked for UTF8=ACCEPT or IMAP4rev2: only then may quoted strings hold UTF-8
(RFC 9755 §3, RFC 9051 §5.1).
"""

import re
from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from pillarbox.mail import utf7

NIL = b"NIL"

# Longer ones go as literals: clients read lines into buffers that they have made before.
_LONGEST_QUOTED = 1_000
# ASTRING-CHAR = ATOM-CHAR / "]": what stands without quotes. No client is given a bare NIL for a name.
_ATOM = re.compile(rb"(?!NIL\Z)[!#$&'+,\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]+\Z", re.IGNORECASE)
# QUOTED-CHAR: no CR, LF or NUL; 8-bit only with UTF-8. Other controls go as literals too: terminals and logs read this.
_PLAIN = re.compile(rb"[\t\x20-\x7e]*\Z")
_PLAIN_UTF8 = re.compile(rb"[\t\x20-\x7e\x80-\xff]*\Z")
_SPECIAL = re.compile(rb'(["\\])')

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY_0 = date(1970, 1, 1).toordinal()
_FIRST_DAY = date.min.toordinal()
_LAST_DAY = date.max.toordinal()


def quoted(octets: bytes) -> bytes:
    """``octets``, which the caller knows to hold no line end and no NUL, between quotes."""
    return b'"%b"' % _SPECIAL.sub(rb"\\\1", octets)


def literal(octets: bytes) -> bytes:
    """``octets``, without NUL, behind their number (RFC 9051 §4.3)."""
    return b"{%d}\r\n%b" % (len(octets), octets)


def literal8(octets: bytes) -> bytes:
    """``octets`` of any kind, also with NUL (RFC 3516 §4.2)."""
    return b"~{%d}\r\n%b" % (len(octets), octets)


def string(text: bytes | str, *, utf8: bool = False) -> bytes:
    """``text`` quoted where that may be, or else as a literal."""
    octets = text.encode("utf-8", "replace") if isinstance(text, str) else text
    plain = _PLAIN_UTF8 if utf8 and isinstance(text, str) else _PLAIN
    if len(octets) <= _LONGEST_QUOTED and plain.match(octets):
        return quoted(octets)
    return literal8(octets) if b"\0" in octets else literal(octets)


def nstring(text: bytes | str | None, *, utf8: bool = False) -> bytes:
    """``text``, or NIL for None."""
    return NIL if text is None else string(text, utf8=utf8)


def astring(text: bytes | str, *, utf8: bool = False) -> bytes:
    """``text`` as it is where it is an atom, or else as a string."""
    octets = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return octets if _ATOM.match(octets) else string(text, utf8=utf8)


def mailbox(name: str, *, utf8: bool) -> bytes:
    """A mailbox name: UTF-8 (RFC 9051 §5.1) or modified UTF-7 (RFC 3501 §5.1.3)."""
    return astring(name, utf8=True) if utf8 else astring(utf7.encode(name))


def words(texts: Iterable[str]) -> bytes:
    """Flags, attributes or other atoms, with one space between."""
    return " ".join(texts).encode("utf-8", "replace")


def date_time(seconds: float, minutes_east: int = 0) -> bytes:
    """A moment (POSIX seconds) as '"17-Jul-1996 02:44:25 -0700"', seen ``minutes_east`` of Greenwich."""
    minute, second = divmod(int(seconds // 1) + 60 * minutes_east, 60)
    day, minute = divmod(minute, 1_440)
    return b'"%b %b%02d %b"' % (_day(day), _minute(minute), second, _zone(minutes_east))


# A mailbox is told of by its days: all messages of one day share this. Enough for ten years.
@lru_cache(maxsize=4096)
def _day(since_1970: int) -> bytes:
    # A file's time stamp can be anything, but a calendar begins and ends.
    on = date.fromordinal(min(max(_FIRST_DAY, since_1970 + _DAY_0), _LAST_DAY))
    # RFC 9051 §9: date-day-fixed is two characters wide, a space before a single digit.
    return f"{on.day:2}-{_MONTHS[on.month - 1]}-{on.year:04}".encode()


@lru_cache(maxsize=1_440)
def _minute(of_day: int) -> bytes:
    return b"%02d:%02d:" % divmod(of_day, 60)


@lru_cache(maxsize=64)
def _zone(minutes_east: int) -> bytes:
    hours, minutes = divmod(abs(minutes_east), 60)
    return f"{'-' if minutes_east < 0 else '+'}{hours:02}{minutes:02}".encode()
