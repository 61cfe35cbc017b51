"""Do DATA and BDAT give the message and its defects, the same however they were cut?"""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp.body import ChunkReader, DataReader, Slice
from pillarbox.proto.smtp.events import Defect
from pillarbox.proto.smtp.settings import ServerSettings

tricky = st.lists(st.sampled_from([b"\r\n", b"\r\n.", b".", b"\r", b"\n", b"a", b"bcdefg", b"\0"])).map(b"".join)
cuts = st.lists(st.integers(1, 6), max_size=60)
STRICT = ServerSettings("mx", message_size=60, text_line=9)
LENIENT = ServerSettings("mx", message_size=60, text_line=9, repair_line_ends=True)
Result = tuple[bytes | None, Defect | None, int]


def read(reader: DataReader | ChunkReader, raw: bytes, sizes: list[int]) -> Result:
    """What the reader makes of ``raw`` cut in ``sizes``: the message or None, its defect, its octets."""
    waiting, text, part = bytearray(), b"", Slice(b"", False, False)
    for size in [*sizes, len(raw)]:
        waiting += raw[:size]
        raw = raw[size:]
        part = reader.take(waiting)
        text += part.data
        if part.ended:
            break
    assert part.ended
    inspector = reader.inspector
    return None if inspector.defect else text, inspector.defect, inspector.octets


@pytest.mark.parametrize("settings", [STRICT, LENIENT])
@given(text=tricky, sizes=cuts)
def test_data_does_not_depend_on_the_cuts(settings: ServerSettings, text: bytes, sizes: list[int]) -> None:
    raw = text + b"\r\n.\r\n"
    whole = read(DataReader(settings), raw, [])
    assert read(DataReader(settings), raw, sizes) == whole
    assert read(DataReader(settings), raw, [1] * len(raw)) == whole


@pytest.mark.parametrize("settings", [STRICT, LENIENT])
@pytest.mark.parametrize("binary", [False, True])
@given(text=tricky, sizes=cuts, sizes_of_chunks=cuts)
def test_chunks_do_not_depend_on_the_cuts(
    settings: ServerSettings, binary: bool, text: bytes, sizes: list[int], sizes_of_chunks: list[int]
) -> None:
    def read_chunks(parts: list[int], cut: list[int]) -> Result:
        reader, left, message = ChunkReader(settings, binary), text, b""
        for size in parts:
            reader.begin(min(size, len(left)), last=False)
            piece, defect, _ = read(reader, left[:size], cut)
            message += piece or b""
            left = left[size:]
        reader.begin(len(left), last=True)
        piece, defect, octets = read(reader, left, cut)
        return None if defect else message + (piece or b""), defect, octets

    whole = read_chunks([], [])
    assert read_chunks(sizes_of_chunks, []) == whole
    assert read_chunks(sizes_of_chunks, sizes) == whole
    if binary and len(text) <= 60:
        assert whole == (text, None, len(text))


def data(raw: bytes, settings: ServerSettings = STRICT) -> Result:
    return read(DataReader(settings), raw, [])


def test_a_good_message() -> None:
    assert data(b"..a\r\nb\r\n\r\n...\r\n.\r\n") == (b".a\r\nb\r\n\r\n..\r\n", None, 13)
    assert data(b".\r\n") == (b"", None, 0)


@pytest.mark.parametrize(
    ("raw", "defect"),
    [
        (b"a\nb\r\n.\r\n", Defect.BARE_LINE_END),
        (b"a\rb\r\n.\r\n", Defect.BARE_LINE_END),
        (b"\r\r\n.\r\n", Defect.BARE_LINE_END),
        (b"\n\r\n.\r\n", Defect.BARE_LINE_END),
        (b"\0\r\n.\r\n", Defect.NUL),
        (b"12345678\r\n.\r\n", Defect.LINE_TOO_LONG),
        (b"12345678\0\r\n.\r\n", Defect.LINE_TOO_LONG),
        (b"123456\r\n" * 8 + b".\r\n", Defect.TOO_BIG),
        (b"1234567\n" * 8 + b"\r\n.\r\n", Defect.BARE_LINE_END),
    ],
)
def test_the_gravest_defect_is_told(raw: bytes, defect: Defect) -> None:
    assert data(raw)[:2] == (None, defect)


def test_the_limits_are_met_exactly() -> None:
    assert data(b"1234567\r\n.\r\n")[1] is None
    assert data(b"123456\r\n" * 7 + b"12\r\n.\r\n")[1:] == (None, 60)


def test_bare_ends_are_repaired_where_that_is_wanted() -> None:
    assert data(b"a\n.\n..b\rc\r\n.\r\n", LENIENT)[0] == b"a\r\n\r\n.b\r\nc\r\n"
    assert data(b"a\n..b\r\n.\r\n", LENIENT)[0] == b"a\r\n.b\r\n"
    reader = ChunkReader(LENIENT, binary=False)
    reader.begin(2, last=True)
    assert read(reader, b"a\r", [1])[0] == b"a\r\n"


def test_a_defect_is_told_when_it_is_found() -> None:
    reader = DataReader(STRICT)
    assert reader.take(bytearray(b"a\r\n")) == (b"a\r\n", False, False)
    assert reader.take(bytearray(b"\0\r\n")) == (b"", False, True)
    assert reader.take(bytearray(b"b\r\n")) == (b"", False, False)
    assert reader.take(bytearray(b".\r\n")) == (b"", True, False)


@pytest.mark.parametrize(
    "make", [lambda: DataReader(ServerSettings("mx")), lambda: ChunkReader(ServerSettings("mx"), True)]
)
def test_nothing_is_kept_of_what_was_given(make: Callable[[], DataReader | ChunkReader]) -> None:
    reader, waiting = make(), bytearray()
    if isinstance(reader, ChunkReader):
        reader.begin(10**7, last=True)
    for _ in range(100):
        waiting += b"x" * 998 + b"\r\n."
        reader.take(waiting)
        assert len(waiting) <= 4
