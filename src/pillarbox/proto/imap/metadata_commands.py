"""How are GETMETADATA and SETMETADATA read? RFC 5464 §4 and §5."""

import re
from dataclasses import dataclass

from .commands import GetMetadata, SetMetadata
from .grammar import Cursor
from .refusals import mistake, refusal

# RFC 5464 §4.1: parts behind slashes, no "//", no "*" nor "%", nothing but printable US-ASCII; here also bounded.
_ENTRY = re.compile(r"(?:/[!-$&-)+-.0-~ ]+)+\Z")
_LONGEST_ENTRY = 255
_MOST_ENTRIES = 100


@dataclass(slots=True)
class _Options:
    max_size: int | None = None
    depth: int | None = 0


def get(cursor: Cursor) -> GetMetadata:
    """GETMETADATA [SP options] SP mailbox SP entries, behind the name. The RFC's examples have the options behind the
    mailbox: taken there too."""
    options = _Options()
    cursor.space()
    if cursor.peek(b"("):
        _options(cursor, options)
        cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    at = cursor.at
    if cursor.took(b"(") and (cursor.took_word(b"MAXSIZE") or cursor.took_word(b"DEPTH")):
        cursor.at = at
        _options(cursor, options)
        cursor.space()
    else:
        cursor.at = at
    return GetMetadata(mailbox, entries(cursor), options.max_size, options.depth)


def _options(cursor: Cursor, found: _Options) -> None:
    """MAXSIZE number / DEPTH ("0" / "1" / "infinity") (RFC 5464 §4.2)."""

    def option(cursor: Cursor) -> None:
        name = cursor.word("MAXSIZE or DEPTH")
        cursor.space()
        if name == "MAXSIZE":
            found.max_size = cursor.number()
        elif name == "DEPTH":
            found.depth = _depth(cursor)
        else:
            raise mistake(f"GETMETADATA has no option {name}")

    cursor.listed(option)


def _depth(cursor: Cursor) -> int | None:
    if cursor.took_word(b"INFINITY"):
        return None
    if cursor.peek(b"0") or cursor.peek(b"1"):
        return cursor.number()
    raise cursor.expected("0, 1 or infinity")


def entries(cursor: Cursor) -> tuple[str, ...]:
    """entries = entry / "(" entry *(SP entry) ")"."""
    found = cursor.listed(entry) if cursor.peek(b"(") else (entry(cursor),)
    if len(found) > _MOST_ENTRIES:
        raise refusal("These are too many entries", "METADATA TOOMANY")
    return found


def entry(cursor: Cursor) -> str:
    """entry = astring; in lower case, as its case means nothing (RFC 5464 §3.1)."""
    name = cursor.text("the name of an entry").lower()
    if len(name) > _LONGEST_ENTRY or not _ENTRY.match(name):
        raise mistake("This is no name of an entry: it is like /private/comment")
    return name


def set_(cursor: Cursor) -> SetMetadata:
    """SETMETADATA mailbox "(" entry SP value *(SP entry SP value) ")", behind the name."""
    cursor.space()
    mailbox = cursor.mailbox()
    cursor.space()
    values = cursor.listed(_value)
    if len(values) > _MOST_ENTRIES:
        raise refusal("These are too many entries", "METADATA TOOMANY")
    return SetMetadata(mailbox, values)


def _value(cursor: Cursor) -> tuple[str, bytes | None]:
    """entry-value = entry SP (nstring / literal8)."""
    name = entry(cursor)
    cursor.space()
    return name, cursor.nstring("the entry's value or NIL", binary=True)
