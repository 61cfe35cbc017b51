"""How is a list of tags read? RFC 6376 §3.2, with the UTF-8 of RFC 8616; for signatures, key records and ARC alike."""

import binascii
import re
from typing import NamedTuple

_FWS = b" \t\r\n"
_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9_]*\Z")
# tval = 1*VALCHAR; VALCHAR = %x21-3A / %x3C-7E, and UTF-8 since RFC 8616 §4
_VALUE = re.compile(rb"[\t\r\n !-:<-~\x80-\xff]*\Z")
# tag-spec with the semicolon behind it, where nothing is wrong with it.
_SPEC = re.compile(rb"[ \t\r\n]*+([A-Za-z][A-Za-z0-9_]*+)[ \t\r\n]*+=([\t\r\n !-:<-~\x80-\xff]*+)(?:;[ \t\r\n]*+|\Z)")
_NUMBER = re.compile(rb"[0-9]{1,76}\Z")
_GAPS = bytes.maketrans(b"", b"")
TAGS_MAX = 64


class TagsError(ValueError):
    """This is no list of tags; the text says why."""


class Tag(NamedTuple):
    """The value without white space around it, and where the value with it lies: [start, end)."""

    value: bytes
    start: int
    end: int


def parse(octets: bytes, start: int = 0) -> dict[bytes, Tag]:
    """The tags by name; TagsError where RFC 6376 §3.2 knows no such list. Names and values are case-sensitive.

    ``start``: where in ``octets`` the list begins.
    """
    return _quickly(octets, start) or _carefully(octets, start)


def _quickly(octets: bytes, place: int) -> dict[bytes, Tag] | None:
    """The tags of a list with which nothing is wrong; None for any other."""
    tags: dict[bytes, Tag] = {}
    size = len(octets)
    while place < size:
        match = _SPEC.match(octets, place)
        if match is None or len(tags) == TAGS_MAX:
            return None
        name, value = match.groups()
        if name in tags:
            return None
        place = match.end()
        tags[name] = Tag(value.strip(_FWS), *match.span(2))
    return tags


def _carefully(octets: bytes, place: int) -> dict[bytes, Tag]:
    """The same for any list, and what is wrong with it."""
    specs = octets[place:].split(b";", TAGS_MAX + 1)
    if len(specs) > 1 and not specs[-1].strip(_FWS):
        specs.pop()  # tag-list = tag-spec *( ";" tag-spec ) [ ";" ]
    if len(specs) > TAGS_MAX:
        raise TagsError(f"it has more than {TAGS_MAX} tags")
    tags: dict[bytes, Tag] = {}
    for spec in specs:
        written, equals, value = spec.partition(b"=")
        name = written.strip(_FWS)
        if not equals or not _NAME.match(name):
            raise TagsError("it holds something that is no tag" if spec.strip(_FWS) else "it holds an empty tag")
        if name in tags:
            # RFC 6376 §3.2: "Tags with duplicate names MUST NOT occur within a single tag-list".
            raise TagsError(f"it holds the tag {name.decode()}= twice")
        if not _VALUE.match(value):
            raise TagsError(f"its tag {name.decode()}= holds a character that may not be there")
        start = place + len(written) + 1
        place += len(spec) + 1
        tags[name] = Tag(value.strip(_FWS), start, place - 1)
    return tags


def base64(value: bytes) -> bytes:
    """The octets of a base64string (RFC 6376 §2.10: white space anywhere); TagsError when it is none or is empty."""
    try:
        octets = binascii.a2b_base64(value.translate(_GAPS, _FWS), strict_mode=True)
    except binascii.Error as error:
        raise TagsError("is not base64") from error
    if not octets:
        raise TagsError("is empty")
    return octets


def number(value: bytes) -> int:
    """A decimal number of at most 76 digits (RFC 6376 §3.5); TagsError when it is none."""
    if not _NUMBER.match(value):
        raise TagsError("is not a number")
    return int(value)


def colon_list(value: bytes) -> tuple[bytes, ...]:
    """The members of a list with colons between them, without white space around them."""
    return tuple([member.strip(_FWS) for member in value.split(b":")])
