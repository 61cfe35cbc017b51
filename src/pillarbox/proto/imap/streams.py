"""What came in and what goes out, compressed or not? COMPRESS=DEFLATE, RFC 4978.

What came is decompressed a step at a time, and only when all before it was understood: a stream that becomes a
thousand times larger waits in its small form.
"""

import zlib

from pillarbox.proto.buffer import LineBuffer

from .settings import ServerSettings

# RFC 1951 octets without a header: negative sizes of the window. The client's may be the largest; ours costs 64 KiB.
_THEIR_WINDOW, _OUR_WINDOW, _OUR_MEMORY, _EFFORT = -15, -13, 6, 6


class DamagedStreamError(Exception):
    """What came is no deflate stream, or one that is an attack."""


class Incoming:
    """Octets that came and were not understood yet."""

    __slots__ = ("_inflater", "_made", "_more", "_packed", "_read", "lines")

    def __init__(self) -> None:
        self.lines = LineBuffer()
        self._inflater: zlib._Decompress | None = None
        self._packed = b""
        # Whether the decompressor may hold more than the last step took.
        self._more = False
        self._made = self._read = 0

    def __len__(self) -> int:
        return len(self.lines) + len(self._packed)

    def feed(self, data: bytes) -> None:
        """Puts ``data`` behind what is there."""
        if self._inflater is None:
            self.lines.feed(data)
        else:
            self._packed += data

    def clear(self) -> None:
        """Forgets everything that waits."""
        self.lines.clear()
        self._packed = b""

    def decompress(self) -> None:
        """What waits, and all that comes, is compressed."""
        self._packed = bytes(self.lines.octets)
        self.lines.clear()
        self._inflater = zlib.decompressobj(_THEIR_WINDOW)

    def plain(self) -> None:
        """What waits, and all that comes, is compressed no more."""
        if self._inflater is not None:
            self._inflater, self._more = None, False
            self.lines.clear()
            self.lines.feed(self._packed)
            self._packed = b""

    def fill(self, settings: ServerSettings, *, of_message: bool) -> bool:
        """Decompress the next step; whether there was one. Messages may be as empty of meaning as they like, commands
        must not: DamagedStreamError."""
        inflater = self._inflater
        if inflater is None or not (self._packed or self._more):
            return False
        before = len(self._packed)
        try:
            made = inflater.decompress(self._packed, settings.inflate_step)
        except zlib.error as error:
            raise DamagedStreamError("The compressed stream is damaged") from error
        if inflater.eof:
            raise DamagedStreamError("The compressed stream has ended")
        self._packed = inflater.unconsumed_tail
        self._more = len(made) == settings.inflate_step
        if not of_message:
            self._weigh(settings, before - len(self._packed), len(made))
        self.lines.feed(made)
        return bool(made)

    def _weigh(self, settings: ServerSettings, read: int, made: int) -> None:
        self._read += read
        self._made += made
        if self._made > settings.inflate_grace and self._made > self._read * settings.inflate_ratio:
            raise DamagedStreamError("The compressed commands become too large")


class Outgoing:
    """Octets on their way out."""

    __slots__ = ("_deflater", "_parts", "_ready")

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        # What was said before the way of saying it changed.
        self._ready = b""
        self._deflater: zlib._Compress | None = None

    def put(self, octets: bytes) -> None:
        """Behind what waits."""
        self._parts.append(octets)

    def compress(self) -> None:
        """All behind what waits is compressed."""
        self._ready = self.take()
        self._deflater = zlib.compressobj(_EFFORT, zlib.DEFLATED, _OUR_WINDOW, _OUR_MEMORY)

    def plain(self) -> None:
        """All behind what waits is compressed no more."""
        self._ready = self.take()
        self._deflater = None

    @property
    def compressed(self) -> bool:
        """Whether COMPRESS is on."""
        return self._deflater is not None

    def take(self) -> bytes:
        """What is to be written; it is forgotten here."""
        ready, self._ready = self._ready, b""
        if not self._parts:
            return ready
        octets = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        self._parts.clear()
        if self._deflater is not None:
            # RFC 4978 §4: flushed, so that the client sees all of it now.
            octets = self._deflater.compress(octets) + self._deflater.flush(zlib.Z_SYNC_FLUSH)
        return ready + octets if ready else octets
