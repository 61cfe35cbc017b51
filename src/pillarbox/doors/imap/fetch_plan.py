"""What must be looked up for a FETCH, and does it change anything? RFC 9051 §6.4.5."""

from dataclasses import dataclass
from typing import TypeAlias

from pillarbox.proto.imap import commands
from pillarbox.proto.imap.items import Binary, BinarySize, FetchItem, Item, Section

OctetItem: TypeAlias = Section | Binary | BinarySize
_FLAG_ITEMS = frozenset({Item.FLAGS, Item.UID, Item.MODSEQ})
_ALL = 2**63
# Where the columns of the digests lie (store.digests.Digest) that answer an item.
DIGESTS = {
    Item.ENVELOPE: "envelope",
    Item.BODY: "body",
    Item.BODYSTRUCTURE: "structure",
    Item.THREADID: "thread",
    Item.PREVIEW: "preview",
}


@dataclass(frozen=True, slots=True)
class Plan:
    """``columns`` are known without the messages' octets, ``octets`` are not.

    ``flags_only``: nothing but FLAGS, UID and MODSEQ. ``parts``: the places of parts are needed. ``marks_seen``: what
    is fetched is seen afterwards. ``reads``: which octets of the messages as a whole are fetched; a client that takes a
    large message in pieces has all of it when it has the last one.
    """

    columns: tuple[Item, ...]
    octets: tuple[OctetItem, ...]
    flags_only: bool
    parts: bool
    marks_seen: bool
    reads: tuple[range, ...]


def plan(command: commands.Fetch, *, uid_only: bool, read_only: bool) -> Plan:
    """What ``command`` needs. With UIDONLY (RFC 9586 §3.3) a line names its UID already."""
    wanted: dict[FetchItem, None] = {}
    if command.uid and not uid_only:
        wanted[Item.UID] = None  # RFC 9051 §6.4.9: with a UID command it is told unasked
    wanted.update(dict.fromkeys(command.items))
    if command.changed_since is not None:
        wanted[Item.MODSEQ] = None  # RFC 7162 §3.1.4.1
    columns = tuple(item for item in wanted if isinstance(item, Item))
    octets = tuple(item for item in wanted if not isinstance(item, Item))
    return Plan(
        columns,
        octets,
        flags_only=Item.FLAGS in columns and not octets and _FLAG_ITEMS.issuperset(columns),
        parts=any(isinstance(item, BinarySize) or item.part for item in octets),
        marks_seen=not read_only and any(not item.peek for item in octets if not isinstance(item, BinarySize)),
        reads=tuple(_octets(item) for item in octets if isinstance(item, Section) and not item.part and not item.what),
    )


def _octets(item: Section) -> range:
    first, count = item.partial or (0, _ALL)
    return range(first, first + count)
