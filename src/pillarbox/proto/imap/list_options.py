"""How are LIST and LSUB read? RFC 9051 §6.3.9, RFC 5258; options of RFC 5819, 6154, 8440, 9590."""

from dataclasses import dataclass, field

from .commands import List
from .grammar import Cursor
from .mailbox_commands import status_items
from .metadata_commands import entries
from .refusals import mistake, refusal

_SELECT = {"SUBSCRIBED", "REMOTE", "RECURSIVEMATCH", "SPECIAL-USE"}
_RETURN = {"SUBSCRIBED", "CHILDREN", "SPECIAL-USE", "MYRIGHTS"}
# RECURSIVEMATCH asks for the parents of what another option selects (RFC 5258 §3).
_NO_SELECTION = {"RECURSIVEMATCH", "REMOTE"}
_MOST_PATTERNS = 100


@dataclass(slots=True)
class _Returns:
    plain: set[str] = field(default_factory=set)
    status: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()


def lsub(cursor: Cursor) -> List:
    """LSUB reference list-mailbox (RFC 3501 §6.3.9), behind the name."""
    cursor.space()
    reference = cursor.mailbox("the name that the pattern refers to")
    cursor.space()
    return List(reference, (cursor.list_mailbox(),), lsub=True)


def list_(cursor: Cursor) -> List:
    """LIST [options] reference patterns [RETURN (options)], behind the name."""
    cursor.space()
    selecting = cursor.peek(b"(")
    select: frozenset[str] = frozenset()
    if selecting:
        select = frozenset(cursor.listed(_select_option, least=0))
        cursor.space()
        if "RECURSIVEMATCH" in select and not select - _NO_SELECTION:
            raise mistake("RECURSIVEMATCH needs another option beside it, such as SUBSCRIBED")
    reference = cursor.mailbox("the name that the pattern refers to")
    cursor.space()
    many = cursor.peek(b"(")
    patterns = cursor.listed(Cursor.list_mailbox) if many else (cursor.list_mailbox(),)
    if len(patterns) > _MOST_PATTERNS:
        raise refusal("These are too many patterns", "LIMIT")
    found, returning = _Returns(), cursor.took(b" ")
    if returning and not cursor.ended:
        _returns(cursor, found)
    extended = selecting or many or bool(returning)
    return List(reference, patterns, select, frozenset(found.plain), found.status, found.metadata, extended)


def _select_option(cursor: Cursor) -> str:
    name = cursor.word("a selection option")
    if name not in _SELECT:
        # RFC 5258 §3: an option that is not known makes the command wrong.
        raise mistake(f"LIST selects by no {name}")
    return name


def _returns(cursor: Cursor, found: _Returns) -> None:
    """ "RETURN" SP "(" [return-option *(SP return-option)] ")"."""
    if not cursor.took_word(b"RETURN"):
        raise cursor.expected("RETURN")
    cursor.space()
    cursor.listed(lambda cursor: _return_option(cursor, found), least=0)


def _return_option(cursor: Cursor, found: _Returns) -> None:
    name = cursor.word("a return option")
    if name == "STATUS":
        cursor.space()
        found.status = status_items(cursor)
    elif name == "METADATA":
        cursor.space()
        found.metadata = entries(cursor)
    elif name in _RETURN:
        found.plain.add(name)
    else:
        raise mistake(f"LIST returns no {name}")
