"""Does a message contain a text of which the index has only the beginning? Its octets are looked through."""

import re
from collections.abc import Callable
from typing import TypeAlias

from pillarbox.inbox.digest import fields_text
from pillarbox.mail.folding import fold
from pillarbox.mail.query import Body, Header, Text
from pillarbox.mail.structure import Part, scan
from pillarbox.mail.texts import TextLimits, readable

Worded: TypeAlias = Body | Text | Header
Check: TypeAlias = Callable[[bytes, bytes], bool]


def check(criterion: Worded) -> Check:
    """Whether (a recipient's prefix, a message's octets) meets ``criterion``. A pure function, for any thread."""
    wanted = fold(criterion.text)
    if isinstance(criterion, Header):
        pattern = re.compile(rf"^{re.escape(criterion.name)}:[^\n]*{re.escape(wanted)}", re.MULTILINE)
        return lambda prefix, octets: _has_field(pattern, prefix, octets)
    if isinstance(criterion, Body):
        return lambda _prefix, octets: _in_body(wanted, octets, scan(octets))
    return lambda prefix, octets: _in_all(wanted, prefix, octets)


def _has_field(pattern: re.Pattern[str], prefix: bytes, octets: bytes) -> bool:
    header = octets[slice(*scan(octets).header)]
    return pattern.search(fields_text(prefix + header, Part((0, len(prefix) + len(header)), (0, 0)))) is not None


def _in_body(wanted: str, octets: bytes, part: Part) -> bool:
    limits = TextLimits(text_part=len(octets))
    return any(wanted in fold(text) for text in readable(octets, part, limits))


def _in_all(wanted: str, prefix: bytes, octets: bytes) -> bool:
    part = scan(octets)
    own_lines = fields_text(prefix, Part((0, len(prefix)), (0, 0)))
    return wanted in own_lines or wanted in fields_text(octets, part) or _in_body(wanted, octets, part)
