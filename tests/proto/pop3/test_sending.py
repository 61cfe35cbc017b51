"""Dots, ends and tops, however a message is cut."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.pop3.sending import Sending, Stuffer, Top

ODD = st.lists(st.sampled_from([b"a", b".", b"\r", b"\n", b"\r\n", b"\r\n.", b"\n.", b"..", b" "])).map(b"".join)
CUTS = st.lists(st.integers(0, 40))


def cut(data: bytes, places: list[int]) -> list[bytes]:
    borders = sorted({min(place, len(data)) for place in places} | {0, len(data)})
    return [data[a:b] for a, b in pairwise(borders)]


def sent(message: bytes, lines: int | None = None, places: list[int] | None = None) -> bytes:
    sending = Sending(lines)
    return b"".join(sending.feed(piece) for piece in cut(message, places or [])) + sending.finish()


def test_a_message_gets_its_end() -> None:
    assert sent(b"a\r\n") == b"a\r\n.\r\n"
    assert sent(b"a") == b"a\r\n.\r\n"
    assert sent(b"a\r") == b"a\r\r\n.\r\n"
    assert sent(b"a\n") == b"a\n\r\n.\r\n"
    assert sent(b"") == b".\r\n"


def test_dots_are_doubled_behind_bare_line_feeds_too() -> None:
    assert sent(b".\r\n..\r\na.\r\n") == b"..\r\n...\r\na.\r\n.\r\n"
    assert sent(b"a\n.\nb\r\n") == b"a\n..\nb\r\n.\r\n"


@given(ODD, CUTS)
def test_cutting_changes_nothing(message: bytes, places: list[int]) -> None:
    assert sent(message, None, places) == sent(message)


@given(ODD)
def test_nothing_in_a_message_looks_like_its_end(message: bytes) -> None:
    wire = sent(message)
    # What a client sees that takes CRLF for a line end, and one that takes LF.
    assert wire.endswith(b".\r\n")
    assert b"\r\n.\r\n" not in wire[:-3].removesuffix(b"\r\n") + b"\r\n"
    assert all(line.rstrip(b"\r") != b"." for line in wire[:-3].split(b"\n"))


@given(st.lists(st.sampled_from([b"a\r\n", b".\r\n", b"..b\r\n", b"\r\n"])).map(b"".join))
def test_a_client_gets_back_what_was_stored(message: bytes) -> None:
    wire = sent(message).removesuffix(b".\r\n")
    lines = wire.split(b"\r\n")
    assert b"\r\n".join(line.removeprefix(b".") if line.startswith(b".") else line for line in lines) == message


@given(ODD, ODD, CUTS, st.integers(0, 6))
def test_the_top_is_the_header_and_so_many_lines(head: bytes, body: bytes, places: list[int], lines: int) -> None:
    header = b"A: b" + head.replace(b"\n", b"").replace(b"\r", b"") + b"\r\n\r\n"
    top = Top(lines)
    got = b"".join(top.take(piece) for piece in cut(header + body, places))
    assert got == header + b"\n".join(body.split(b"\n")[:lines]) + (b"\n" if body.count(b"\n") >= lines > 0 else b"")


@given(ODD, CUTS, st.integers(0, 6))
def test_a_top_does_not_depend_on_the_cuts(message: bytes, places: list[int], lines: int) -> None:
    assert sent(message, lines, places) == sent(message, lines)


def test_the_top_knows_when_it_has_enough() -> None:
    top = Top(1)
    assert top.take(b"A: b\r\n\r\none\r\ntwo\r\n") == b"A: b\r\n\r\none\r\n"
    assert top.done
    assert top.take(b"three\r\n") == b""


def test_a_message_without_a_header() -> None:
    assert sent(b"\r\nbody\r\nmore\r\n", 1) == b"\r\nbody\r\n.\r\n"
    assert sent(b"A: b\r\n", 3) == b"A: b\r\n.\r\n"


def test_stuffing_ordinary_octets_copies_nothing() -> None:
    data = b"no dots here\r\n" * 1000
    assert Stuffer().feed(data) is data
