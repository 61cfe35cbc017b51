"""How is a report packed and unpacked? gzip (RFC 1952), and the ZIP that others still send; bounded both ways.

What is inside is told from the first octets: types and names of attachments are often wrong.
"""

import gzip
import struct
import zipfile
import zlib
from dataclasses import dataclass
from io import BytesIO

_CHUNK = 1 << 20
# What zipfile raises for broken, encrypted or unknown contents.
_ZIP_FAULTS = (
    zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError,
    LookupError, ArithmeticError,
)  # fmt: skip


class ReportFault(ValueError):
    """What came is no report that can be read; the text says why, to people."""


@dataclass(frozen=True, slots=True)
class UnpackLimits:
    """``packed``, ``unpacked``: octets of a report as it came, and in plain. ``always``: octets in plain that any
    report may have, ``ratio``: how many more it may have for each one packed. ``members``: files in an archive, pieces
    of a gzip."""

    packed: int = 20 * 1024 * 1024
    unpacked: int = 50 * 1024 * 1024
    always: int = 20 * 1024 * 1024
    ratio: int = 20
    members: int = 100

    def room(self, packed: int) -> int:
        """Octets that ``packed`` ones may become: reports of many rows shrink well, but nothing shrinks without end."""
        return min(self.unpacked, self.always + self.ratio * packed)


def pack(octets: bytes) -> bytes:
    """gzip; the same octets always give the same, so that a report sent again is the same report."""
    return gzip.compress(octets, mtime=0)


def unpack(octets: bytes, limits: UnpackLimits) -> bytes:
    """The report in plain; ReportFault where it is packed in a way nobody knows, broken, or too large."""
    if len(octets) > limits.packed:
        raise ReportFault(f"it is larger than {limits.packed} octets")
    room = limits.room(len(octets))
    if octets.startswith(b"\x1f\x8b"):
        return _gunzip(octets, room, limits.members)
    if octets.startswith(b"PK"):
        return _unzip(octets, room, limits.members)
    if len(octets) > room:
        raise ReportFault(f"it is larger than {room} octets")
    return octets


def _gunzip(octets: bytes, room: int, members: int) -> bytes:
    """All members of the file (RFC 1952 §2.2); what stands behind the last one is not looked at."""
    plain: list[bytes] = []
    size = 0
    while octets.startswith(b"\x1f\x8b"):
        members -= 1
        if members < 0:
            raise ReportFault("it is packed in too many pieces")
        machine = zlib.decompressobj(wbits=31)
        while not machine.eof:
            try:
                piece = machine.decompress(octets, min(_CHUNK, room + 1 - size))
            except zlib.error as error:
                raise ReportFault("its compression is broken") from error
            octets = machine.unconsumed_tail
            size += len(piece)
            if size > room:
                raise ReportFault(f"it unpacks to more than {room} octets")
            if not piece and not octets and not machine.eof:
                raise ReportFault("its end is missing")
            plain.append(piece)
        octets = machine.unused_data
    return b"".join(plain)


def _unzip(octets: bytes, room: int, members: int) -> bytes:
    """The first file of an archive."""
    # Counted before anything is read: a directory of a million names is work, too (APPNOTE.TXT §4.3.12).
    if octets.count(b"PK\x01\x02") > members:
        raise ReportFault(f"its archive holds more than {members} files")
    try:
        with zipfile.ZipFile(BytesIO(octets)) as archive:
            files = [one for one in archive.infolist() if not one.filename.endswith("/")]
            if not files:
                raise ReportFault("its archive is empty")
            # The other methods unpack without a bound.
            if files[0].compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
                raise ReportFault("its archive is packed in a way that nobody uses for reports")
            with archive.open(files[0]) as file:
                plain = file.read(room + 1)
    except _ZIP_FAULTS as error:
        if isinstance(error, ReportFault):
            raise
        raise ReportFault("its archive is broken or closed with a password") from error
    if len(plain) > room:
        raise ReportFault(f"it unpacks to more than {room} octets")
    return plain
