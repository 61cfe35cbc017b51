"""Counting what is there while it is marked."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.pop3.marks import Marks


class Sizes:
    """A drop with messages of these sizes."""

    def __init__(self, sizes: list[int]) -> None:
        self.sizes = array("Q", sizes)

    def unique_id(self, number: int) -> str:
        return f"id{number}"


@given(st.lists(st.integers(0, 1000), max_size=30), st.lists(st.integers(-2, 35)))
def test_counts_are_those_of_what_is_left(sizes: list[int], wanted: list[int]) -> None:
    marks = Marks(Sizes(sizes))
    for number in wanted:
        if number in marks:
            marks.delete(number)
    deleted = sorted({number for number in wanted if 1 <= number <= len(sizes)})
    left = [number for number in range(1, len(sizes) + 1) if number not in deleted]
    assert marks.deleted() == deleted
    assert marks.count == len(left)
    assert marks.octets == sum(sizes[number - 1] for number in left)
    assert b"".join(marks.scan_lines()) == b"".join(b"%d %d\r\n" % (n, sizes[n - 1]) for n in left) + b".\r\n"
    assert b"".join(marks.id_lines()) == b"".join(b"%d id%d\r\n" % (n, n) for n in left) + b".\r\n"
    marks.reset()
    assert (marks.count, marks.octets, marks.deleted()) == (len(sizes), sum(sizes), [])


def test_summary() -> None:
    assert Marks(Sizes([3])).summary == "1 message (3 octets)"
    assert Marks(Sizes([])).summary == "0 messages (0 octets)"
