"""Does a reply stay one reply on the wire, whatever words went into it?"""

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail.reply import LINE_MAX, Reply


def test_one_line_and_many() -> None:
    assert Reply(250, "2.0.0", ("OK",)).encode() == b"250 2.0.0 OK\r\n"
    assert Reply.of(550, "5.1.1", "No\nreally").encode() == b"550-5.1.1 No\r\n550 5.1.1 really\r\n"
    assert Reply(354, "", ("Go",)).encode() == b"354 Go\r\n"
    assert Reply(250, "", ()).encode() == b"250 \r\n"


@given(st.lists(st.text(max_size=700), max_size=4))
def test_words_cannot_break_out(lines: list[str]) -> None:
    octets = Reply(550, "5.7.1", tuple(lines)).encode()
    found = octets.split(b"\r\n")
    assert found.pop() == b""
    assert len(found) == max(1, len(lines))
    for line in found:
        assert len(line) + 2 <= LINE_MAX
        assert line.startswith(b"550")
        assert b"\r" not in line
        assert b"\n" not in line
    assert [line[3:4] for line in found[:-1]] == [b"-"] * (len(found) - 1)
