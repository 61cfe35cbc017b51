"""What is told of messages? FETCH and UIDFETCH, made of pieces. RFC 9051 §7.5.2, RFC 9586 §3.3 (UIDFETCH).

A piece is one data item with its name; ``fetch`` puts the pieces of a message into a line.
"""

from collections.abc import Iterable, Sequence

from .items import Binary, BinarySize, Section
from .strings import NIL, astring, date_time, literal, literal8, nstring


def fetch(number: int, pieces: Iterable[bytes], *, uid_only: bool = False) -> bytes:
    """What is told of one message. With ``uid_only`` (RFC 9586) ``number`` is its UID."""
    return b"* %d %b (%b)\r\n" % (number, b"UIDFETCH" if uid_only else b"FETCH", b" ".join(pieces))


def fetch_rows(numbers: Iterable[int], columns: Sequence[Iterable[bytes]], *, uid_only: bool = False) -> bytes:
    """The lines of many messages in one go: for each of ``numbers`` a piece out of each of the ``columns``."""
    pieces = b" ".join([b"%b"] * len(columns))
    line = b"* %%d %b (%b)\r\n" % (b"UIDFETCH" if uid_only else b"FETCH", pieces)
    return b"".join([line % row for row in zip(numbers, *columns, strict=True)])


def fetch_begin(number: int, *, uid_only: bool = False) -> bytes:
    """The beginning of such a line, for those who put the pieces behind it themselves."""
    return b"* %d %b (" % (number, b"UIDFETCH" if uid_only else b"FETCH")


def fetch_flags(
    numbers: Iterable[int],
    wires: Iterable[bytes],
    *,
    uids: Iterable[int] | None = None,
    modseqs: Iterable[int] | None = None,
    uid_only: bool = False,
) -> bytes:
    """The flags of many messages in one go; all sequences are parallel. ``wires`` are what stands in FLAGS (…).

    ``uids`` and ``modseqs`` are told where they are given. With ``uid_only`` ``numbers`` are UIDs.
    """
    line = b"* %d UIDFETCH (" if uid_only else b"* %d FETCH ("
    columns: list[Iterable[int] | Iterable[bytes]] = [numbers]
    if uids is not None:
        line += b"UID %d "
        columns.append(uids)
    line += b"FLAGS (%b)"
    columns.append(wires)
    if modseqs is not None:
        line += b" MODSEQ (%d)"
        columns.append(modseqs)
    line += b")\r\n"
    return b"".join([line % row for row in zip(*columns, strict=True)])


# --- pieces ---------------------------------------------------------------------------------------------------------


def uid(number: int) -> bytes:
    """UID."""
    return b"UID %d" % number


def flags(wire: bytes) -> bytes:
    """FLAGS; ``wire`` is what stands in the parentheses."""
    return b"FLAGS (%b)" % wire


def internal_date(seconds: float) -> bytes:
    """INTERNALDATE, in UTC."""
    return b"INTERNALDATE " + date_time(seconds)


def size(octets: int) -> bytes:
    """RFC822.SIZE."""
    return b"RFC822.SIZE %d" % octets


def envelope(wire: bytes) -> bytes:
    """ENVELOPE, as it was written when the message was read."""
    return b"ENVELOPE " + wire


def body(wire: bytes) -> bytes:
    """BODY, likewise."""
    return b"BODY " + wire


def body_structure(wire: bytes) -> bytes:
    """BODYSTRUCTURE, likewise."""
    return b"BODYSTRUCTURE " + wire


def modseq(number: int) -> bytes:
    """MODSEQ (RFC 7162 §3.1.4)."""
    return b"MODSEQ (%d)" % number


def email_id(object_id: str) -> bytes:
    """EMAILID (RFC 8474 §5.1)."""
    return b"EMAILID (%b)" % object_id.encode()


def thread_id(object_id: str | None) -> bytes:
    """THREADID, NIL where threads are not kept (RFC 8474 §5.2)."""
    return b"THREADID " + (NIL if object_id is None else b"(%b)" % object_id.encode())


def save_date(seconds: float | None) -> bytes:
    """SAVEDATE, NIL where it is not known (RFC 8514 §4.2)."""
    return b"SAVEDATE " + (NIL if seconds is None else date_time(seconds))


def preview(text: str | None, *, utf8: bool) -> bytes:
    """PREVIEW; NIL where a lazy one is not at hand (RFC 8970 §3.2)."""
    return b"PREVIEW " + nstring(text, utf8=utf8)


def section(item: Section, octets: bytes | None) -> bytes:
    """BODY[…] with its octets (already cut to the partial); NIL where there is no such part."""
    return b"%b %b" % (section_name(item), NIL if octets is None else literal(textual(octets)))


def section_begin(item: Section, count: int) -> bytes:
    """The same up to where ``count`` octets begin, for those who send them in pieces, each made ``textual``."""
    return b"%b {%d}\r\n" % (section_name(item), count)


def textual(octets: bytes) -> bytes:
    """As many octets without NUL, which a literal must not hold (RFC 9051 §4.3); BINARY gives them as they are.

    0x80 stands in for it: no character in US-ASCII or UTF-8, and the count stays RFC822.SIZE.
    """
    return octets.replace(b"\0", b"\x80")


def binary(item: Binary, octets: bytes | None) -> bytes:
    """BINARY[…] with its octets (already cut to the partial); NIL where there is no such part (RFC 3516 §4.2)."""
    name = b"BINARY[%b]%b" % (_part(item.part), _origin(item.partial))
    if octets is None:
        return name + b" NIL"
    return b"%b %b" % (name, literal8(octets) if b"\0" in octets else literal(octets))


def binary_begin(item: Binary, count: int) -> bytes:
    """The same up to where ``count`` octets begin, of which it is not known yet whether a NUL is among them."""
    return b"BINARY[%b]%b ~{%d}\r\n" % (_part(item.part), _origin(item.partial), count)


def binary_size(item: BinarySize, octets: int) -> bytes:
    """BINARY.SIZE[…] (RFC 3516 §4.2)."""
    return b"BINARY.SIZE[%b] %d" % (_part(item.part), octets)


# --- names of sections ----------------------------------------------------------------------------------------------


def section_name(item: Section) -> bytes:
    """The name that the answer to ``item`` bears: "BODY[1.HEADER.FIELDS (To Cc)]<0>"."""
    if item.alias is not None:
        return item.alias.encode()
    inside = b".".join([word for word in (_part(item.part), item.what.encode()) if word])
    fields = b" (%b)" % b" ".join(map(astring, item.fields)) if item.fields else b""
    return b"BODY[%b%b]%b" % (inside, fields, _origin(item.partial))


def _part(numbers: Sequence[int]) -> bytes:
    return ".".join(map(str, numbers)).encode()


def _origin(partial: tuple[int, int] | None) -> bytes:
    # RFC 9051 §7.5.2: only where it begins; how much there is, the literal says.
    return b"" if partial is None else b"<%d>" % partial[0]
