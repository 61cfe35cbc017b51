"""Are bare line ends and long lines found, however the text was cut?"""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp.text import LineEnds, LineLengths, repair

tricky = st.lists(st.sampled_from([b"\r\n", b"\r", b"\n", b"a", b"bc"])).map(b"".join)
cuts = st.lists(st.integers(0, 5), max_size=30)


def pieces(octets: bytes, sizes: list[int]) -> list[bytes]:
    parts = []
    for size in sizes:
        parts.append(octets[:size])
        octets = octets[size:]
    return [*parts, octets]


@given(tricky, cuts)
def test_bare_ends_are_what_is_left_without_the_pairs(text: bytes, sizes: list[int]) -> None:
    ends = LineEnds()
    found = any(ends.bare(piece) for piece in pieces(text, sizes))
    left = text.replace(b"\r\n", b"")
    assert (found or ends.open) == (b"\r" in left or b"\n" in left)


def test_repair() -> None:
    assert repair(b"a\nb\rc\r\nd\n\r\n\re") == b"a\r\nb\r\nc\r\nd\r\n\r\n\r\ne"
    assert repair(b"plain\r\n") == b"plain\r\n"


@given(st.lists(st.integers(0, 12)), cuts, st.integers(1, 12))
def test_long_lines_are_those_over_the_limit(lengths: list[int], sizes: list[int], limit: int) -> None:
    text = b"".join(b"x" * length + b"\n" for length in lengths)
    watch = LineLengths(limit)
    found = any(watch.over(piece) for piece in pieces(text, sizes))
    assert found == any(length + 1 > limit for length in lengths)


def test_no_limit_on_lines() -> None:
    assert not LineLengths(0).over(b"x" * 1000)


def test_a_return_left_open_is_bare_unless_a_feed_comes() -> None:
    ends = LineEnds()
    assert not ends.bare(b"a\r")
    assert ends.open
    assert ends.bare(b"\r")
    assert not ends.bare(b"\nb")
    assert not ends.open
