"""How are messages read out of one file? mbox, RFC 4155, in all its dialects.

A message begins behind a line "From sender date". Lines of a message that begin so were quoted with ">" when it was
written, and are unquoted here (mboxrd); Content-Length is not believed. Not every line that begins with "From " parts
messages: it must have a date and an empty line before it or a header field behind it, or be bare (Thunderbird) and
have both.
"""

import re
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import mktime_tz, parsedate_tz
from pathlib import Path
from typing import BinaryIO

from pillarbox.mail.headers import first, header_size

from .found import Found, Passed, ReadSettings, with_crlf
from .marks import take_notes

_CHUNK = 1024 * 1024
# A separator with the start of the line behind it fits into so many octets.
_LOOK_AHEAD = 1_024
_MONTHS = {name: n + 1 for n, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())}

_FIRST_YEAR, _LAST_YEAR = 1970, 2099
_FAR_FUTURE = timegm((_LAST_YEAR + 1, 1, 1, 0, 0, 0))

_SEPARATOR = re.compile(
    rb"From (?:([^\r\n]{0,320}?)[ \t]*(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ \t]+([A-Z][a-z]{2})[ \t]+(\d\d?)[ \t]+"
    rb"(\d\d?):(\d\d)(?::(\d\d))?([^\r\n]{0,40}))?[ \t]*\r?\n"
)
_YEAR = re.compile(rb"(?<![+\-\d])(\d{4})(?!\d)")
_ZONE = re.compile(rb"([+-])(\d\d)(\d\d)(?!\d)")
_FIELD = re.compile(rb">*From |[!-9;-~]+[ \t]*:")
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Separator:
    """A line "From sender date": its octets in the file, who sent the message, when it arrived."""

    start: int
    end: int
    sender: str
    date: float | None


class MboxFile:
    """An mbox file as ``found.Archive``; a ``place`` is an offset in it."""

    def __init__(self, path: Path, settings: ReadSettings | None = None) -> None:
        self._path = path
        self._settings = settings or ReadSettings()

    @property
    def name(self) -> str:
        """See ``found.Archive``."""
        return str(self._path.absolute())

    def read(self, after: str) -> Iterator[Found | Passed]:
        """See ``found.Archive``. OSError also when the file is shorter than it was."""
        start = int(after or 0)
        if self._path.stat().st_size < start:
            raise OSError(f"{self._path} is shorter than at the last import")
        with self._path.open("rb") as file:
            file.seek(start)
            yield from _Reader(file, start, self._settings.import_message).messages()


class _Reader:
    """One pass over a file: a window that begins at the current message's separator and never grows past a bound."""

    def __init__(self, file: BinaryIO, start: int, limit: int) -> None:
        self._file = file
        self._limit = limit
        self._window = bytearray()
        self._base = start  # the place of the window in the file
        self._scan = 0  # where in the window the next separator may be
        self._current: Separator | None = None
        self._too_large = False
        self._ended = False

    def messages(self) -> Iterator[Found | Passed]:
        """Everything from the start to the end of the file."""
        while True:
            following = self._next_separator()
            if following is not None:
                yield from self._finish(following.start)
                self._begin(following)
            elif self._ended:
                yield from self._finish(self._base + len(self._window))
                return
            else:
                self._read_on()

    def _begin(self, separator: Separator) -> None:
        del self._window[: separator.start - self._base]
        self._base = separator.start
        self._scan = separator.end - separator.start
        self._current = separator
        self._too_large = False

    def _read_on(self) -> None:
        if len(self._window) > self._limit + _CHUNK:
            self._too_large = True
            surplus = len(self._window) - _LOOK_AHEAD
            del self._window[:surplus]
            self._base += surplus
            self._scan = max(0, self._scan - surplus)
        chunk = self._file.read(_CHUNK)
        self._ended = not chunk
        self._window += chunk

    def _next_separator(self) -> Separator | None:
        """The next one in the window; None when more must be read to know."""
        window = self._window
        while True:
            at = window.find(b"From ", self._scan)
            if at < 0:
                self._scan = max(self._scan, len(window) - 4)
                return None
            self._scan = at
            if not self._ended and at + _LOOK_AHEAD > len(window):
                return None
            separator = self._separator(at)
            if separator is not None:
                return separator
            self._scan = at + 1

    def _separator(self, at: int) -> Separator | None:
        window = self._window
        if at and window[at - 1] != 0x0A:
            return None
        match = _SEPARATOR.match(window, at)
        if match is None:
            return None
        before = window[max(0, at - 3) : at]
        blank = before.endswith((b"\n\n", b"\n\r\n")) or not before.strip()
        field = _FIELD.match(window, match.end()) is not None
        date = _date(match)
        if not (blank and field if match[2] is None else date is not None and (blank or field)):
            return None
        sender = (match[1] or b"").decode("utf-8", "replace").strip()
        return Separator(self._base + at, self._base + match.end(), sender if "@" in sender else "", date)

    def _finish(self, end: int) -> Iterator[Found | Passed]:
        """The message that ends at ``end`` in the file."""
        current, place = self._current, str(end)
        if current is None:
            if self._window[: end - self._base].strip():
                yield Passed(place, f"{self._base} to {end}", "it stands before the first message")
            return
        where = f"message at octet {current.start}"
        size = end - current.end
        if self._too_large or size > self._limit:
            yield Passed(place, where, f"it has {size} octets, more than {self._limit}")
            return
        yield _message(bytes(self._window[current.end - self._base : end - self._base]), current, place, where)


def _message(raw: bytes, separator: Separator, place: str, where: str) -> Found | Passed:
    # The empty line before a separator belongs to it.
    raw = raw[:-2] if raw.endswith(b"\n\r\n") else raw[:-1] if raw.endswith(b"\n\n") else raw
    if b">From " in raw:
        raw = _QUOTED.sub(rb"\1", raw)
    octets, flags, keywords, expunged = take_notes(with_crlf(raw))
    if expunged:
        return Passed(place, where, "it was deleted; only compacting was still to come")
    if not octets.strip():
        return Passed(place, where, "it is empty")
    date = separator.date if separator.date is not None else header_date(octets)
    return Found(place, octets, flags, keywords, date, separator.sender)


def header_date(octets: bytes) -> float | None:
    """The moment that the Date field of a message tells; None when it tells none."""
    field = first(octets[: header_size(octets)], b"Date")
    parsed = parsedate_tz(field.value) if field is not None else None
    try:
        moment = float(mktime_tz(parsed)) if parsed is not None else -1.0
    except (ValueError, OverflowError):
        return None
    return moment if 0 <= moment < _FAR_FUTURE else None


def _date(match: re.Match[bytes]) -> float | None:
    if match[2] is None:
        return None
    month, years, zone = _MONTHS.get(match[2]), _YEAR.findall(match[7]), _ZONE.search(match[7])
    if month is None or not years or not _FIRST_YEAR <= int(years[-1]) <= _LAST_YEAR:
        return None
    parts = (int(years[-1]), month, int(match[3]), int(match[4]), int(match[5]), int(match[6] or 0))
    moment = float(timegm(parts))
    away = (int(zone[2]) * 60 + int(zone[3])) * 60 if zone else 0
    return moment + away if zone and zone[1] == b"-" else moment - away
