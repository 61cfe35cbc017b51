"""Strings, names and times on the wire. RFC 9051 §4.3, §5.1, §9."""

import pytest

from pillarbox.proto.imap import strings


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("", b'""'),
        ("two words", b'"two words"'),
        ('say "a\\b"', b'"say \\"a\\\\b\\""'),
        ("Grüße", b"{7}\r\nGr\xc3\xbc\xc3\x9fe"),
        ("line\r\nend", b"{9}\r\nline\r\nend"),
        ("bell\x07", b"{5}\r\nbell\x07"),
        (b"nul\0", b"~{4}\r\nnul\0"),
        ("x" * 1001, b"{1001}\r\n" + b"x" * 1001),
    ],
)
def test_a_string_is_quoted_where_it_may_be(text: str | bytes, wire: bytes) -> None:
    assert strings.string(text) == wire


def test_utf8_is_quoted_only_for_those_who_asked() -> None:
    assert strings.string("Grüße", utf8=True) == '"Grüße"'.encode()
    # Octets that nobody knows to be UTF-8 stay a literal.
    assert strings.string(b"Gr\xfc\xdfe", utf8=True) == b"{5}\r\nGr\xfc\xdfe"


def test_none_is_nil_and_nil_is_a_string() -> None:
    assert strings.nstring(None) == b"NIL"
    assert strings.nstring("NIL") == b'"NIL"'
    assert strings.astring("NIL") == b'"NIL"'
    assert strings.astring("nil") == b'"nil"'
    assert strings.astring("NILS") == b"NILS"


@pytest.mark.parametrize(
    ("text", "wire"),
    [
        ("INBOX", b"INBOX"),
        ("a/b]c", b"a/b]c"),
        ("", b'""'),
        ("two words", b'"two words"'),
        ("50%", b'"50%"'),
        ("all*", b'"all*"'),
        ("(x", b'"(x"'),
        ("{3", b'"{3"'),
        ("a\\b", b'"a\\\\b"'),
    ],
)
def test_an_atom_needs_no_quotes(text: str, wire: bytes) -> None:
    assert strings.astring(text) == wire


def test_a_mailbox_name_is_written_for_its_reader() -> None:
    assert strings.mailbox("Entwürfe", utf8=True) == '"Entwürfe"'.encode()
    assert strings.mailbox("Entwürfe", utf8=False) == b"Entw&APw-rfe"
    assert strings.mailbox("R&D old", utf8=False) == b'"R&-D old"'
    assert strings.mailbox("R&D", utf8=True) == b"R&D"


@pytest.mark.parametrize(
    ("seconds", "east", "wire"),
    [
        (837_596_665, -420, b'"17-Jul-1996 02:44:25 -0700"'),
        (0, 0, b'" 1-Jan-1970 00:00:00 +0000"'),
        (1_700_000_000.9, 330, b'"15-Nov-2023 03:43:20 +0530"'),
        (-1.5, 0, b'"31-Dec-1969 23:59:58 +0000"'),
        (253_402_300_800, 840, b'"31-Dec-9999 14:00:00 +1400"'),
        (-62_135_596_801, -720, b'" 1-Jan-0001 11:59:59 -1200"'),
    ],
)
def test_a_moment_has_a_fixed_width(seconds: float, east: int, wire: bytes) -> None:
    assert strings.date_time(seconds, east) == wire
    assert len(wire) == 28
