"""How are the commands about one mailbox read? RFC 9051 §6.3; SELECT's parameters RFC 7162, CREATE's RFC 6154."""

from .commands import Create, Delete, Qresync, Rename, Select, Status, Subscribe
from .grammar import Cursor
from .number_sets import LARGEST
from .refusals import UID_REQUIRED, RefusedError, mistake

# RFC 9051 §6.3.11; RECENT RFC 3501, HIGHESTMODSEQ RFC 7162, APPENDLIMIT RFC 7889, MAILBOXID RFC 8474,
# DELETED-STORAGE RFC 9208.
_STATUS = {
    "MESSAGES", "RECENT", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "DELETED", "SIZE", "HIGHESTMODSEQ", "APPENDLIMIT",
    "MAILBOXID", "DELETED-STORAGE",
}  # fmt: skip


def named(cursor: Cursor) -> str:
    """SP mailbox, and nothing more."""
    cursor.space()
    name = cursor.mailbox()
    cursor.end()
    return name


def select(cursor: Cursor, read_only: bool) -> Select:
    """SELECT and EXAMINE, behind the name."""
    cursor.space()
    name = cursor.mailbox()
    condstore, qresync = False, None
    if cursor.took(b" ("):
        while True:
            parameter = cursor.word("CONDSTORE or QRESYNC")
            if parameter == "CONDSTORE":
                condstore = True
            elif parameter == "QRESYNC":
                qresync = _qresync(cursor)
            else:
                raise mistake(f"SELECT has no parameter {parameter}")
            if cursor.took(b")"):
                break
            cursor.space()
    return Select(name, read_only, condstore, qresync)


def _qresync(cursor: Cursor) -> Qresync:
    """SP "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")" (RFC 7162 §7)."""
    if "QRESYNC" not in cursor.enabled:
        # RFC 7162 §3.2.5
        raise mistake("QRESYNC needs ENABLE QRESYNC before")
    cursor.space()
    cursor.take(b"(")
    uidvalidity = cursor.nz_number("the UIDVALIDITY")
    cursor.space()
    modseq = cursor.number("a modification sequence")
    known = match = None
    if cursor.took(b" "):
        if not cursor.peek(b"("):
            known = cursor.numbers()
        if known is None or cursor.took(b" "):
            cursor.take(b"(")
            numbers = cursor.numbers()
            cursor.space()
            match = numbers, cursor.numbers()
            cursor.take(b")")
    if match is not None and "UIDONLY" in cursor.enabled:
        raise RefusedError(UID_REQUIRED)  # RFC 9586 §3
    cursor.take(b")")
    if any(each.saved or _has_star(each.ranges) for each in (known, *(match or ())) if each is not None):
        # RFC 7162 §7: neither "*" nor "$" can belong to what was known once.
        raise mistake("QRESYNC knows no * and no $")
    return Qresync(uidvalidity, modseq, known, match)


def _has_star(ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(last > LARGEST for _, last in ranges)


def create(cursor: Cursor) -> Create:
    """CREATE mailbox [SP "(" "USE" SP "(" [use-attr *(SP use-attr)] ")" ")"] (RFC 6154 §6)."""
    cursor.space()
    name = cursor.mailbox()
    uses: tuple[str, ...] = ()
    if cursor.took(b" ("):
        if not cursor.took_word(b"USE"):
            raise cursor.expected("USE")
        cursor.space()
        uses = cursor.listed(_use, least=0)
        cursor.take(b")")
    return Create(name, uses)


def _use(cursor: Cursor) -> str:
    if not cursor.peek(b"\\"):
        raise cursor.expected("a special use such as \\Sent")
    return cursor.flag()


def delete(cursor: Cursor) -> Delete:
    """DELETE, behind the name."""
    return Delete(named(cursor))


def rename(cursor: Cursor) -> Rename:
    """RENAME, behind the name."""
    cursor.space()
    old = cursor.mailbox()
    return Rename(old, named(cursor))


def subscribe(cursor: Cursor, on: bool) -> Subscribe:
    """SUBSCRIBE and UNSUBSCRIBE, behind the name."""
    return Subscribe(named(cursor), on)


def status(cursor: Cursor) -> Status:
    """STATUS, behind the name."""
    cursor.space()
    name = cursor.mailbox()
    cursor.space()
    return Status(name, status_items(cursor))


def status_items(cursor: Cursor) -> tuple[str, ...]:
    """ "(" status-att *(SP status-att) ")", each once."""
    return tuple(dict.fromkeys(cursor.listed(_status_item)))


def _status_item(cursor: Cursor) -> str:
    name = cursor.word("a STATUS item")
    if name not in _STATUS:
        raise mistake(f"STATUS knows no {name}")
    return name
