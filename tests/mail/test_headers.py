"""Are header fields found where they are, in whatever state they come?"""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import headers

HEADER = (
    b"Received: from a\r\n\tby b;\r\n today\r\nDelivered-To: ANN@example.test\r\nreceived : x\r\n"
    b"Subject: One\r\n two\r\n"
    b"Message-ID: <1@x>\r\nnonsense\r\nSubject: Three\r\nX-Received: no\r\n\r\n"
)


def test_fields_and_their_values() -> None:
    found = [(field.name, field.value) for field in headers.fields(HEADER)]
    assert found == [
        (b"Received", "from a\tby b; today"),
        (b"Delivered-To", "ANN@example.test"),
        (b"received", "x"),
        (b"Subject", "One two"),
        (b"Message-ID", "<1@x>"),
        (b"Subject", "Three"),
        (b"X-Received", "no"),
    ]


def test_a_glance_sees_what_intake_wants() -> None:
    seen = headers.glance(HEADER)
    assert seen == headers.Glance(2, frozenset({"ann@example.test"}), "<1@x>", "One two")


def test_where_the_header_ends() -> None:
    assert headers.header_size(HEADER + b"body\r\n\r\n") == len(HEADER)
    assert headers.header_size(b"\r\nbody") == 2
    assert headers.header_size(b"A: b\n\nbody") == 6
    assert headers.header_size(b"no end at all") == 13


def test_the_first() -> None:
    subject = headers.first(HEADER, b"subject")
    assert subject is not None
    assert subject.value == "One two"
    assert headers.first(HEADER, b"from") is None
    assert [field.value for field in headers.fields(HEADER) if field.name == b"Subject"] == ["One two", "Three"]


def test_a_long_line_that_is_no_field_is_read_once() -> None:
    # Read again from each of its characters it would take hours; so it takes milliseconds.
    assert [field.name for field in headers.fields(b"x" * 1_000_000 + b"\r\nA: b\r\n")] == [b"A"]


@given(st.binary(max_size=300))
def test_any_octets_are_read(octets: bytes) -> None:
    size = headers.header_size(octets)
    assert 0 <= size <= len(octets)
    for field in headers.fields(octets[:size]):
        assert octets[field.start : field.end].startswith(field.name)
        assert isinstance(field.value, str)
    headers.glance(octets)


def test_dates_are_english_whatever_the_system_speaks() -> None:
    assert headers.date(0) == "Thu, 01 Jan 1970 00:00:00 +0000"
    assert headers.date(1_793_454_785.9) == "Sat, 31 Oct 2026 13:53:05 +0000"
