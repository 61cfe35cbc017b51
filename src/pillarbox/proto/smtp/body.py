"""How do the octets of DATA and BDAT become a message? RFC 5321 §4.1.1.4 and §4.5.2, RFC 3030.

Both readers take from the front of what came, give the message in slices, and find what may not be accepted. Their
findings do not depend on where the octets were cut: all of the message is looked at, and the gravest defect told.
"""

from typing import NamedTuple

from pillarbox.proto.dots import EndFinder, Unstuffer

from .events import Defect
from .settings import ServerSettings
from .text import LineEnds, LineLengths, repair

_GRAVITY = {defect: rank for rank, defect in enumerate(Defect, start=1)}


class Slice(NamedTuple):
    """A piece of a message. ``ended``: its last; ``fresh``: the defect was found just now."""

    data: bytes
    ended: bool
    fresh: bool


class Inspector:
    """Counts a message's octets and finds its defects. ``binary`` bodies may hold anything (RFC 3030 §3)."""

    __slots__ = ("_binary", "_ends", "_lengths", "_limit", "defect", "octets", "repairs")

    def __init__(self, settings: ServerSettings, binary: bool) -> None:
        self._limit = settings.message_size
        self._binary = binary
        self._ends = LineEnds()
        self._lengths = LineLengths(settings.text_line)
        self.repairs = settings.repair_line_ends and not binary
        """Whether line ends are made right: then no piece may be cut between CR and LF."""
        self.octets = 0
        self.defect: Defect | None = None

    def line_ends(self, piece: bytes, plain: bool = False) -> bytes:
        """``piece`` as it came, its line ends judged or repaired; ``plain``: each CR is known to have its LF."""
        if self._binary:
            return piece
        bare = self._ends.bare(piece, plain)
        if self.repairs:
            return self._repaired(piece, bare)
        if bare:
            self._find(Defect.BARE_LINE_END)
        return piece

    def _repaired(self, piece: bytes, bare: bool) -> bytes:
        """Such pieces are never cut between CR and LF: a CR at the end of one is bare too."""
        if not bare and not self._ends.open:
            return piece
        self._ends.open = False
        return repair(piece)

    def count(self, piece: bytes) -> None:
        """Judges ``piece`` of the message itself."""
        self.octets += len(piece)
        if self.octets > self._limit:
            self._find(Defect.TOO_BIG)
        if self._binary:
            return
        if b"\0" in piece:
            self._find(Defect.NUL)
        if self._lengths.over(piece):
            self._find(Defect.LINE_TOO_LONG)

    def end(self) -> None:
        """No more comes."""
        if self._ends.open:
            self._find(Defect.BARE_LINE_END)

    def _find(self, defect: Defect) -> None:
        if self.defect is None or _GRAVITY[defect] > _GRAVITY[self.defect]:
            self.defect = defect


class DataReader:
    """The text of DATA, up to its dot."""

    __slots__ = ("_finder", "_unstuffer", "inspector")

    def __init__(self, settings: ServerSettings) -> None:
        self.inspector = Inspector(settings, binary=False)
        self._finder = EndFinder()
        self._unstuffer = Unstuffer()

    def take(self, raw: bytearray) -> Slice:
        """Removes from ``raw`` what is decided."""
        inspector = self.inspector
        known = inspector.defect
        text, ended, plain = self._finder.take(raw)
        text = inspector.line_ends(text, plain)
        # Repaired lines may begin with dots that hid behind bare line ends.
        if not (plain and ended) or inspector.repairs:
            text = self._unstuffer.feed(text)
        inspector.count(text)
        return _slice(text, ended, known, inspector.defect)


class ChunkReader:
    """The chunks of BDAT, one after the other."""

    __slots__ = ("_held", "inspector", "last", "left", "size")

    def __init__(self, settings: ServerSettings, binary: bool) -> None:
        self.inspector = Inspector(settings, binary)
        self.size = self.left = 0
        self.last = False
        self._held = b""

    def begin(self, size: int, last: bool) -> None:
        """The next chunk has ``size`` octets."""
        self.size = self.left = size
        self.last = last

    def take(self, raw: bytearray) -> Slice:
        """Removes from ``raw`` what belongs to the chunk; ``ended`` when the whole chunk is there."""
        inspector = self.inspector
        known = inspector.defect
        piece = bytes(raw[: self.left])
        del raw[: self.left]
        self.left -= len(piece)
        ended = self.left == 0
        piece = inspector.line_ends(self._whole_pairs(piece) if inspector.repairs else piece)
        if ended and self.last:
            inspector.end()
        inspector.count(piece)
        return _slice(piece, ended, known, inspector.defect)

    def _whole_pairs(self, piece: bytes) -> bytes:
        """``piece`` with the CR that was held back before it, and without the one at its end that may have an LF."""
        piece = self._held + piece
        more = not (self.last and self.left == 0)
        self._held = b"\r" if more and piece.endswith(b"\r") else b""
        return piece[: len(piece) - len(self._held)]


def _slice(data: bytes, ended: bool, known: Defect | None, defect: Defect | None) -> Slice:
    return Slice(b"" if defect else data, ended, defect is not known)
