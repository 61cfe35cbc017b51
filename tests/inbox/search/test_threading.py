"""Conversations are put together as RFC 5256 §3 and §4 say, whatever messages claim of each other."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inbox.search import naive_threads
from pillarbox.inbox.search.linking import DEEPEST, REFERENCES_AT_MOST
from pillarbox.inbox.search.threading import ordered_subject, references
from pillarbox.store.digests import Threading


def row(uid: int, own: str = "", refers: str = "", subject: str = "", sent: float | None = None) -> Threading:
    """A message; "re: x" answers in subject x."""
    is_reply = subject.startswith("re: ")
    return Threading(uid, uid if sent is None else sent, subject.removeprefix("re: "), is_reply, own, refers)


def threads(*rows: Threading) -> list[object]:
    return [*references(rows, {each.uid: each.uid for each in rows})]


def by_subject(*rows: Threading) -> list[object]:
    return [*ordered_subject(rows, {each.uid: each.uid for each in rows})]


def test_answers_hang_below_what_they_answer() -> None:
    """The shape of the example in RFC 5256 §4: (2)(3 6 (4 23)(44 7 96))."""
    told = threads(
        row(2, "b", subject="other"),
        row(3, "c", subject="one"),
        row(4, "d", "c f", "re: one"),
        row(6, "f", "c", "re: one"),
        row(7, "g", "c f x", "re: one", sent=45),
        row(23, "w", "c f d", "re: one"),
        row(44, "x", "c f", "re: one"),
        row(96, "y", "c f x g", "re: one"),
    )
    assert told == [[2], [3, 6, [4, 23], [44, 7, 96]]]


def test_a_missing_parent_holds_its_answers_together() -> None:
    """RFC 5256 §4: "(THREAD (3)(5))" with a parent that is not there goes as ((3)(5))."""
    assert threads(row(3, "c", "gone"), row(5, "e", "gone")) == [[[3], [5]]]


def test_a_missing_parent_of_one_answer_is_left_out() -> None:
    assert threads(row(3, "c", "gone"), row(5, "e", "gone c")) == [[3, 5]]
    assert threads(row(3, "c", "a b gone")) == [[3]]


def test_missing_ones_in_the_middle_are_left_out() -> None:
    told = threads(row(1, "a"), row(2, "b", "a gone1 gone2"), row(3, "c", "a gone1 gone3"))
    assert told == [[1, [2], [3]]]


def test_the_last_reference_counts_against_a_cut_list() -> None:
    """Step 1.B: what another message's list says is only believed until the message speaks for itself."""
    told = threads(row(1, "a"), row(2, "b", "a"), row(3, "c", "a b"), row(4, "d", "a c"))
    assert told == [[1, 2, 3, 4]]


def test_a_message_without_references_has_no_parent_whatever_others_say() -> None:
    assert threads(row(1, "a"), row(2, "b", "a c"), row(3, "c")) == [[1], [3, 2]]


def test_circles_are_not_closed() -> None:
    assert threads(row(1, "a", "b"), row(2, "b", "a")) == [[2, 1]]
    assert threads(row(1, "a", "a")) == [[1]]
    assert threads(row(1, "a", "b c a"), row(2, "b", "c a b"), row(3, "c", "a b c"))


def test_the_first_of_two_with_one_id_is_the_one_that_is_answered() -> None:
    assert threads(row(1, "a"), row(2, "a"), row(3, "b", "a")) == [[1, 3], [2]]


def test_messages_without_id_stand_alone() -> None:
    assert threads(row(1), row(2), row(3, "", "gone")) == [[1], [2], [3]]


def test_siblings_and_threads_stand_by_date_then_number() -> None:
    told = threads(
        row(1, "a", sent=50), row(2, "b", "a", sent=70), row(3, "c", "a", sent=60), row(4, "d", sent=50), row(5, sent=1)
    )
    assert told == [[5], [1, [3], [2]], [4]]


def test_a_missing_parent_stands_where_its_first_answer_does() -> None:
    told = threads(row(1, sent=30), row(2, "b", "gone", sent=40), row(3, "c", "gone", sent=20))
    assert told == [[[3], [2]], [1]]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([row(1, subject="x"), row(2, subject="re: x")], [[1, 2]]),
        ([row(1, subject="re: x"), row(2, subject="x")], [[2, 1]]),
        ([row(1, subject="x"), row(2, subject="x")], [[[1], [2]]]),
        ([row(1, subject="re: x"), row(2, subject="re: x")], [[[1], [2]]]),
        ([row(1, subject="x"), row(2, subject="re: x"), row(3, subject="re: x")], [[1, [2], [3]]]),
        ([row(1, subject="x"), row(2, subject="x"), row(3, subject="re: x")], [[[1], [2], [3]]]),
        ([row(1), row(2), row(3, subject="re: ")], [[1], [2], [3]]),
        ([row(1, "", "g", "x"), row(2, "", "g", "y"), row(3, subject="x")], [[[1], [2], [3]]]),
        ([row(1, "", "g", "x"), row(2, "", "g", "y"), row(3, subject="y")], [[[1], [2]], [3]]),
        ([row(1, "", "g", "x"), row(2, "", "g"), row(3, "", "h", "x"), row(4, "", "h")], [[[1], [2], [3], [4]]]),
        ([row(1, subject="x"), row(2, "", "g", "re: x"), row(3, "", "g", "re: x")], [[[1], [2], [3]]]),
    ],
)
def test_threads_of_one_subject_are_one(rows: list[Threading], told: list[object]) -> None:
    """Step 5: a dummy takes all in; a message takes in its replies; else both stand side by side."""
    assert threads(*rows) == told


def test_ordered_subject_is_by_subject_and_date() -> None:
    told = by_subject(
        row(1, subject="x", sent=5), row(2, subject="y"), row(3, subject="x", sent=1), row(4, subject="re: y"),
        row(5, subject="x", sent=1), row(6, subject="z", sent=0),
    )  # fmt: skip
    assert told == [[6], [3, [5], [1]], [2, 4]]
    assert by_subject() == threads() == []


IDS = st.sampled_from("abcdefgh")
ROWS = st.lists(
    st.tuples(
        st.one_of(IDS, st.just("")),
        st.lists(IDS, max_size=4).map(" ".join),
        st.sampled_from(["", "x", "re: x", "y", "re: y"]),
        st.integers(0, 5),
    ),
    max_size=12,
)


@settings(max_examples=500, deadline=None)
@given(ROWS)
def test_any_messages_are_threaded_as_the_rfc_says_step_by_step(
    drawn: list[tuple[str, str, str, int]],
) -> None:
    rows = [row(number, *one) for number, one in enumerate(drawn, 1)]
    assert threads(*rows) == naive_threads.threads(rows)


def test_positions_are_told_not_uids() -> None:
    rows = [row(10, "a"), row(20, "b", "a")]
    assert references(rows, {10: 0, 20: 1}) == [[0, 1]]
    assert ordered_subject(rows, {10: 0, 20: 1}) == [[0, 1]]


@pytest.mark.parametrize("backwards", [False, True])
def test_a_chain_of_fifty_thousand_is_one_thread(backwards: bool) -> None:
    """No recursion, and no walk through the chain for each of its links."""
    number = 50_000
    rows = [row(n, f"m{n}", f"m{n - 1}" if n > 1 else "") for n in range(1, number + 1)]
    began = time.perf_counter()
    [thread] = references(rows[::-1] if backwards else rows, {n: n for n in range(1, number + 1)})
    assert time.perf_counter() - began < 10
    assert thread == list(range(1, number + 1))


def test_pranks_cost_a_bounded_time() -> None:
    """Deep chains to which each link has to be looked for, and lists of references without end."""
    deep = [row(n, f"m{n}", f"m{n - 1}" if n > 1 else "") for n in range(1, 5_001)]
    hooks = [row(10_000 + n, f"h{n}", f"m{5_000 - n % 100}") for n in range(5_000)]
    below = [row(20_000 + n, f"b{n}", f"h{n}") for n in range(5_000)]
    lists = [row(30_000 + n, f"l{n}", " ".join(f"r{k}" for k in range(3_000))) for n in range(100)]
    began = time.perf_counter()
    told = threads(*below, *hooks, *deep, *lists)
    assert time.perf_counter() - began < 20
    assert told
    assert DEEPEST >= 1_000
    assert REFERENCES_AT_MOST >= 100
