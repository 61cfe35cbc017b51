"""How does a message travel to the client? RFC 1939 §3 (dots), RETR of §5, TOP of §7.

It goes as it is stored. A line that begins with a dot gets one more, also behind a bare LF: a client that takes a bare
LF for a line end would else read ``LF . LF`` as the end, and the rest of a message as our next answers.
"""

import re

# The end of the header: an empty line.
_EMPTY_LINE = re.compile(rb"\n\r?\n")


class Stuffer:
    """Turns the octets of a message, cut anywhere, into what goes over the wire."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = b"\r\n"

    def feed(self, data: bytes) -> bytes:
        """``data``, a further piece, with its dots stuffed."""
        if not data:
            return data
        hidden = self._last.endswith(b"\n") and data.startswith(b".")
        self._last = data[-2:] if len(data) > 1 else self._last[-1:] + data
        stuffed = data.replace(b"\n.", b"\n..")
        return b"." + stuffed if hidden else stuffed

    def finish(self) -> bytes:
        """The end, with the CRLF that the last line may lack."""
        return b".\r\n" if self._last == b"\r\n" else b"\r\n.\r\n"


class Top:
    """Cuts a message behind its header, the empty line, and ``lines`` lines of its body."""

    __slots__ = ("_left", "_tail", "done")

    def __init__(self, lines: int) -> None:
        self._left = lines
        # What the search for the empty line must still see of earlier pieces; a message may begin with that line.
        self._tail: bytes | None = b"\n"
        self.done = False

    def take(self, data: bytes) -> bytes:
        """The part of ``data``, a further piece, that is wanted."""
        if self.done:
            return b""
        if self._tail is None:
            return self._body(data)
        seen = self._tail + data
        end = _EMPTY_LINE.search(seen)
        if end is None:
            self._tail = seen[-2:]
            return data
        cut = end.end() - len(self._tail)
        self._tail = None
        return data[:cut] + self._body(data[cut:])

    def _body(self, data: bytes) -> bytes:
        ends = data.count(b"\n")
        if ends < self._left:
            self._left -= ends
            return data
        self.done = True
        rest = data.split(b"\n", self._left)[-1]
        return data[: len(data) - len(rest)]


class Sending:
    """One message on its way: all of it, or with ``lines`` as much as TOP wants."""

    __slots__ = ("_stuffer", "_top")

    def __init__(self, lines: int | None) -> None:
        self._stuffer = Stuffer()
        self._top = None if lines is None else Top(lines)

    @property
    def enough(self) -> bool:
        """No more of the message is wanted."""
        return self._top is not None and self._top.done

    def feed(self, data: bytes) -> bytes:
        """What goes over the wire of ``data``, a further piece."""
        return self._stuffer.feed(data if self._top is None else self._top.take(data))

    def finish(self) -> bytes:
        """The end."""
        return self._stuffer.finish()
