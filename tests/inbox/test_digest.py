"""Does a digest hold what lists, searches, SORT and THREAD ask for?"""

from datetime import UTC, date, datetime
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inbox.digests import compute
from pillarbox.inbox.digest import DigestLimits, fields_text
from pillarbox.mail.sections import Sections
from pillarbox.mail.structure import scan
from pillarbox.mail.texts import TextLimits

MESSAGE = (
    b"Received: by mx\r\n"
    b"Date: Mon, 1 Jan 2024 00:30:00 +0100\r\n"
    b"From: =?utf-8?q?=C3=84nn?= Example <Ann.Example@X.test>, bob@y.test\r\n"
    b"To: Friends: Carl <c@x.test>;\r\nCc: dan@z.test\r\nBcc: eve@z.test\r\n"
    b"Subject: Re: [List] =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Message-ID: <\"own\"@x.test>\r\nReferences: <a@x.test> junk <b@x.test>\r\nIn-Reply-To: <b@x.test>\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello W\xc3\x96RLD\r\n"
    b"--b\r\nContent-Type: message/rfc822\r\nX-Part: Yes\r\n\r\nSubject: Inner\r\n\r\nDeep\r\n"
    b"--b\r\nContent-Type: image/png; name=Holiday.png\r\n\r\nnot this\r\n--b--\r\n"
)  # fmt: skip


def test_a_digest() -> None:
    digest = compute()(MESSAGE, 7)
    part = scan(MESSAGE)
    assert digest.message_id == 7
    assert digest.envelope.startswith(b'("Mon, 1 Jan 2024 00:30:00 +0100" ')
    assert digest.body.startswith(b'(("text" "plain" ')
    assert len(digest.structure) > len(digest.body)
    assert digest.sections == Sections.of(part).encode()
    assert digest.preview == "Hello WÖRLD"
    assert digest.sent == datetime(2023, 12, 31, 23, 30, tzinfo=UTC).timestamp()
    assert digest.sent_day == date(2024, 1, 1).toordinal()
    assert digest.sender == "änn example <ann.example@x.test>, bob@y.test"
    assert (digest.to, digest.cc, digest.bcc) == ("friends: carl <c@x.test>;", "dan@z.test", "eve@z.test")
    assert digest.subject == "re: [list] grüsse"
    assert (digest.sort_from, digest.sort_to, digest.sort_cc) == ("ann.example", "friends", "dan")
    assert (digest.sort_subject, digest.is_reply) == ("grüsse", True)
    assert (digest.sort_display_from, digest.sort_display_to) == ("änn example", "friends")
    assert (digest.thread_id, digest.references) == ("own@x.test", "a@x.test b@x.test")
    assert digest.fields.split("\n") == [
        "received: by mx", "date: mon, 1 jan 2024 00:30:00 +0100",
        "from: änn example <ann.example@x.test>, bob@y.test", "to: friends: carl <c@x.test>;", "cc: dan@z.test",
        "bcc: eve@z.test", "subject: re: [list] grüsse", 'message-id: <"own"@x.test>',
        "references: <a@x.test> junk <b@x.test>", "in-reply-to: <b@x.test>",
        "content-type: multipart/mixed; boundary=b", "",
        "content-type: text/plain; charset=utf-8", "content-type: message/rfc822", "x-part: yes", "subject: inner",
        "content-type: image/png; name=holiday.png",
    ]  # fmt: skip
    assert digest.fields == fields_text(MESSAGE, part)
    assert digest.text.split("\n") == ["hello wörld", "subject: inner", "deep", "holiday.png"]
    assert not digest.cut


def test_nothing_at_all() -> None:
    digest = compute()(b"", 1)
    assert digest.envelope == b"(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)"
    assert (digest.sent, digest.sent_day, digest.fields, digest.text, digest.cut) == (None, None, "", "", False)


def test_an_empty_digest_is_one_text_of_the_message_s_size() -> None:
    digest = compute().empty(7, 100)
    assert digest.message_id == 7
    assert digest.body == b'("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 100 0)'
    assert Sections.decode(digest.sections).range(()) == (0, 100)
    assert digest.cut


@pytest.mark.parametrize(
    ("header", "references"),
    [
        (b"References: <a@b> <c@d>\r\n", "a@b c@d"),
        (b"References: nothing\r\nIn-Reply-To: <a@b> <c@d>\r\n", "a@b"),
        (b"In-Reply-To: Your message of Monday <a@b>\r\n", "a@b"),
        (b"In-Reply-To: Monday\r\n", ""),
        (b'References: <"a"@b> <"a\\"c"@b> < e\r\n @f > <x>\r\n', 'a@b a"c@b e@f'),
        (b"References: <a@b>\r\nReferences: <c@d>\r\n", "a@b c@d"),
    ],
)
def test_references(header: bytes, references: str) -> None:
    assert compute()(header + b"\r\n", 1).references == references


@pytest.mark.parametrize(
    ("sender", "mailbox", "display"),
    [
        (b"Ann@X.test", "ann", "ann@x.test"),
        (b"<>", "", ""),
        (b"Ann", "ann", "ann"),
        (b'"Ann E." <ann@x.test>', "ann", "ann e."),
        (b"ann@x.test (Ann)", "ann", "ann"),
        (b"\xe9\xe8", "éè", "éè"),
    ],
)
def test_what_is_sorted_by(sender: bytes, mailbox: str, display: str) -> None:
    digest = compute()(b"From: " + sender + b"\r\n\r\n", 1)
    assert (digest.sort_from, digest.sort_display_from) == (mailbox, display)


@pytest.mark.parametrize(
    ("limits", "octets", "cut"),
    [
        (DigestLimits(index_text=10), b"\r\n" + b"a" * 10, False),
        (DigestLimits(index_text=10), b"\r\n" + b"a" * 11, True),
        (DigestLimits(index_text=10), b"Subject: long one\r\n\r\n", True),
        (DigestLimits(text=TextLimits(text_part=10)), b"\r\n" + b"a" * 11, True),
        (DigestLimits(text=TextLimits(text_part=10)), b"Content-Type: a/b\r\n\r\n" + b"a" * 11, False),
    ],
)
def test_it_tells_when_it_does_not_hold_all(limits: DigestLimits, octets: bytes, cut: bool) -> None:
    digest = compute(limits)(octets, 1)
    assert digest.cut == cut
    assert max(len(digest.fields), len(digest.text)) <= limits.index_text


@pytest.mark.parametrize(
    "octets",
    [
        b"To: " + b"a@b.test, " * 200_000 + b"\r\n\r\n",
        b"Subject: " + b"=?utf-8?q?x?= " * 100_000 + b"\r\n\r\n",
        b"X: y\r\n" * 200_000 + b"\r\n",
        b"References: " + b"<" * 500_000 + b"\r\n\r\n",
        b'References: <"' + b'\\"' * 250_000 + b">\r\n\r\n",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 20_000,
        b"\r\n" + b"a b\r\n" * 500_000,
        b"Content-Type: text/html; charset=utf-8\r\n\r\n" + "<p>é&amp;".encode() * 100_000,
        b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + b"\xb0\xa1\xff" * 300_000,
        b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+AOk-" * 200_000,
        b"Content-Type: message/rfc822\r\n\r\n" * 50_000,
    ],
    ids=["people", "words", "fields", "angles", "quotes", "parts", "lines", "html", "gb", "utf-7", "messages"],
)  # fmt: skip
def test_cost_is_bounded(octets: bytes) -> None:
    began = process_time()
    compute()(octets, 1)
    assert process_time() - began < 3.0


@given(st.binary(max_size=300))
def test_any_octets_have_a_digest(octets: bytes) -> None:
    digest = compute()(b"Content-Type: multipart/mixed; boundary=b\r\nSubject: " + octets, 1)
    assert digest.fields.count("\n\n") <= 1


def test_a_piece_behind_one_that_filled_all_is_left_out() -> None:
    octets = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\n\r\n12345678\r\n--b\r\n\r\nanother piece\r\n--b--\r\n"
    )
    digest = compute(DigestLimits(index_text=8))(octets, 7)
    assert (digest.text, digest.cut) == ("12345678", True)
