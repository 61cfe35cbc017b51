"""Do sections and their partials name the octets that a reader would cut out of the whole message?"""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.doors.imap.fetch_octets import piece
from pillarbox.doors.imap.fetch_sections import chosen_fields, cut
from pillarbox.mail.headers import fields, header_size
from pillarbox.proto.imap import fetch_responses
from pillarbox.proto.imap.items import Section

PREFIX = b"Return-Path: <>\r\nDelivered-To: user@example.org\r\n"
DATA = b"Subject: hello\r\nFrom: ann@example.org\r\nsubject: again\r\n folded\r\n\r\nThe text.\r\n"
OCTETS = st.integers(0, len(PREFIX + DATA) + 5)
PARTIALS = st.none() | st.tuples(OCTETS, st.integers(1, 300))


@given(st.sampled_from(["", "HEADER", "TEXT"]), PARTIALS, st.sampled_from([b"", PREFIX]))
def test_windows(what: str, partial: tuple[int, int] | None, prefix: bytes) -> None:
    whole = prefix + DATA
    border = header_size(whole)
    expected = {"": whole, "HEADER": whole[:border], "TEXT": whole[border:]}[what]
    if partial is not None:
        expected = expected[partial[0] : partial[0] + partial[1]]
    item = Section(what=what, partial=partial)
    window = cut(item, header_size(DATA), len(DATA)).window(prefix, partial)
    assert window.lead + DATA[window.start : window.end] == expected
    assert window.size == len(expected)
    assert piece(item, prefix, DATA, None) == fetch_responses.section(item, expected)


@given(st.sets(st.sampled_from(["subject", "FROM", "Return-Path", "x-none", "Fro"])))
def test_chosen_fields_are_those_that_the_header_has(names: set[str]) -> None:
    header = PREFIX + DATA[: header_size(DATA)]
    wanted = {name.lower().encode() for name in names} or {b"x-none"}
    item = Section(what="HEADER.FIELDS", fields=tuple(name.decode() for name in sorted(wanted)))
    chosen = [header[field.start : field.end] for field in fields(header) if field.name.lower() in wanted]
    left = [header[field.start : field.end] for field in fields(header) if field.name.lower() not in wanted]
    assert chosen_fields(header, item) == b"".join(chosen) + b"\r\n"
    item = Section(what="HEADER.FIELDS.NOT", fields=item.fields)
    assert chosen_fields(header, item) == b"".join(left) + b"\r\n"


def test_the_empty_line_is_there_when_the_message_has_one() -> None:
    item = Section(what="HEADER.FIELDS", fields=("a",))
    assert chosen_fields(b"a: 1\r\nb: 2", item) == b"a: 1\r\n"
    assert chosen_fields(b"b: 2\r\na: 1", item) == b"a: 1"
    assert chosen_fields(b"a: 1\nb: 2\n\n", item) == b"a: 1\n\n"
    assert chosen_fields(b"\r\n", item) == b"\r\n"
