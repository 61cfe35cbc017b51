"""What is told of messages. RFC 9051 §7.5.2 and the extensions' items."""

from time import perf_counter

import pytest

from pillarbox.proto.imap import fetch_responses as fetch
from pillarbox.proto.imap.items import Binary, BinarySize, Section


@pytest.mark.parametrize(
    ("piece", "wire"),
    [
        (fetch.uid(4), b"UID 4"),
        (fetch.flags(b"\\Seen $Junk"), b"FLAGS (\\Seen $Junk)"),
        (fetch.flags(b""), b"FLAGS ()"),
        (fetch.internal_date(0), b'INTERNALDATE " 1-Jan-1970 00:00:00 +0000"'),
        (fetch.size(44827), b"RFC822.SIZE 44827"),
        (fetch.envelope(b"(NIL)"), b"ENVELOPE (NIL)"),
        (fetch.body(b"(x)"), b"BODY (x)"),
        (fetch.body_structure(b"(x)"), b"BODYSTRUCTURE (x)"),
        (fetch.modseq(624140003), b"MODSEQ (624140003)"),
        (fetch.email_id("M6d99ac3275bb4e"), b"EMAILID (M6d99ac3275bb4e)"),
        (fetch.thread_id("T64b478a75b7ea9"), b"THREADID (T64b478a75b7ea9)"),
        (fetch.thread_id(None), b"THREADID NIL"),
        (fetch.save_date(None), b"SAVEDATE NIL"),
        (fetch.save_date(1), b'SAVEDATE " 1-Jan-1970 00:00:01 +0000"'),
        (fetch.preview("Hi", utf8=False), b'PREVIEW "Hi"'),
        (fetch.preview("", utf8=False), b'PREVIEW ""'),
        (fetch.preview(None, utf8=False), b"PREVIEW NIL"),
        (fetch.preview("ü", utf8=False), b"PREVIEW {2}\r\n\xc3\xbc"),
        (fetch.preview("ü", utf8=True), b'PREVIEW "\xc3\xbc"'),
    ],
)
def test_each_item_has_its_form(piece: bytes, wire: bytes) -> None:
    assert piece == wire


@pytest.mark.parametrize(
    ("item", "name"),
    [
        (Section(), b"BODY[]"),
        (Section(peek=True, partial=(0, 2048)), b"BODY[]<0>"),
        (Section((1, 2)), b"BODY[1.2]"),
        (Section((4, 2), "MIME"), b"BODY[4.2.MIME]"),
        (Section((), "TEXT", partial=(7, 1)), b"BODY[TEXT]<7>"),
        (Section((), "HEADER.FIELDS", ("DATE", "FROM")), b"BODY[HEADER.FIELDS (DATE FROM)]"),
        (Section((3,), "HEADER.FIELDS.NOT", ("a b",)), b'BODY[3.HEADER.FIELDS.NOT ("a b")]'),
        (Section((), "HEADER", alias="RFC822.HEADER"), b"RFC822.HEADER"),
    ],
)
def test_a_section_is_answered_by_its_name(item: Section, name: bytes) -> None:
    assert fetch.section_name(item) == name
    assert fetch.section(item, b"one\r\n") == name + b" {5}\r\none\r\n"
    assert fetch.section(item, None) == name + b" NIL"
    assert fetch.section_begin(item, 5) + b"one\r\n" == fetch.section(item, b"one\r\n")


def test_nul_goes_only_where_it_may() -> None:
    assert fetch.section(Section(), b"a\0b") == b"BODY[] {3}\r\na\x80b"
    assert fetch.binary(Binary((1,)), b"a\0b") == b"BINARY[1] ~{3}\r\na\0b"


def test_binary_parts() -> None:
    assert fetch.binary(Binary((2, 1), partial=(10, 5)), b"hello") == b"BINARY[2.1]<10> {5}\r\nhello"
    assert fetch.binary(Binary((9,)), None) == b"BINARY[9] NIL"
    assert fetch.binary_size(BinarySize((1,)), 7) == b"BINARY.SIZE[1] 7"


def test_pieces_become_a_line() -> None:
    pieces = [fetch.uid(7), fetch.flags(b"\\Seen")]
    assert fetch.fetch(23, pieces) == b"* 23 FETCH (UID 7 FLAGS (\\Seen))\r\n"
    assert fetch.fetch(7, pieces[1:], uid_only=True) == b"* 7 UIDFETCH (FLAGS (\\Seen))\r\n"


def test_flags_of_many() -> None:
    wires = [b"", b"\\Seen"]
    assert fetch.fetch_flags([1, 2], wires) == b"* 1 FETCH (FLAGS ())\r\n* 2 FETCH (FLAGS (\\Seen))\r\n"
    assert fetch.fetch_flags([2], wires[1:], uids=[9], modseqs=[77]) == (
        b"* 2 FETCH (UID 9 FLAGS (\\Seen) MODSEQ (77))\r\n"
    )
    assert fetch.fetch_flags([9], wires[1:], modseqs=[77], uid_only=True) == (
        b"* 9 UIDFETCH (FLAGS (\\Seen) MODSEQ (77))\r\n"
    )
    with pytest.raises(ValueError, match="shorter"):
        fetch.fetch_flags([1, 2], wires[1:])


def test_rows_of_pieces() -> None:
    columns = [[b"UID 7", b"UID 9"], [b"FLAGS ()", b"FLAGS (\\Seen 100%)"]]
    assert (
        fetch.fetch_rows([1, 2], columns) == b"* 1 FETCH (UID 7 FLAGS ())\r\n* 2 FETCH (UID 9 FLAGS (\\Seen 100%))\r\n"
    )
    assert fetch.fetch_rows([9], [[b"MODSEQ (5)"]], uid_only=True) == b"* 9 UIDFETCH (MODSEQ (5))\r\n"


def test_a_large_mailbox_is_told_at_once() -> None:
    numbers = range(1, 50_001)
    began = perf_counter()
    lines = fetch.fetch_flags(numbers, [b"\\Seen \\Answered"] * 50_000, uids=numbers)
    # About 10 ms; what costs a second here would hold up everybody else.
    assert perf_counter() - began < 0.5
    assert lines.count(b"\r\n") == 50_000
