"""Is a message made of lines that end with CRLF, and none too long? RFC 5321 §2.3.8. In bulk, cut anywhere.

A bare CR or LF is where two servers begin to differ on what they read; smuggling lives there.
"""

import re

# CR LF, or either alone.
_LINE_END = re.compile(rb"\r\n?|\n")


class LineEnds:
    """Watches the line ends of a text that comes in pieces."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open = 0
        """1 when the last octet was a CR whose LF may come with the next piece."""

    def bare(self, piece: bytes) -> bool:
        """Whether ``piece``, which follows those before, holds or completes a bare CR or LF."""
        if not piece:
            return False
        pairs = piece.count(b"\r\n") + (self._open and piece.startswith(b"\n"))
        returns = piece.count(b"\r") + self._open
        self._open = int(piece.endswith(b"\r"))
        return not pairs == returns - self._open == piece.count(b"\n")

    @property
    def open(self) -> bool:
        """Whether the text so far ends with a CR that has no LF: bare, if nothing more comes."""
        return self._open == 1


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
        self._since = size - (piece.rfind(b"\n") + 1) if b"\n" in piece else size + self._since
        return False
