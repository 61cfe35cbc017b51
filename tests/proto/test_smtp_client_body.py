"""Content leaves with CRLF and doubled dots, whatever the slices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp.client_body import ChunkWriter, DataWriter, Survey, whole_data

PIECES = [b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\0", b"\xff", b"x" * 999]
CONTENT = st.lists(st.sampled_from(PIECES)).map(b"".join)
CUTS = st.lists(st.integers(1, 9), min_size=1)


def sliced(content: bytes, cuts: list[int]) -> list[bytes]:
    slices, turn = [], 0
    while content:
        size = cuts[turn % len(cuts)]
        slices.append(content[:size])
        content, turn = content[size:], turn + 1
    return slices


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"", b".\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b".\r\n..\r\na.\r\n", b"..\r\n...\r\na.\r\n.\r\n"),
        (b"a\r\n\r\n", b"a\r\n\r\n.\r\n"),
        # Each form that some server takes for the end of the message leaves as an ordinary line.
        (b"a\n.\nMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
        (b"a\n.\r\nMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
        (b"a\r.\rMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
        (b"a\r\n.\rMAIL", b"a\r\n..\r\nMAIL\r\n.\r\n"),
        (b"a\r\r\n.\r\r\nb", b"a\r\n\r\n..\r\n\r\nb\r\n.\r\n"),
    ],
)
def test_content_leaves_as_one_message(content: bytes, wire: bytes) -> None:
    assert whole_data(content) == wire


@given(CONTENT, CUTS)
def test_slices_leave_as_the_whole_does(content: bytes, cuts: list[int]) -> None:
    writer = DataWriter()
    assert b"".join(map(writer.slice, sliced(content, cuts))) + writer.end() == whole_data(content)


@given(CONTENT)
def test_a_strict_reader_finds_one_message_and_only_whole_lines(content: bytes) -> None:
    wire = whole_data(content)
    assert wire.count(b"\n") == wire.count(b"\r\n") == wire.count(b"\r")
    assert (b"\r\n" + wire).find(b"\r\n.\r\n") == len(wire) - 3


@given(CONTENT, CUTS)
def test_binary_chunks_leave_unchanged_and_text_chunks_with_whole_lines(content: bytes, cuts: list[int]) -> None:
    binary, text = ChunkWriter(binary=True), ChunkWriter(binary=False)
    assert b"".join(map(binary.slice, sliced(content, cuts))) + binary.end() == content
    wire = b"".join(map(text.slice, sliced(content, cuts))) + text.end()
    assert wire.count(b"\n") == wire.count(b"\r\n") == wire.count(b"\r")
    assert not wire or wire.endswith(b"\r\n")


@given(CONTENT, CUTS)
def test_a_survey_is_the_same_for_every_split(content: bytes, cuts: list[int]) -> None:
    whole, split = Survey.of(content), Survey()
    for data in sliced(content, cuts):
        split.see(data)
    split.end()
    assert (split.eight_bit, split.text_lines) == (whole.eight_bit, whole.text_lines)
    if whole.text_lines:
        assert split.header_ascii == whole.header_ascii


@pytest.mark.parametrize(
    ("content", "eight_bit", "header_ascii", "text_lines"),
    [
        (b"A: b\r\n\r\nc\r\n", False, True, True),
        (b"A: b\r\n\r\n\xc3\xa9\r\n", True, True, True),
        (b"A: \xc3\xa9\r\n\r\nc\r\n", True, False, True),
        (b"A: b\r\n\r\nc", False, True, False),
        (b"A: b\r\n\r\nc\n", False, True, False),
        (b"A: b\r\n\r\n\0\r\n", False, True, False),
        (b"x" * 998 + b"\r\n", False, True, True),
        (b"x" * 999 + b"\r\n", False, True, False),
    ],
)
def test_what_a_survey_sees(content: bytes, eight_bit: bool, header_ascii: bool, text_lines: bool) -> None:
    survey = Survey.of(content)
    assert (survey.eight_bit, survey.header_ascii, survey.text_lines) == (eight_bit, header_ascii, text_lines)
