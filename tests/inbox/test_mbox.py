"""mbox in all its dialects, whole and in pieces."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.inbox import mbox
from pillarbox.inbox.found import Found, Passed, ReadSettings
from pillarbox.inbox.marks import notes
from pillarbox.inbox.mbox import MboxFile
from pillarbox.inbox.mboxrd import Quoter, separator
from pillarbox.store.rows import Flags

NEW_YEAR = 1_704_067_200.0  # Mon Jan  1 00:00:00 2024 UTC


def read(path: Path, content: bytes, after: str = "") -> list[Found | Passed]:
    path.write_bytes(content)
    return list(MboxFile(path).read(after))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "mail"


def test_two_messages(path: Path) -> None:
    content = (
        b"From eve@far.example Mon Jan  1 00:00:00 2024\nSubject: one\n\nhello\n>From the start\n>>From x\n\n"
        b"From - Mon Jan  1 00:00:01 2024\nSubject: two\n\nbye\n\n"
    )
    one, two = read(path, content)
    assert one == Found(
        "92", b"Subject: one\r\n\r\nhello\r\nFrom the start\r\n>From x\r\n", date=NEW_YEAR, sender="eve@far.example"
    )
    assert two == Found(str(len(content)), b"Subject: two\r\n\r\nbye\r\n", date=NEW_YEAR + 1)
    assert read(path, content, after="92") == [two]
    assert read(path, content, after=str(len(content))) == []


@pytest.mark.parametrize(
    ("line", "date"),
    [
        (b"From x@y Mon Jan  1 00:00:00 2024", NEW_YEAR),
        (b"From 17@xxx Mon Jan 01 00:00:00 +0000 2024", NEW_YEAR),
        (b"From x@y Mon Jan  1 01:00:00 2024 +0100", NEW_YEAR),
        (b"From x@y Sun Dec 31 19:00:00 -0500 2023", NEW_YEAR),
        (b"From x@y  Mon Jan  1 00:00 2024", NEW_YEAR),
        (b"From x@y Mon Jan  1 00:00:00 CET 2024", NEW_YEAR),
        (b'From "a b"@y Mon Jan  1 00:00:00 2024', NEW_YEAR),
        (b"From - Mon Jan  1 00:00:00 2024", NEW_YEAR),
        (b"From ", 86_400.0),
    ],
)
def test_separators(path: Path, line: bytes, date: float) -> None:
    first = b"From x@y Mon Jan  1 00:00:00 2024\nA: 1\n\nx\n\n"
    found = read(path, first + line + b"\nDate: Fri, 2 Jan 1970 00:00:00 +0000\n\ny\n")
    assert [message.date for message in found if isinstance(message, Found)] == [NEW_YEAR, date]


@pytest.mark.parametrize(
    "line",
    [
        b"From here on it gets worse",
        b"From x@y Mon Foo  1 00:00:00 2024",
        b"From x@y Mon Jan  1 00:00:00 2",
        b"from x@y Mon Jan  1 00:00:00 2024",
        b"From ",
    ],
)
def test_lines_that_only_look_like_separators(path: Path, line: bytes) -> None:
    content = b"From x@y Mon Jan  1 00:00:00 2024\nA: 1\n\nx\n\n" + line + b"\nno field behind it\n"
    assert len(read(path, content)) == 1


def test_a_separator_without_an_empty_line_before_it(path: Path) -> None:
    line = b"From x@y Mon Jan  1 00:00:00 2024\n"
    assert len(read(path, line + b"A: 1\n\nno empty line\n" + line + b"A: 2\n\nx\n")) == 2
    assert len(read(path, line + b"A: 1\n\nquoted mail:\n" + line + b"went on\n")) == 1


def test_crlf_and_no_end(path: Path) -> None:
    line = b"From x@y Mon Jan  1 00:00:00 2024\r\n"
    found = read(path, b"\r\n" + line + b"A: 1\r\n\r\nx\r\n\r\n" + line + b"A: 2\r\n\r\ny")
    assert [message.octets for message in found if isinstance(message, Found)] == [
        b"A: 1\r\n\r\nx\r\n",
        b"A: 2\r\n\r\ny",
    ]


def test_notes_of_mail_programs(path: Path) -> None:
    line = b"From x@y Mon Jan  1 00:00:00 2024\n"
    content = (
        line + b"Status: RO\nA: 1\nX-Status: AF\nX-Keywords: work\n  home\nContent-Length: 3\n\nStatus: body\n\n"
        + line + b"X-Mozilla-Status: 0005\nX-Mozilla-Status2: 00800000\nX-Mozilla-Keys: todo          \nA: 2\n\nx\n\n"
        + line + b"X-Mozilla-Status: 0009\nA: 3\n\nx\n\n"
    )  # fmt: skip
    one, two, three = read(path, content)
    assert isinstance(one, Found)
    assert isinstance(two, Found)
    assert one.octets == b"A: 1\r\nContent-Length: 3\r\n\r\nStatus: body\r\n"
    assert (one.flags, one.keywords) == (Flags.SEEN | Flags.ANSWERED | Flags.FLAGGED, "work home")
    assert (two.octets, two.flags, two.keywords) == (b"A: 2\r\n\r\nx\r\n", Flags.SEEN | Flags.FLAGGED, "todo")
    assert isinstance(three, Passed)


def test_what_is_passed_over_is_named(path: Path) -> None:
    line = b"From x@y Mon Jan  1 00:00:00 2024\n"
    found = read(path, b"junk\n\n" + line + b"\n" + line + b"A: 1\n\nx\n")
    assert [type(message) for message in found] == [Passed, Passed, Found]
    assert read(path, b"") == []


def test_a_message_over_the_bound_is_passed_over_in_little_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbox, "_CHUNK", 2_000)
    line = b"From x@y Mon Jan  1 00:00:00 2024\n"
    path.write_bytes(line + b"A: 1\n\n" + b"x\n" * 50_000 + b"\n" + line + b"A: 2\n\nx\n")
    large, small = MboxFile(path, ReadSettings(import_message=5_000)).read("")
    assert isinstance(large, Passed)
    assert "more than 5000" in large.why
    assert isinstance(small, Found)
    assert small.octets == b"A: 2\r\n\r\nx\r\n"


@pytest.mark.parametrize("chunk", [1, 7, 60, 1_000])
def test_the_size_of_the_pieces_does_not_matter(path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    line = b"From x@y Mon Jan  1 00:00:00 2024\n"
    content = b"".join(line + b"A: %d\n\nFrom x\n>From y\n%s\n\n" % (n, b"z\n" * n * 40) for n in range(8))
    whole = read(path, content)
    monkeypatch.setattr(mbox, "_CHUNK", chunk)
    assert read(path, content) == whole
    assert len(whole) == 8


def test_a_file_that_became_shorter(path: Path) -> None:
    with pytest.raises(OSError, match="shorter"):
        read(path, b"", after="10")


@pytest.mark.parametrize("parts", [(b"x" * 70_000 + b"F", b"rom y\r\n"), (b"x" * 70_000 + b"\r", b"\n")])
def test_a_very_long_line_is_written_in_parts(parts: tuple[bytes, bytes]) -> None:
    quoter = Quoter()
    written = quoter.feed(parts[0])
    assert len(written) >= 70_000
    assert written + quoter.feed(parts[1]) + quoter.finish() == b"".join(parts).replace(b"\r", b"") + b"\n"


LINES = st.lists(
    st.sampled_from([b"From x", b">From x", b"", b"From - Mon Jan  1 00:00:00 2024", b"A: 1", b"x" * 70_000])
)


@given(st.lists(LINES, max_size=4), st.lists(st.integers(1, 90_000), min_size=1, max_size=5))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, bodies: list[list[bytes]], cuts: list[int]
) -> None:
    messages = [b"A: 1\r\n\r\n" + b"".join(line + b"\r\n" for line in lines) for lines in bodies]
    written = b""
    for message in messages:
        quoter, at = Quoter(), 0
        written += separator("eve@far.example", NEW_YEAR) + notes(int(Flags.SEEN), "")
        for cut in cuts:
            written += quoter.feed(message[at : at + cut])
            at += cut
        written += quoter.feed(message[at:]) + quoter.finish()
    path = tmp_path_factory.mktemp("mbox") / "mail"
    found = read(path, written)
    assert [message.octets for message in found if isinstance(message, Found)] == messages
    assert all(isinstance(message, Found) and message.flags == Flags.SEEN for message in found)


PIECES = st.sampled_from(
    [b"From ", b"\n", b"\r\n", b"\r", b"Mon Jan  1 ", b"00:00:00 ", b"2024", b"+9999", b"A: ", b"Status: R", b">",
     b"\0", b"\xff", b"Date: Mon, 99 Jan 99999 99:99:99 +9999", b"X-Mozilla-Status: zz"]
)  # fmt: skip


@given(st.lists(PIECES | st.binary(max_size=5), max_size=60))
def test_anything_can_be_in_a_file(tmp_path_factory: pytest.TempPathFactory, pieces: list[bytes]) -> None:
    path = tmp_path_factory.mktemp("mbox") / "mail"
    content = b"".join(pieces)
    found = read(path, content)
    places = [int(message.place) for message in found]
    assert places == sorted(places)
    assert all(place <= len(content) for place in places)
    if places:
        assert read(path, content, after=str(places[0])) == found[1:]
