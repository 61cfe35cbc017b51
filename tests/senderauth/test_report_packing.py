"""Is a report unpacked whatever it is packed with, and never into more than there is room for?"""

import gzip
import zipfile
from io import BytesIO

import pytest

from pillarbox.senderauth.report_packing import ReportFault, UnpackLimits, pack, unpack

LIMITS = UnpackLimits(packed=100_000, unpacked=60_000, always=20_000, ratio=20, members=5)


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return buffer.getvalue()


def test_what_was_packed() -> None:
    assert unpack(pack(b"<xml/>"), LIMITS) == b"<xml/>"
    assert pack(b"x" * 100) == pack(b"x" * 100)
    assert unpack(b"<xml/>", LIMITS) == b"<xml/>"
    assert unpack(gzip.compress(b"<x>") + gzip.compress(b"</x>") + b"\0\0\0", LIMITS) == b"<x></x>"
    assert unpack(zipped(("folder/", b""), ("a.xml", b"<xml/>"), ("b.xml", b"<other/>")), LIMITS) == b"<xml/>"


@pytest.mark.parametrize(
    "octets",
    [
        pack(b"x" * 30_000), zipped(("a", b"x" * 30_000)), b"y" * 100_001, b"y" * 60_001,
        gzip.compress(b"x" * 15_000) * 3, zipped(("a", b"x" * 60_001), method=zipfile.ZIP_STORED),
    ],
)  # fmt: skip
def test_bombs(octets: bytes) -> None:
    with pytest.raises(ReportFault, match=r"unpacks to more than|larger than"):
        unpack(octets, LIMITS)


def test_room_grows_with_what_came_and_ends() -> None:
    assert LIMITS.room(0) == 20_000
    assert LIMITS.room(1_000) == 40_000
    assert LIMITS.room(50_000) == 60_000
    assert UnpackLimits().room(10**9) == 50 * 1024 * 1024


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (pack(b"hello world")[:-9], "end is missing"), (b"\x1f\x8b\x08rubbish-rubbish", "broken"),
        (gzip.compress(b"") * 6, "too many pieces"), (zipped(*((f"f{n}", b"x") for n in range(6))), "more than 5"),
        (zipped(), "empty"), (zipped(("folder/", b"")), "empty"), (b"PK\x03\x04rubbish", "broken"),
        (zipped(("a", b"x" * 99), method=zipfile.ZIP_BZIP2), "nobody uses"),
        (zipped(("a", b"hello world, hello world"))[:-30], "broken"),
    ],
)  # fmt: skip
def test_what_is_broken(octets: bytes, reason: str) -> None:
    with pytest.raises(ReportFault, match=reason):
        unpack(octets, LIMITS)


def test_an_archive_with_a_password() -> None:
    octets = bytearray(zipped(("a.xml", b"<xml/>")))
    octets[6] |= 1  # general purpose bit 0 (APPNOTE.TXT §4.4.4), in both headers
    octets[octets.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(ReportFault, match="password"):
        unpack(bytes(octets), LIMITS)
