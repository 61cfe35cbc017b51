"""Are whole lines found, however the octets were cut, and long ones bounded?"""

import pytest

from pillarbox.proto.buffer import EndlessLineError, LineBuffer, LineTooLongError


def test_lines_come_whole_and_in_order() -> None:
    buffer = LineBuffer()
    buffer.feed(b"one\r\ntw")
    assert buffer.line(10) == b"one\r\n"
    assert buffer.line(10) is None
    buffer.feed(b"o\nthree")
    assert buffer.line(10) == b"two\n"
    assert buffer.peek(2) == b"th"
    assert len(buffer) == 5


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_line_that_is_too_long_is_told_once_and_dropped(size: int) -> None:
    buffer = LineBuffer()
    octets = b"x" * 50 + b"\r\nnext\r\n"
    told, lines = 0, []
    for start in range(0, len(octets), size):
        buffer.feed(octets[start : start + size])
        while True:
            try:
                line = buffer.line(10)
            except LineTooLongError:
                told += 1
                continue
            if line is None:
                break
            lines.append(line)
        assert len(buffer) <= 10
    assert told == 1
    assert lines == [b"next\r\n"]
    assert buffer.skipped == 52


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_line_without_end_is_told(size: int) -> None:
    for length, endless in ((50, False), (51, True)):
        buffer = LineBuffer()
        told: list[type] = []
        octets = b"x" * (length - 1) + b"\nnext\n"
        for start in range(0, len(octets), size):
            buffer.feed(octets[start : start + size])
            for _ in range(2):
                try:
                    if not buffer.skipping or buffer.skip(50):
                        buffer.line(10)
                except (LineTooLongError, EndlessLineError) as error:
                    told.append(type(error))
        assert told[0] is LineTooLongError
        assert (EndlessLineError in told) == endless


def test_a_line_at_the_limit_is_taken() -> None:
    buffer = LineBuffer()
    buffer.feed(b"12345678\r\n")
    assert buffer.line(10) == b"12345678\r\n"
    buffer.feed(b"123456789\r\n")
    with pytest.raises(LineTooLongError):
        buffer.line(10)


def test_octets_may_be_cut_from_the_front() -> None:
    buffer = LineBuffer()
    buffer.feed(b"no line yet")
    assert buffer.line(100) is None
    del buffer.octets[: len(b"no ")]
    buffer.feed(b"\n")
    assert buffer.line(100) == b"line yet\n"


def test_clear_forgets_a_line_that_was_too_long() -> None:
    buffer = LineBuffer()
    buffer.feed(b"x" * 20)
    with pytest.raises(LineTooLongError):
        buffer.line(10)
    buffer.clear()
    buffer.feed(b"a\n")
    assert buffer.line(10) == b"a\n"
