"""Sets of numbers name the same messages as when each number is looked at."""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.inbox.live.numbers import beyond, by_number, by_saved, by_uid, positions
from pillarbox.mail.query import STAR

FEW = st.integers(1, 12)
END = FEW | st.just(STAR)
RANGES = st.lists(st.tuples(END, END).map(lambda span: (min(span), max(span))), max_size=5)
UIDS = st.sets(FEW).map(sorted)


def naive(ranges: list[tuple[int, int]], numbers: list[int]) -> list[int]:
    """Where the ``numbers`` are that ranges name; RFC 9051 §9."""
    largest = numbers[-1] if numbers else 0
    ends = [sorted(largest if end == STAR else end for end in span) for span in ranges]
    return [at for at, number in enumerate(numbers) if any(first <= number <= last for first, last in ends)]


@given(UIDS, RANGES)
def test_uids(uids: list[int], ranges: list[tuple[int, int]]) -> None:
    assert list(positions(by_uid(uids, ranges))) == naive(ranges, uids)


@given(st.integers(0, 8), RANGES)
def test_numbers(count: int, ranges: list[tuple[int, int]]) -> None:
    assert list(positions(by_number(count, ranges))) == naive(ranges, list(range(1, count + 1)))


@given(st.integers(0, 8), RANGES)
def test_numbers_that_no_message_has(count: int, ranges: list[tuple[int, int]]) -> None:
    named = [end for span in ranges for end in span]
    assert beyond(count, ranges) is any(count == 0 or (end != STAR and end > count) for end in named)


@given(UIDS, st.sets(FEW))
def test_saved_uids(uids: list[int], saved: set[int]) -> None:
    assert list(positions(by_saved(uids, saved))) == [at for at, uid in enumerate(uids) if uid in saved]


def test_a_run_costs_nothing_however_many_it_spans() -> None:
    uids = range(1, 50_001)
    assert positions(by_uid(uids, [(1, STAR)])) == range(50_000)
    assert positions(by_uid(uids, [(1, 4_000_000_000)])) == range(50_000)
    assert positions(by_number(50_000, [(3, 7), (5, 9), (10, 12)])) == range(2, 12)
