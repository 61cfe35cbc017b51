"""How are the commands about the conversation itself read? ID RFC 2971, ENABLE RFC 5161, COMPRESS RFC 4978."""

import re

from .commands import Compress, Id
from .grammar import Cursor, utf8
from .refusals import mistake

# RFC 2971 §3.3: at most 30 pairs, names of 30 octets, values of 1,024.
_MOST_FIELDS, _LONGEST_NAME, _LONGEST_VALUE = 30, 30, 1_024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_MOST_NAMES = 50
_UTF8 = frozenset({"IMAP4REV2"})


def id_(cursor: Cursor) -> Id:
    """ID, behind the name: NIL or names and values."""
    cursor.space()
    if cursor.took_word(b"NIL"):
        return Id({})
    # Programs name themselves in UTF-8 without asking; there is nothing that it could break.
    lenient = Cursor(cursor.data, cursor.at, _UTF8)
    fields = lenient.listed(_field, least=0)
    cursor.at = lenient.at
    if len(fields) > _MOST_FIELDS:
        raise mistake("ID has 30 fields at most")
    return Id(dict(fields))


def _field(cursor: Cursor) -> tuple[str, str | None]:
    name = utf8(cursor.string("the name of a field"))
    cursor.space()
    octets = cursor.nstring()
    value = None if octets is None else utf8(octets)
    if len(name) > _LONGEST_NAME or len(octets or b"") > _LONGEST_VALUE:
        raise mistake("A field of ID has a name of 30 octets and a value of 1,024 at most")
    if _CONTROL.search(name) or _CONTROL.search(value or ""):
        raise mistake("Control characters stand in ID")
    return name.lower(), value


def enable(cursor: Cursor) -> list[str]:
    """ENABLE capability *(SP capability), behind the name: what is to be enabled, in upper case."""
    names: list[str] = []
    while cursor.took(b" ") and not (names and cursor.ended):
        names.append(cursor.atom("the name of a capability").decode("ascii").upper())
    if not 0 < len(names) <= _MOST_NAMES:
        raise cursor.expected("the names of capabilities")
    return names


def compress(cursor: Cursor) -> Compress:
    """COMPRESS, behind the name."""
    cursor.space()
    if cursor.word("DEFLATE") != "DEFLATE":
        raise mistake("COMPRESS knows DEFLATE only")
    return Compress()
