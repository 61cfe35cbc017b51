"""Is a message made of lines that end with CRLF, and none too long? RFC 5321 §2.3.8. In bulk, cut anywhere.

A bare CR or LF is where two servers begin to differ on what they read; smuggling lives there.
"""

import re

# CR LF, or either alone.
_LINE_END = re.compile(rb"\r\n?|\n")
_LONELY_RETURN = re.compile(rb"\r[^\n]")
_ALL_BUT_LINE_ENDS = bytes(octet for octet in range(256) if octet not in b"\r\n")


class LineEnds:
    """Watches the line ends of a text that comes in pieces."""

    __slots__ = ("open",)

    def __init__(self) -> None:
        self.open = False
        """The text so far ends with a CR whose LF may come with the next piece: bare, if nothing more comes."""

    def bare(self, piece: bytes, paired: bool = False) -> bool:
        """Whether ``piece``, which follows those before, holds or completes a bare CR or LF.

        ``paired``: it is known that each CR in it has its LF.
        """
        if not piece:
            return False
        # With all else taken out, CR and LF take turns; and no CR stands before anything but an LF.
        turns = piece.translate(None, _ALL_BUT_LINE_ENDS)
        completes = self.open
        self.open = piece.endswith(b"\r")
        if self.open:
            turns = turns[:-1]
        if completes:
            if not piece.startswith(b"\n"):
                return True
            turns = turns[1:]
        if turns != b"\r\n" * (len(turns) // 2):
            return True
        return not paired and _LONELY_RETURN.search(piece) is not None


def repair(piece: bytes) -> bytes:
    """``piece``, not cut between CR and LF, with CRLF for each bare CR and LF."""
    return _LINE_END.sub(b"\r\n", piece)


class LineLengths:
    """Watches how long the lines of a text are that comes in pieces. ``limit`` octets with CRLF; 0 = no bound."""

    __slots__ = ("_limit", "_since")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._since = 0
        """Octets since the last LF."""

    def over(self, piece: bytes) -> bool:
        """Whether ``piece``, which follows those before, completes or holds a line of more than the limit."""
        limit = self._limit
        if not limit:
            return False
        start = -self._since
        size = len(piece)
        # From line end to line end in the longest steps the limit allows: a handful for a usual message.
        while size - start > limit:
            end = piece.rfind(b"\n", max(start, 0), start + limit) + 1 if start + limit > 0 else 0
            if end == 0:
                return True
            start = end
        last = piece.rfind(b"\n") + 1
        self._since = size - last if last else size + self._since
        return False
