"""Sets of message numbers, written and read. RFC 9051 §9."""

from array import array
from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.query import STAR, NumberSet
from pillarbox.proto.imap import number_sets


@pytest.mark.parametrize(
    ("wire", "ranges"),
    [
        (b"1", ((1, 1),)),
        (b"4294967295", ((4294967295, 4294967295),)),
        (b"2,4:7,9,12:*", ((2, 2), (4, 7), (9, 9), (12, STAR))),
        (b"7:4", ((4, 7),)),
        (b"*:4,*", ((4, STAR), (STAR, STAR))),
        (b"3,1,3", ((3, 3), (1, 1), (3, 3))),
    ],
)
def test_a_set_is_read_as_written(wire: bytes, ranges: tuple[tuple[int, int], ...]) -> None:
    assert number_sets.parse(wire) == NumberSet(ranges)


def test_the_dollar_stands_for_what_was_saved() -> None:
    assert number_sets.parse(b"$") == NumberSet((), saved=True)
    assert number_sets.parse(b"1:2,$") == NumberSet(((1, 2),), saved=True)


@pytest.mark.parametrize(
    "wire",
    [b"", b"0", b"01", b"1,", b",1", b"1:", b":1", b"1:2:3", b"1 2", b"a", b"4294967296", b"99999999999", b"-1",
     b"$:3", b"**", b"1\n", b"\xb2"],
)  # fmt: skip
def test_what_is_no_set_is_refused(wire: bytes) -> None:
    with pytest.raises(ValueError, match="message number"):
        number_sets.parse(wire)


@given(st.lists(st.integers(1, 300), unique=True))
def test_what_is_compressed_reads_as_the_same_numbers_in_order(numbers: list[int]) -> None:
    wire = number_sets.compress(numbers)
    if not numbers:
        assert wire == b""
        return
    read = number_sets.parse(wire)
    assert [number for first, last in read.ranges for number in range(first, last + 1)] == numbers


def test_arrays_and_ranges_are_taken_as_they_are() -> None:
    assert number_sets.compress(array("I", [1, 2, 3, 5, 9, 10])) == b"1:3,5,9:10"
    assert number_sets.compress(range(7, 50_000)) == b"7:49999"


def test_downward_numbers_stay_apart() -> None:
    assert number_sets.compress([5, 4, 3, 7, 8]) == b"5,4,3,7:8"
    assert number_sets.ranges([(99, 50), (49, 1), (7, 7)]) == b"99:50,49:1,7"


def test_a_large_mailbox_is_compressed_at_once() -> None:
    numbers = [number * 3 // 2 for number in range(1, 50_001)]
    began = perf_counter()
    wire = number_sets.compress(numbers)
    # About 8 ms; what costs a second here would hold up everybody else.
    assert perf_counter() - began < 0.5
    assert wire.startswith(b"1,3:4,6:7,9:10,")
