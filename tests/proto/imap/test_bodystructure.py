"""Is a MIME tree told as RFC 9051 §7.5.2 wants it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.structure import scan
from pillarbox.proto.imap.bodystructure import body, structure
from proto.imap.wire import Value, read


def told(octets: bytes) -> tuple[str, str]:
    """BODY and BODYSTRUCTURE of a message."""
    part = scan(octets)
    return body(part, octets).decode(), structure(part, octets).decode()


def test_the_example_of_the_rfc() -> None:
    # RFC 9051 §7.5.2: a simple text of 48 lines and 2279 octets.
    octets = b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n" + b"x" * (2279 - 96) + b"\r\n" * 48
    basic = '("text" "plain" ("charset" "US-ASCII") NIL NIL "7bit" 2279 48'
    assert told(octets) == (f"{basic})", f"{basic} NIL NIL NIL NIL)")


def test_two_parts() -> None:
    # After RFC 3501 §7.4.2: a text and an attached text.
    octets = (
        b"Content-Type: multipart/mixed; boundary=b\r\nContent-Language: en\r\nContent-Location: x\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\none\r\n\r\n"
        b'--b\r\nContent-Type: TEXT/PLAIN; CHARSET=utf-8; NAME="cc.diff"\r\n'
        b"Content-ID: <960723163407.20117h@cac.washington.edu>\r\nContent-Description: Compiler diff\r\n"
        b"Content-Transfer-Encoding: BASE64\r\nContent-MD5: abc\r\n"
        b"Content-Disposition: attachment; filename=cc.diff\r\nContent-Language: en, de\r\n\r\nAAAA\r\n"
        b"--b--\r\n"
    )
    first = '"text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 5 1'
    second = (
        '"text" "plain" ("charset" "utf-8" "name" "cc.diff") "<960723163407.20117h@cac.washington.edu>" '
        '"Compiler diff" "base64" 4 0'
    )
    more = '"abc" ("attachment" ("filename" "cc.diff")) ("en" "de") NIL'
    assert told(octets) == (
        f'(({first})({second}) "mixed")',
        f'(({first} NIL NIL NIL NIL)({second} {more}) "mixed" ("boundary" "b") NIL ("en") "x")',
    )


def test_a_message_in_a_message() -> None:
    inner = b"Subject: in\r\nFrom: a@b\r\n\r\none\r\ntwo\r\n"
    ann = '((NIL NIL "a" "b"))'
    envelope = f'(NIL "in" {ann} {ann} {ann} NIL NIL NIL NIL NIL)'
    for subtype in ("rfc822", "global"):
        octets = f"Content-Type: message/{subtype}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n".encode() + inner
        text = '"text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 10 2'
        basic = f'"message" "{subtype}" NIL NIL NIL "8bit" {len(inner)} {envelope}'
        assert told(octets) == (f"({basic} ({text}) 5)", f"({basic} ({text} NIL NIL NIL NIL) 5 NIL NIL NIL NIL)")


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        (b"", '"text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 0 0'),
        (b"Content-Type: a/b\r\n\r\nx", '"a" "b" NIL NIL NIL "7bit" 1'),
        (b"Content-Type: text/html; x=y\r\n\r\n", '"text" "html" ("x" "y" "charset" "us-ascii") NIL NIL "7bit" 0 0'),
        (b"Content-Type: message/delivery-status\r\n\r\nx\r\n", '"message" "delivery-status" NIL NIL NIL "7bit" 3'),
        (b"Content-Type: a/b; n*=utf-8''%C3%A9\r\n\r\n", '"a" "b" ("n*" "utf-8\'\'%C3%A9") NIL NIL "7bit" 0'),
        (b'Content-Type: a/b; n="\xc3\xa9"\r\n\r\n', '"a" "b" ("n" {2}\r\né) NIL NIL "7bit" 0'),
        (b"Content-Type: multipart/mixed\r\n\r\nx",
         '("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 1 0 NIL NIL NIL NIL) "mixed"'),
    ],
)  # fmt: skip
def test_odd_and_broken(octets: bytes, expected: str) -> None:
    assert told(octets)[1] == f"({expected} NIL NIL NIL NIL)"


def test_octets_that_are_no_text_come_as_they_are() -> None:
    octets = b"Content-Type: a/b; name=\xff\r\n\r\n"
    assert b"{1}\r\n\xff" in structure(scan(octets), octets)


def check(value: Value, extended: bool) -> None:
    """The grammar of body (RFC 9051 §9), with types in lower case."""
    assert isinstance(value, list)
    if isinstance(value[0], list):
        children = [each for each in value if isinstance(each, list)]
        at = value.index(next(each for each in value if isinstance(each, bytes)))
        for child in children[:at]:
            check(child, extended)
        assert len(value) - at == (5 if extended else 1)
        return
    kind, subkind = value[:2]
    assert isinstance(value[5], bytes)
    assert isinstance(value[6], int)
    is_message = kind == b"message" and subkind in {b"rfc822", b"global"}
    if is_message:
        assert isinstance(value[7], list)
        assert len(value[7]) == 10
        check(value[8], extended)
    own = 3 if is_message else 1 if kind == b"text" else 0
    assert len(value) == 7 + own + (4 if extended else 0)


LINES = (
    b"--b\r\n", b"--b--\r\n", b"--c\r\n", b"\r\n", b"x\xff\r\n", b"Content-Type: multipart/mixed; boundary=b\r\n",
    b"Content-Type: multipart/digest; boundary=c\r\n", b"Content-Type: message/rfc822\r\n", b'From: "\r\n',
    b"Content-Type: text/plain; a=\"\\\"; b*0*=c'd'%ff\r\n", b"Content-Disposition: x; y=\xff\r\n",
    b"Content-Language: a,b\r\n", b"Content-ID: \0\r\n",
)  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=40))
def test_whatever_comes_the_grammar_holds(lines: list[bytes]) -> None:
    octets = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"".join(lines)
    part = scan(octets)
    for wire, extended in ((body(part, octets), False), (structure(part, octets), True)):
        value, rest = read(wire)
        assert rest == b""
        check(value, extended)
