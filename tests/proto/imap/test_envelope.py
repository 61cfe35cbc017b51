"""Is a header told as RFC 9051 §7.5.2 wants it?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.imap.envelope import envelope
from proto.imap.wire import read

NIL = "NIL"


def told(header: bytes) -> str:
    """The envelope, for ASCII."""
    return envelope(header).decode("ascii")


def test_the_example_of_the_rfc() -> None:
    # RFC 9051 §7.5.2 and §8: the first message of the sample connection.
    header = (
        b"Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)\r\nFrom: Terry Gray <gray@cac.washington.edu>\r\n"
        b"Subject: IMAP4rev1 WG mtg summary and minutes\r\nTo: imap@cac.washington.edu\r\n"
        b"cc: minutes@CNRI.Reston.VA.US, John Klensin <KLENSIN@MIT.EDU>\r\n"
        b"Message-Id: <B27397-0100000@cac.washington.edu>\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: TEXT/PLAIN; CHARSET=US-ASCII\r\n\r\n"
    )
    gray = '(("Terry Gray" NIL "gray" "cac.washington.edu"))'
    assert told(header) == (
        '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg summary and minutes" '
        f"{gray} {gray} {gray} "
        '((NIL NIL "imap" "cac.washington.edu")) '
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL '
        '"<B27397-0100000@cac.washington.edu>")'
    )


def test_nothing() -> None:
    assert told(b"") == f"({' '.join([NIL] * 10)})"


def test_present_but_empty() -> None:
    # RFC 9051 §7.5.2: an empty string for texts, NIL for addresses, whose default is From.
    header = b"Date:\r\nSubject: \r\nFrom: a@b\r\nSender:\r\nReply-To: ,\r\nTo: \r\nIn-Reply-To:\r\nMessage-ID:\r\n\r\n"
    ann = '((NIL NIL "a" "b"))'
    assert told(header) == f'("" "" {ann} {ann} {ann} NIL NIL NIL "" "")'


def test_sender_and_reply_to_of_their_own() -> None:
    header = b"From: a@b\r\nSender: c@d\r\nReply-To: e@f, g@h\r\n\r\n"
    assert told(header) == (
        '(NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "c" "d")) ((NIL NIL "e" "f")(NIL NIL "g" "h")) NIL NIL NIL NIL NIL)'
    )


def test_groups_routes_and_what_is_missing() -> None:
    header = b"To: Friends: a@b;, <@r1,@r2:c@d>\r\nCc: nobody\r\n\r\n"
    assert told(header) == (
        '(NIL NIL NIL NIL NIL ((NIL NIL "Friends" NIL)(NIL NIL "a" "b")(NIL NIL NIL NIL)(NIL "@r1,@r2" "c" "d")) '
        '((NIL NIL "nobody" "")) NIL NIL NIL)'
    )


def test_fields_that_stand_twice() -> None:
    header = b"Subject: one\r\nSubject: two\r\nTo: a@b\r\nTo: c@d\r\n\r\n"
    assert told(header) == '(NIL "one" NIL NIL NIL ((NIL NIL "a" "b")(NIL NIL "c" "d")) NIL NIL NIL NIL)'


@pytest.mark.parametrize(
    ("subject", "wire"),
    [
        (b"=?utf-8?q?caf=C3=A9?=", b'"=?utf-8?q?caf=C3=A9?="'),
        (b"folded\r\n\tand\r\n more", b'"folded\tand more"'),
        (b'say "\\"', b'"say \\"\\\\\\""'),
        (b"caf\xc3\xa9", b"{5}\r\ncaf\xc3\xa9"),
        (b"caf\xe9", b"{4}\r\ncaf\xe9"),
        (b"a\0b", b'"ab"'),
        (b"a\rb", b"{3}\r\na\rb"),
        (b"x" * 2_000, b"{2000}\r\n" + b"x" * 2_000),
    ],
)
def test_texts_on_the_wire(subject: bytes, wire: bytes) -> None:
    assert envelope(b"Subject: " + subject + b"\r\n\r\n").startswith(b"(NIL " + wire + b" NIL ")


PIECES = (b"From: ", b"To:", b"Subject:", b"\r\n", b" ", b'"', b"\\", b"(", b")", b"<", b">", b"@", b",", b":", b";",
          b"\xff", b"\0", b"\r", b"a", b"{3}")  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_header_gives_one_list_of_ten(pieces: list[bytes]) -> None:
    value, rest = read(envelope(b"".join(pieces)))
    assert rest == b""
    assert isinstance(value, list)
    assert len(value) == 10
    for people in value[2:8]:
        assert people is None or isinstance(people, list)
        assert all(isinstance(each, list) and len(each) == 4 for each in people or ())
