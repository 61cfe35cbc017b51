"""Which messages were found, and in which order? SEARCH, SORT, ESEARCH, UIDBATCHES.

RFC 9051 §7.3.4, RFC 3501 §7.2.5, RFC 5256 (SORT), RFC 4731, 5267 (updates), 7162 (MODSEQ), 7377 (other mailboxes),
9394 (PARTIAL), 10022 (UIDBATCHES).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from . import number_sets
from .strings import mailbox, quoted


@dataclass(frozen=True, slots=True)
class Found:
    """What ESEARCH tells; None is not told. Numbers are message numbers, or UIDs where the command was a UID one.

    ``everything`` (ALL) and ``partial`` (PARTIAL: first and last place as the client wrote them, the numbers there)
    keep their order: rising for SEARCH, as sorted for SORT. ``added`` and ``removed`` are (place, numbers), place 0
    where the order means nothing (RFC 5267 §4.3). ``mailbox`` is (name, UIDVALIDITY) of RFC 7377 §2.1.
    """

    minimum: int | None = None
    maximum: int | None = None
    count: int | None = None
    everything: Sequence[int] | None = None
    partial: tuple[int, int, Sequence[int]] | None = None
    added: Sequence[tuple[int, Sequence[int]]] = ()
    removed: Sequence[tuple[int, Sequence[int]]] = ()
    modseq: int | None = None
    mailbox: tuple[str, int] | None = None


def search(numbers: Iterable[int], modseq: int | None = None) -> bytes:
    """The answer of RFC 3501 §7.2.5; with the largest MODSEQ found when it was asked for (RFC 7162 §3.1.5)."""
    return _numbers("SEARCH", numbers, modseq)


def sort(numbers: Iterable[int], modseq: int | None = None) -> bytes:
    """The same in the order asked for (RFC 5256 §4)."""
    return _numbers("SORT", numbers, modseq)


def _numbers(kind: str, numbers: Iterable[int], modseq: int | None) -> bytes:
    words = [f"* {kind}", *map(str, numbers)]
    # RFC 7162 §3.1.5: nothing found, nothing to tell of it.
    if modseq is not None and len(words) > 1:
        words.append(f"(MODSEQ {modseq})")
    return " ".join(words).encode() + b"\r\n"


def esearch(tag: str, found: Found, *, uid: bool, utf8: bool = False) -> bytes:
    """The answer to the search of ``tag``. What is empty is left out, except for COUNT (RFC 9051 §7.3.4)."""
    # RFC 9051 §7.3.4: the correlator comes first, then UID, then the results.
    words = [b"* ESEARCH (%b)" % _correlator(tag, found, utf8=utf8)]
    if uid:
        words.append(b"UID")
    words += [
        b"%b %d" % (name, number)
        for name, number in ((b"MIN", found.minimum), (b"MAX", found.maximum), (b"COUNT", found.count))
        if number is not None
    ]
    words += _sets(found)
    if found.modseq is not None:
        words.append(b"MODSEQ %d" % found.modseq)
    return b" ".join(words) + b"\r\n"


def _correlator(tag: str, found: Found, *, utf8: bool) -> bytes:
    told = b"TAG " + quoted(tag.encode())
    if found.mailbox is None:
        return told
    name, uidvalidity = found.mailbox
    return b"%b MAILBOX %b UIDVALIDITY %d" % (told, mailbox(name, utf8=utf8), uidvalidity)


def _sets(found: Found) -> Iterable[bytes]:
    if found.everything:
        yield b"ALL " + number_sets.compress(found.everything)
    if found.partial is not None:
        first, last, numbers = found.partial
        # RFC 9394 §3.1: NIL where the range holds nothing.
        yield b"PARTIAL (%d:%d %b)" % (first, last, number_sets.compress(numbers) or b"NIL")
    yield from _updates(b"REMOVEFROM", found.removed)
    yield from _updates(b"ADDTO", found.added)


def _updates(name: bytes, places: Sequence[tuple[int, Sequence[int]]]) -> Iterable[bytes]:
    pairs = b" ".join([b"%d %b" % (place, number_sets.compress(numbers)) for place, numbers in places])
    if pairs:
        yield b"%b (%b)" % (name, pairs)


def uid_batches(tag: str, batches: Iterable[tuple[int, int]]) -> bytes:
    """Batches of (highest UID, lowest UID) from the newest on, maybe none (RFC 10022 §3)."""
    ranges = number_sets.ranges(batches)
    return b"* UIDBATCHES (TAG %b)%b\r\n" % (quoted(tag.encode()), b" " + ranges if ranges else b"")
