"""Does every number name the section that RFC 9051 §6.4.5.1 means?"""

import pytest

from mail.test_structure import NESTED, everything, nest
from pillarbox.mail.sections import Sections
from pillarbox.mail.structure import scan

# The example of RFC 9051 §6.4.5.1: a text, an attachment, two messages, the second with parts of its own.
EXAMPLE = (
    b"Subject: all\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n"
    b"--a\r\nContent-Type: text/plain\r\n\r\none\r\n"
    b"--a\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n"
    b"--a\r\nContent-Type: message/rfc822\r\n\r\n"
    b"Subject: three\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\n\r\nthree-one\r\n--b\r\nContent-Type: x/y; charset=koi8-r\r\n\r\nthree-two\r\n--b--\r\n"
    b"--a\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n"
    b"--c\r\nContent-Type: image/gif\r\n\r\nfour-one\r\n"
    b"--c\r\nContent-Type: message/rfc822\r\n\r\nSubject: four-two\r\n\r\nplain\r\n--c--\r\n"
    b"--a--\r\n"
)
SECTIONS = Sections.decode(Sections.of(scan(EXAMPLE)).encode())


@pytest.mark.parametrize(
    ("path", "what", "begins"),
    [
        ((), "", b"Subject: all\r\n"),
        ((), "HEADER", b"Subject: all\r\n"),
        ((), "TEXT", b"--a\r\nContent-Type: text/plain"),
        ((1,), "", b"one"),
        ((1,), "MIME", b"Content-Type: text/plain\r\n\r\n"),
        ((2,), "", b"AAAA"),
        ((3,), "", b"Subject: three\r\n"),
        ((3,), "MIME", b"Content-Type: message/rfc822\r\n\r\n"),
        ((3,), "HEADER", b"Subject: three\r\n"),
        ((3,), "TEXT", b"--b\r\n"),
        ((3, 1), "", b"three-one"),
        ((3, 1), "MIME", b"\r\n"),
        ((3, 2), "", b"three-two"),
        ((3, 2), "MIME", b"Content-Type: x/y"),
        ((4,), "", b"--c\r\n"),
        ((4, 1), "", b"four-one"),
        ((4, 1), "MIME", b"Content-Type: image/gif"),
        ((4, 2), "HEADER.FIELDS", b"Subject: four-two\r\n\r\n"),
        ((4, 2), "TEXT", b"plain"),
        ((4, 2, 1), "", b"plain"),
    ],
)
def test_sections_that_there_are(path: tuple[int, ...], what: str, begins: bytes) -> None:
    found = SECTIONS.range(path, what)
    assert found is not None
    assert EXAMPLE[slice(*found)].startswith(begins)


@pytest.mark.parametrize(
    ("path", "what"),
    [
        ((), "MIME"), ((0,), ""), ((5,), ""), ((1, 1), ""), ((1,), "HEADER"), ((1,), "TEXT"), ((4,), "TEXT"),
        ((3, 3), ""), ((4, 2, 2), ""), ((4, 2, 1, 1), ""), ((4, 2, 1), "TEXT"), ((10**9,), ""),
    ],
)  # fmt: skip
def test_sections_that_there_are_not(path: tuple[int, ...], what: str) -> None:
    assert SECTIONS.range(path, what) is None


def test_what_is_known_of_a_place() -> None:
    place = SECTIONS.find((3, 2))
    assert place is not None
    assert (place.encoding, place.charset, place.is_message, place.is_multipart) == ("7bit", "koi8-r", False, False)
    place = SECTIONS.find((2,))
    assert place is not None
    assert (place.encoding, place.charset) == ("base64", "")
    place = SECTIONS.find((3,))
    assert place is not None
    assert place.is_message
    assert place.inner is not None
    assert place.inner.is_multipart


def test_a_message_without_parts_has_one() -> None:
    octets = b"Subject: x\r\n\r\nbody"
    sections = Sections.of(scan(octets))
    assert [sections.range((1,), what) for what in ("", "MIME", "HEADER")] == [(14, 18), (0, 14), None]
    assert sections.range((), "TEXT") == (14, 18)
    assert sections.range((2,)) is None


def test_a_message_that_is_a_message() -> None:
    octets = b"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nbody"
    sections = Sections.of(scan(octets))
    found = [sections.range(path, what) for path, what in (((1,), "HEADER"), ((1, 1), ""), ((1,), ""))]
    assert [None if each is None else octets[slice(*each)] for each in found] == [
        b"Subject: in\r\n\r\n", b"body", b"Subject: in\r\n\r\nbody",
    ]  # fmt: skip


@pytest.mark.parametrize("octets", [b"", NESTED, EXAMPLE, nest(99), b"Content-Transfer-Encoding: a\xff b\r\n\r\n"])
def test_it_comes_back_as_it_was_kept(octets: bytes) -> None:
    blob = Sections.of(scan(octets)).encode()
    assert Sections.decode(blob).encode() == blob
    assert len(blob) < 60 * len(everything(scan(octets))) + 10


def test_labels_of_strangers_stay_in_their_place() -> None:
    octets = b'Content-Type: text/plain; charset="a b\tc\xff"\r\n\r\nx'
    place = Sections.decode(Sections.of(scan(octets)).encode()).find(())
    assert place is not None
    assert place.charset == "abc?"


@pytest.mark.parametrize("blob", [b"", b"2\nl 0 0 0 0 0 7bit "])
def test_what_is_of_another_form_is_refused(blob: bytes) -> None:
    with pytest.raises(ValueError):
        Sections.decode(blob)
