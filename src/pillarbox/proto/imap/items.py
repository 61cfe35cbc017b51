"""What can be asked of one message? The data items of FETCH. RFC 9051 §6.4.5; BINARY RFC 3516; PREVIEW RFC 8970."""

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Item(Enum):
    """Items without arguments, by their names on the wire."""

    UID = "UID"
    FLAGS = "FLAGS"
    INTERNALDATE = "INTERNALDATE"
    SIZE = "RFC822.SIZE"
    ENVELOPE = "ENVELOPE"
    BODY = "BODY"
    BODYSTRUCTURE = "BODYSTRUCTURE"
    MODSEQ = "MODSEQ"
    EMAILID = "EMAILID"
    THREADID = "THREADID"
    SAVEDATE = "SAVEDATE"
    PREVIEW = "PREVIEW"
    PREVIEW_LAZY = "PREVIEW (LAZY)"


@dataclass(frozen=True, slots=True)
class Section:
    """BODY[part.what (fields)]<first.count>. ``part`` () is the message itself; ``what`` is "", HEADER, HEADER.FIELDS,
    HEADER.FIELDS.NOT, TEXT or MIME. ``partial`` is (first octet, count). ``alias`` is the name the answer bears when it
    was asked for as RFC822, RFC822.HEADER or RFC822.TEXT (RFC 3501)."""

    part: tuple[int, ...] = ()
    what: str = ""
    fields: tuple[str, ...] = ()
    peek: bool = False
    partial: tuple[int, int] | None = None
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Binary:
    """BINARY[part]<first.count>: a part's content without its transfer encoding."""

    part: tuple[int, ...]
    peek: bool = False
    partial: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class BinarySize:
    """BINARY.SIZE[part]."""

    part: tuple[int, ...]


FetchItem: TypeAlias = Item | Section | Binary | BinarySize
