"""How is it read what is asked of messages? The data items of FETCH and its modifiers. RFC 9051 §6.4.5."""

import re
from dataclasses import dataclass

from .commands import Fetch, Partial
from .grammar import Cursor
from .items import Binary, BinarySize, FetchItem, Item, Section
from .refusals import mistake

# "ALL" / "FULL" / "FAST": macros, which stand alone.
MACROS: dict[str, tuple[FetchItem, ...]] = {
    "ALL": (Item.FLAGS, Item.INTERNALDATE, Item.SIZE, Item.ENVELOPE),
    "FAST": (Item.FLAGS, Item.INTERNALDATE, Item.SIZE),
    "FULL": (Item.FLAGS, Item.INTERNALDATE, Item.SIZE, Item.ENVELOPE, Item.BODY),
}
# RFC 3501 §6.4.5: what they are equal to.
OLD_NAMES: dict[str, FetchItem] = {
    "RFC822": Section(alias="RFC822"),
    "RFC822.HEADER": Section(what="HEADER", peek=True, alias="RFC822.HEADER"),
    "RFC822.TEXT": Section(what="TEXT", alias="RFC822.TEXT"),
}
PLAIN: dict[str, FetchItem] = {item.value: item for item in Item if " " not in item.value}

_NAME = re.compile(rb"[A-Za-z][A-Za-z0-9.]*")
# section-part = nz-number *("." nz-number), as long as messages are nested at all.
_PART = re.compile(rb"[1-9][0-9]{0,8}(?:\.[1-9][0-9]{0,8}){0,99}(?![0-9])")
# section-msgtext / section-text
_WHAT = re.compile(rb"HEADER\.FIELDS\.NOT|HEADER\.FIELDS|HEADER|TEXT|MIME", re.IGNORECASE)
# partial = "<" number64 "." nz-number64 ">"
_PARTIAL = re.compile(rb"<([0-9]{1,18})\.([0-9]{1,18})>")
# RFC 9394 §3.1: partial-range = nz-number ":" nz-number, both with "-" or neither.
_RANGE = re.compile(rb"(-?)([1-9][0-9]{0,9}):\1([1-9][0-9]{0,9})(?![0-9])")
_LARGEST = 2**32 - 1
# RFC 5322 §2.2: a field's name is printable US-ASCII without the colon.
_FIELD = re.compile(rb"[!-9;-~]{1,200}\Z")


@dataclass(slots=True)
class _Modifiers:
    changed_since: int | None = None
    vanished: bool = False
    partial: Partial | None = None


def fetch(cursor: Cursor, uid: bool) -> Fetch:
    """FETCH and UID FETCH, behind the name."""
    cursor.space()
    numbers = cursor.numbers()
    cursor.space()
    items = fetch_items(cursor)
    found = _Modifiers()
    if cursor.took(b" ("):
        _modifiers(cursor, found)
    if found.vanished and not (uid and found.changed_since is not None and "QRESYNC" in cursor.enabled):
        # RFC 7162 §3.2.6
        raise mistake("VANISHED stands in UID FETCH beside CHANGEDSINCE, after ENABLE QRESYNC")
    return Fetch(uid, numbers, items, found.changed_since, found.vanished, found.partial)


def fetch_items(cursor: Cursor) -> tuple[FetchItem, ...]:
    """A macro, an item, or a list of items."""
    if cursor.peek(b"("):
        return cursor.listed(item)
    at = cursor.at
    name = cursor.word("what is to be fetched")
    macro = MACROS.get(name)
    if macro is not None:
        return macro
    cursor.at = at
    return (item(cursor),)


def item(cursor: Cursor) -> FetchItem:
    """fetch-att."""
    match = _NAME.match(cursor.data, cursor.at)
    if match is None:
        raise cursor.expected("what is to be fetched")
    name = match[0].decode("ascii").upper()
    start, cursor.at = cursor.at, match.end()
    if cursor.peek(b"["):
        if name in {"BODY", "BODY.PEEK"}:
            return _section(cursor, name == "BODY.PEEK")
        if name in {"BINARY", "BINARY.PEEK"}:
            return Binary(_binary_part(cursor), name == "BINARY.PEEK", _partial(cursor))
        if name == "BINARY.SIZE":
            return BinarySize(_binary_part(cursor))
    elif name == "PREVIEW":
        return _preview(cursor)
    found = PLAIN.get(name) or OLD_NAMES.get(name)
    if found is None or cursor.peek(b"["):
        cursor.at = start
        raise cursor.expected("what is to be fetched")
    return found


def _preview(cursor: Cursor) -> FetchItem:
    """RFC 8970 §3.1: "PREVIEW" [SP "(" preview-mod ")"]; in a FETCH without parentheses around its items a modifier of
    the command may follow instead."""
    at = cursor.at
    if cursor.took(b" (") and cursor.took_word(b"LAZY"):
        cursor.take(b")")
        return Item.PREVIEW_LAZY
    cursor.at = at
    return Item.PREVIEW


def _section(cursor: Cursor, peek: bool) -> Section:
    """section = "[" [section-spec] "]", and the partial behind it."""
    cursor.at += 1
    if cursor.took(b"]"):
        return Section((), "", (), peek, _partial(cursor))
    part = _took_part(cursor)
    what = ""
    fields: tuple[str, ...] = ()
    if not part or cursor.took(b"."):
        what = _what(cursor, bool(part))
    if what.startswith("HEADER.FIELDS"):
        cursor.space()
        fields = cursor.listed(_field)
    cursor.take(b"]")
    return Section(part, what, fields, peek, _partial(cursor))


def _what(cursor: Cursor, in_part: bool) -> str:
    match = _WHAT.match(cursor.data, cursor.at)
    what = match[0].decode("ascii").upper() if match else ""
    # RFC 9051 §6.4.5: the message itself has no MIME header of its own.
    if match is None or (what == "MIME" and not in_part):
        raise cursor.expected("HEADER, TEXT, MIME or the number of a part")
    cursor.at = match.end()
    return what


def _field(cursor: Cursor) -> str:
    octets = cursor.astring("the name of a header field")
    if not _FIELD.match(octets):
        raise mistake("This is no name of a header field")
    return octets.decode("ascii")


def _took_part(cursor: Cursor) -> tuple[int, ...]:
    match = _PART.match(cursor.data, cursor.at)
    if match is None:
        return ()
    cursor.at = match.end()
    return tuple([int(number) for number in match[0].split(b".")])


def _binary_part(cursor: Cursor) -> tuple[int, ...]:
    """section-binary = "[" [section-part] "]" (RFC 3516 §4.2)."""
    cursor.at += 1
    part = _took_part(cursor)
    cursor.take(b"]")
    return part


def _partial(cursor: Cursor) -> tuple[int, int] | None:
    if not cursor.peek(b"<"):
        return None
    match = _PARTIAL.match(cursor.data, cursor.at)
    if match is None or int(match[2]) == 0:
        raise cursor.expected("<first octet.count>")
    cursor.at = match.end()
    return int(match[1]), int(match[2])


def _modifiers(cursor: Cursor, found: _Modifiers) -> None:
    """fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")" (RFC 4466 §2.4)."""
    while True:
        name = cursor.word("CHANGEDSINCE, VANISHED or PARTIAL")
        if name == "CHANGEDSINCE":
            cursor.space()
            found.changed_since = cursor.number("a modification sequence")
        elif name == "VANISHED":
            found.vanished = True
        elif name == "PARTIAL":
            cursor.space()
            found.partial = partial_range(cursor)
        else:
            raise mistake(f"FETCH has no modifier {name}")
        if cursor.took(b")"):
            return
        cursor.space()


def partial_range(cursor: Cursor) -> Partial:
    """partial-range (RFC 9394 §4): "1:500", or "-1:-500" from the end."""
    match = _RANGE.match(cursor.data, cursor.at)
    if match is None or max(int(match[2]), int(match[3])) > _LARGEST:
        raise cursor.expected("a range such as 1:500 or -1:-500")
    cursor.at = match.end()
    low, high = sorted((int(match[2]), int(match[3])))
    return Partial(-low, -high) if match[1] else Partial(low, high)
