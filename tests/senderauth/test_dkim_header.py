"""Are the fields of a header chosen and written as RFC 6376 §3.4 and §5.4 say?"""

import pytest

from pillarbox.senderauth.dkim_header import Fields, relaxed_field, single_spaced

HEADER = b"A: X\r\nB : Y\t\r\n\tZ  \r\nb: two\r\nB:three\r\nno field here\r\nC:\r\n\r\n"


def test_the_example_of_the_rfc() -> None:
    fields = Fields(b"A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n")
    assert fields.chosen([b"a", b"b"], relaxed=True) == b"a:X\r\nb:Y Z\r\n"
    assert fields.chosen([b"a", b"b"], relaxed=False) == b"A: X\r\nB : Y\t\r\n\tZ  \r\n"


def test_a_name_again_means_the_field_above() -> None:
    fields = Fields(HEADER)
    assert fields.chosen([b"b", b"b", b"b", b"b"], relaxed=True) == b"b:three\r\nb:two\r\nb:Y Z\r\n"
    assert fields.count(b"b") == 3
    assert [fields.lines[place] for place in fields.places(b"b")][-1] == b"B:three"


def test_what_is_not_there_is_nothing() -> None:
    fields = Fields(HEADER)
    assert fields.chosen([b"x", b"c", b"c", b"", b"a"], relaxed=True) == b"c:\r\na:X\r\n"
    assert Fields(b"").chosen([b"from"], relaxed=True) == b""


def test_odd_folds() -> None:
    assert relaxed_field(b"Subject \t:\r\n \r\n\ta\r\n \r\n\t b \r\n ") == b"subject:a b"
    assert relaxed_field(b"X: a:b") == b"x:a:b"
    assert relaxed_field("X: Grüße  dir".encode()) == "x:Grüße dir".encode()


@pytest.mark.parametrize(
    ("header", "sound"),
    [
        (b"A: b\r\nC: d\r\n\r\n", True),
        (b"A: b\nC: d\r\n", False),
        (b"A: b\rC: d\r\n", False),
        (b"A: b\n\r\n", False),
        (b"A: \n\rb\r\n", False),
        (b"", True),
    ],
)
def test_line_ends(header: bytes, sound: bool) -> None:
    assert Fields(header).sound is sound


def test_a_run_of_spaces_is_one() -> None:
    for size in range(1, 70):
        assert single_spaced(b"a" + b" \t"[:1] * size + b"b") == b"a b"
    assert single_spaced(b"\t \t" * 1_000_000) == b" "
