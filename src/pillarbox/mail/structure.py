"""Of which parts is a message made, and where are they? RFC 2045, RFC 2046; offsets into the octets, nothing is copied.

Any octets give a tree. Delimiter lines are found once for the whole message; each multipart then takes those of its
own range, so that an outer boundary always ends the parts inside (RFC 2046 §5.1.2), and cost grows with the size alone.
"""

import re
from bisect import bisect_left
from dataclasses import dataclass, field

from . import fields
from .parameters import Parameters, disposition, first_word, media_type, plain

# A line that may be a delimiter: "--", then what a boundary can begin with ("-- " introduces signatures and comments).
_DASHES = re.compile(rb"\n--([^\s][^\r\n]*)")
# RFC 9051 §9, media-message; message/global is RFC 6532 §3.7.
_MESSAGES = frozenset({"rfc822", "global"})
_LANGUAGES = re.compile(rb"[^\s,()]+")


@dataclass(frozen=True, slots=True)
class ScanLimits:
    """What lies beyond them is not taken apart: it stays a piece of the part around it."""

    depth: int = 100
    """Multiparts and messages inside of one another."""
    parts: int = 10_000
    """Parts of one message in all."""
    part_header: int = fields.HEADER_MAX
    """Octets of one part's header that are read."""
    dashes: int = 100_000
    """Lines beginning with two dashes that are looked at."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part. ``header`` and ``body`` are (start, end); the header includes its empty line, a body ends before the line
    end that belongs to the delimiter (RFC 2046 §5.1.1).

    ``kind``, ``subkind`` and ``encoding`` are in lower case. ``parameters`` are those of the Content-Type, none when
    it is missing. Other fields are the unfolded values; texts hold undecodable octets as surrogates. ``lines`` counts
    line ends in the body. A multipart has at least one child; ``message`` is what a message/rfc822 holds.
    """

    header: tuple[int, int]
    body: tuple[int, int]
    kind: str = "text"
    subkind: str = "plain"
    parameters: Parameters = ()
    id: str | None = None
    description: str | None = None
    encoding: str = "7bit"
    md5: str | None = None
    disposition: tuple[str, Parameters] | None = None
    language: tuple[str, ...] = ()
    location: str | None = None
    lines: int = 0
    children: "tuple[Part, ...]" = ()
    message: "Part | None" = None

    @property
    def charset(self) -> str | None:
        """The label in the Content-Type, as written."""
        return plain(self.parameters, "charset")


def scan(octets: bytes | memoryview, limits: ScanLimits | None = None) -> Part:
    """The message as a part. Never an error."""
    whole = octets if isinstance(octets, bytes) else bytes(octets)
    return _Scan(whole, limits or ScanLimits()).part(0, len(whole), 0)


@dataclass(slots=True)
class _Scan:
    """One message under the scanner; ``left`` counts the parts that may still be made."""

    octets: bytes
    limits: ScanLimits
    left: int = field(init=False)
    _delimiters: dict[bytes, list[int]] | None = None

    def __post_init__(self) -> None:
        self.left = self.limits.parts

    def part(self, start: int, end: int, depth: int, default: tuple[str, str] = ("text", "plain")) -> Part:
        """What lies between ``start`` and ``end``: a header, an empty line, a body."""
        self.left -= 1
        at = self._header_end(start, end)
        read = fields.read(self.octets[start : min(at, start + self.limits.part_header)])
        named = read.get(b"content-type")
        media = media_type(named[0]) if named else None
        # RFC 2045 §5.2: what has no type, or none that can be read, is plain text.
        kind, subkind, parameters = media if media is not None else (*(("text", "plain") if named else default), ())
        children: tuple[Part, ...] = ()
        message = None
        if kind == "multipart":
            children = self._children(at, end, depth + 1, subkind, plain(parameters, "boundary"))
        elif kind == "message" and subkind in _MESSAGES:
            if depth < self.limits.depth and self.left > 0:
                message = self.part(at, end, depth + 1)
            else:  # deeper than anybody looks: a message without an envelope is none
                kind, subkind, parameters = "application", "octet-stream", ()
        encoding = first_word(read[b"content-transfer-encoding"][0]) if b"content-transfer-encoding" in read else ""
        return Part(
            (start, at), (at, end), kind, subkind, parameters,
            _text(read, b"content-id"),
            _text(read, b"content-description"),
            encoding or "7bit",
            _text(read, b"content-md5"),
            disposition(read[b"content-disposition"][0]) if b"content-disposition" in read else None,
            _languages(read),
            _text(read, b"content-location"),
            self.octets.count(b"\n", at, end) if kind in {"text", "message"} else 0,
            children, message,
        )  # fmt: skip

    def _header_end(self, start: int, end: int) -> int:
        """Behind the empty line; ``end`` without one."""
        if self.octets.startswith(b"\r\n", start, end):
            return start + 2
        if self.octets.startswith(b"\n", start, end):
            return start + 1
        # Nearly always it is near: only then is all of a large message looked through for one.
        near = min(end, start + self.limits.part_header)
        found = _empty_line(self.octets, start, near)
        return found or _empty_line(self.octets, max(start, near - 2), end) or end

    def _children(self, start: int, end: int, depth: int, subkind: str, boundary: str | None) -> tuple[Part, ...]:
        # RFC 2046 §5.1.5: in a digest, what has no type is a message.
        default = ("message", "rfc822") if subkind == "digest" else ("text", "plain")
        found = []
        if boundary and depth <= self.limits.depth:
            for first, last in self._between(start, end, boundary.encode("utf-8", "surrogateescape").rstrip()):
                if self.left <= 0:
                    break
                found.append(self.part(first, last, depth, default))
        # Without a part there is no multipart (RFC 9051 §9, body-type-mpart): all of it is one, for people to read.
        return tuple(found) or (Part((start, start), (start, end), lines=self.octets.count(b"\n", start, end)),)

    def _between(self, start: int, end: int, boundary: bytes) -> list[tuple[int, int]]:
        """The ranges of the parts that ``boundary`` divides; a last one without an end goes on to ``end``."""
        lines = self._lines()
        opened = _within(lines.get(boundary, []), start, end)
        closed = _within(lines.get(boundary + b"--", []), start, end)
        stop = closed[0] if closed else None
        opened = [at for at in opened if stop is None or at < stop]
        ranges: list[tuple[int, int]] = []
        for at, following in zip(opened, [*opened[1:], stop], strict=False):
            first = self._line_behind(at, end)
            last = end if following is None else self._before_line_end(following)
            ranges.append((first, max(first, last)))
        return ranges

    def _lines(self) -> dict[bytes, list[int]]:
        """Where the lines are that may be delimiters, by their text without dashes and trailing white space."""
        if self._delimiters is None:
            self._delimiters = {}
            for count, match in enumerate(_DASHES.finditer(self.octets)):
                if count >= self.limits.dashes:
                    break
                self._delimiters.setdefault(match[1].rstrip(), []).append(match.start())
        return self._delimiters

    def _line_behind(self, at: int, end: int) -> int:
        line_end = self.octets.find(b"\n", at + 1, end)
        return end if line_end < 0 else line_end + 1

    def _before_line_end(self, at: int) -> int:
        """The line end before a delimiter belongs to the delimiter (RFC 2046 §5.1.1)."""
        return at - 1 if at and self.octets[at - 1] == 0x0D else at


def _empty_line(octets: bytes, start: int, end: int) -> int:
    """Where the first empty line ends; 0 without one."""
    marked = octets.find(b"\n\r\n", start, end)
    bare = octets.find(b"\n\n", start, end if marked < 0 else marked)
    return bare + 2 if bare >= 0 else marked + 3 if marked >= 0 else 0


def _within(places: list[int], start: int, end: int) -> list[int]:
    # A delimiter may be the first line of a body: its line end is then the one that ends the header.
    return places[bisect_left(places, start - 1) : bisect_left(places, end)]


def _text(read: dict[bytes, list[bytes]], name: bytes) -> str | None:
    values = read.get(name)
    return values[0].decode("utf-8", "surrogateescape") if values else None


def _languages(read: dict[bytes, list[bytes]]) -> tuple[str, ...]:
    values = read.get(b"content-language")
    if not values:
        return ()
    return tuple(word.decode("utf-8", "surrogateescape") for word in _LANGUAGES.findall(values[0]))
