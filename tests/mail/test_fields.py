"""Is a header read at once the same as field by field?"""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import fields, headers

HEADER = (
    b"From x@y Mon Jan  1 00:00:00 2024\r\nReceived: from a\r\n\tby b;\r\n today\r\nSubject : One\r\nno field\r\n"
    b"SUBJECT: Two\r\nEmpty:\r\nBare: a\nLast: end\r\n\r\n"
)


def test_names_and_unfolded_values() -> None:
    assert fields.read(HEADER) == {
        b"received": [b"from a\tby b; today"],
        b"subject": [b"One", b"Two"],
        b"empty": [b""],
        b"bare": [b"a"],
        b"last": [b"end"],
    }


def test_order_and_spelling_are_kept() -> None:
    assert [name for name, _ in fields.pairs(HEADER)] == [
        b"Received",
        b"Subject",
        b"SUBJECT",
        b"Empty",
        b"Bare",
        b"Last",
    ]


def test_what_lies_behind_the_bound_says_nothing() -> None:
    header = b"A: 1\r\nX: " + b"x" * fields.HEADER_MAX + b"\r\nB: 2\r\n\r\n"
    assert sorted(fields.read(header)) == [b"a", b"x"]


LINES = (
    b"A: x\r\n", b"A:y\n", b"Long-Name : z  \r\n", b"B:\r\n", b" more: x\r\n", b"\ty\n", b"  \r\n", b"junk\r\n",
    b"a b: c\r\n", b"\xff: x\r\n", b"C: \xff\r\n", b": x\r\n", b"D: e: f",
)  # fmt: skip


@given(st.lists(st.sampled_from(LINES), max_size=20))
def test_it_agrees_with_the_search_for_fields(lines: list[bytes]) -> None:
    header = b"".join(lines)
    one_by_one = [(field.name, headers.unfolded(field.raw)) for field in headers.fields(header)]
    assert [(name, value.decode("utf-8", "replace")) for name, value in fields.pairs(header)] == one_by_one
