"""Which octets does BODY[section] mean? RFC 9051 §6.4.5.

A message in a folder is the entry's prefix (the recipient's own lines, Return-Path and Delivered-To), then the octets
that came. The prefix belongs to the header of the whole message; it moves no part, because parts are counted in the
octets that came.
"""

import re
from functools import lru_cache
from typing import NamedTuple

from pillarbox.mail.sections import Sections
from pillarbox.proto.imap.items import Section


class Cut(NamedTuple):
    """Octets ``start`` to ``end`` of what came, behind the prefix when ``prefixed``."""

    prefixed: bool
    start: int
    end: int

    def window(self, prefix: bytes, partial: tuple[int, int] | None) -> "Window":
        """What is left of it between the octets that ``partial`` (first, count) names; "" behind its end."""
        lead = prefix if self.prefixed else b""
        if partial is None:
            return Window(lead, self.start, self.end)
        first, count = partial
        skip = max(first - len(lead), 0)
        start = min(self.start + skip, self.end)
        lead = lead[first : first + count]
        return Window(lead, start, min(start + count - len(lead), self.end))


class Window(NamedTuple):
    """``lead``, then octets ``start`` to ``end`` of what came."""

    lead: bytes
    start: int
    end: int

    @property
    def size(self) -> int:
        """Its octets."""
        return len(self.lead) + self.end - self.start


def cut(section: Section, header: int, size: int) -> Cut:
    """The octets of a section of the message itself; for HEADER.FIELDS those of the whole header.

    ``header`` and ``size`` are octets of what came.
    """
    if section.what == "":
        return Cut(True, 0, size)
    if section.what == "TEXT":
        return Cut(False, header, size)
    return Cut(True, 0, header)


def part_cut(section: Section, sections: Sections) -> Cut | None:
    """The octets of a section of a part; None when there is no such part, or it has no such section."""
    span = sections.range(section.part, section.what)
    return None if span is None else Cut(False, *span)


# A field of one of these names with its folds: no line that begins with white space can begin one.
_FIELD = rb"^(?:%b)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*(?:\n|\Z)"


@lru_cache(maxsize=256)
def _fields_pattern(names: tuple[str, ...]) -> re.Pattern[bytes]:
    any_of = b"|".join(re.escape(name.encode("utf-8")) for name in names)
    return re.compile(_FIELD % any_of, re.IGNORECASE | re.MULTILINE)


def chosen_fields(header: bytes, section: Section) -> bytes:
    """HEADER.FIELDS or HEADER.FIELDS.NOT of a header block: with the empty line that ends it, when it has one."""
    pattern = _fields_pattern(section.fields)
    if section.what == "HEADER.FIELDS.NOT":
        return pattern.sub(b"", header)
    return b"".join(pattern.findall(header)) + _empty_line(header)


def _empty_line(header: bytes) -> bytes:
    """The empty line that ends a header block; a message may end without one."""
    if header.endswith(b"\r\n\r\n") or header == b"\r\n":
        return b"\r\n"
    return b"\n" if header.endswith(b"\n\n") or header == b"\n" else b""
