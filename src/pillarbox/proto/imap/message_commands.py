"""How are the commands about messages read, but for FETCH and the searches? RFC 9051 §6.4, RFC 6851, 7162, 10022."""

import re

from .commands import Copy, Expunge, Store, UidBatches
from .grammar import Cursor
from .refusals import mistake, refusal

# store-att-flags = (["+" / "-"] "FLAGS" [".SILENT"])
_STORED = re.compile(rb"([+-]?)FLAGS(\.SILENT)?(?= )", re.IGNORECASE)
_MOST_FLAGS = 200


def store(cursor: Cursor, uid: bool) -> Store:
    """STORE and UID STORE, behind the name."""
    cursor.space()
    numbers = cursor.numbers()
    cursor.space()
    unchanged_since = _unchanged_since(cursor) if cursor.peek(b"(") else None
    match = _STORED.match(cursor.data, cursor.at)
    if match is None:
        raise cursor.expected("FLAGS, +FLAGS or -FLAGS")
    cursor.at = match.end()
    cursor.space()
    return Store(uid, numbers, match[1].decode("ascii"), flags(cursor), match[2] is not None, unchanged_since)


def _unchanged_since(cursor: Cursor) -> int:
    """ "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP (RFC 7162 §7)."""
    cursor.take(b"(")
    if not cursor.took_word(b"UNCHANGEDSINCE"):
        raise cursor.expected("UNCHANGEDSINCE")
    cursor.space()
    modseq = cursor.number("a modification sequence")
    cursor.take(b")")
    cursor.space()
    return modseq


def flags(cursor: Cursor) -> tuple[str, ...]:
    """flag-list, or flags parted by spaces up to the end of the command; each once, whatever its case."""
    if cursor.peek(b"("):
        found = cursor.listed(Cursor.flag, least=0)
    else:
        several = [cursor.flag()]
        while cursor.took(b" ") and not cursor.ended:
            several.append(cursor.flag())
        found = tuple(several)
    if len(found) > _MOST_FLAGS:
        raise refusal("These are too many flags", "LIMIT")
    return tuple({flag.lower(): flag for flag in found}.values())


def copy(cursor: Cursor, uid: bool, move: bool) -> Copy:
    """COPY, MOVE and their UID forms, behind the name."""
    cursor.space()
    numbers = cursor.numbers()
    cursor.space()
    return Copy(uid, numbers, cursor.mailbox(), move)


def uid_expunge(cursor: Cursor) -> Expunge:
    """UID EXPUNGE, behind the name."""
    cursor.space()
    return Expunge(cursor.numbers())


def uid_batches(cursor: Cursor) -> UidBatches:
    """UIDBATCHES size [SP first ":" last] (RFC 10022 §3.1), behind the name."""
    cursor.space()
    size = cursor.nz_number("the size of a batch")
    if not cursor.took(b" "):
        return UidBatches(size)
    first = cursor.nz_number("the number of a batch")
    cursor.take(b":")
    last = cursor.nz_number("the number of a batch")
    if last < first:
        raise mistake("The last batch comes before the first")
    return UidBatches(size, first, last)
