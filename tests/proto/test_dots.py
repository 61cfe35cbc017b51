"""Is the end of a text found only where it is, and does stuffing come off as it went on?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.dots import EndFinder, Stuffer, Unstuffer

# Texts full of what matters.
tricky = st.lists(st.sampled_from([b"\r\n", b".", b"\r", b"\n", b"a", b"\r\n.", b"..", b"\0"])).map(b"".join)
cuts = st.lists(st.integers(1, 7), max_size=40)


def pieces(octets: bytes, sizes: list[int]) -> list[bytes]:
    """``octets`` cut in pieces of ``sizes``, and the rest."""
    parts = []
    for size in sizes:
        parts.append(octets[:size])
        octets = octets[size:]
    return [*parts, octets]


def read(raw: list[bytes]) -> tuple[bytes, bytes, bool]:
    """What the finder and the unstuffer make of ``raw``: text, what is behind the end, whether there was one."""
    finder, unstuffer, waiting, text = EndFinder(), Unstuffer(), bytearray(), b""
    for piece in raw:
        waiting += piece
        part, ended, _ = finder.take(waiting)
        text += unstuffer.feed(part)
        if ended:
            return text, bytes(waiting), True
    return text, bytes(waiting), False


def reference(raw: bytes) -> tuple[bytes, bool]:
    """The same, the slow and obvious way: RFC 5321 §4.5.2 line by line."""
    text, found, _ = (b"\r\n" + raw).partition(b"\r\n.\r\n")
    lines = text.split(b"\r\n")[1:] if text else []
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines), bool(found)


@given(tricky, cuts)
def test_what_was_stuffed_comes_out_as_it_went_in(text: bytes, sizes: list[int]) -> None:
    stuffer = Stuffer()
    raw = b"".join(map(stuffer.feed, pieces(text, sizes))) + stuffer.finish()
    wanted = text if not text or text.endswith(b"\r\n") else text + b"\r\n"
    assert read([raw + b"QUIT"]) == (wanted, b"QUIT", True)
    assert read(pieces(raw, sizes[::-1]))[0] == wanted


@given(tricky, cuts)
def test_the_end_is_where_the_rule_says(raw: bytes, sizes: list[int]) -> None:
    text, ended = reference(raw + b"\r\n.\r\n")
    assert ended
    assert read(pieces(raw + b"\r\n.\r\n", sizes))[0] == text


@pytest.mark.parametrize(
    "end",
    [
        b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r.\r\n", b"\r\n.\n", b"\r\n.\r", b"\n.\r", b"\r.\n", b"\n\n.\n",
        b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\r.\r\r", b"\r\n. \r\n",
    ],
)  # fmt: skip
def test_nothing_else_is_an_end(end: bytes) -> None:
    _, _, ended = read([b"text" + end + b"more"])
    assert not ended
    raw = b"text" + end + b"more"
    _, _, ended = read([raw[n : n + 1] for n in range(len(raw))])
    assert not ended


def test_the_empty_text() -> None:
    assert read([b".\r\nrest"]) == (b"", b"rest", True)
    assert read([b".", b"\r", b"\nrest"]) == (b"", b"rest", True)
    assert Stuffer().finish() == b".\r\n"


def test_a_plain_text_is_known_to_be_plain() -> None:
    assert EndFinder().take(bytearray(b"a\r\nb\r\n.\r\n")) == (b"a\r\nb\r\n", True, True)
    assert EndFinder().take(bytearray(b"a\r\n..b\r\n.\r\n"))[2] is False
    assert EndFinder().take(bytearray(b"..b\r\n.\r\n"))[2] is False
    assert EndFinder().take(bytearray(b"a\rb\r\n.\r\n"))[2] is False
