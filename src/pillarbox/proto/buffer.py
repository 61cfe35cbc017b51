"""Which whole lines are in the octets so far? Bounded, and the same answer however the octets were cut."""


class LineTooLongError(Exception):
    """A line passed its limit. It will be dropped as it comes, up to its end."""


class EndlessLineError(Exception):
    """So much of a line that is too long was dropped that there may be no end to it."""


class LineBuffer:
    """Octets that came and were not yet understood. Lines end with LF; whether a CR stands before it is the reader's
    business. ``scanned`` spares a slow sender's line from being searched again and again."""

    __slots__ = ("_data", "_scanned", "skipped", "skipping")

    def __init__(self) -> None:
        self._data = bytearray()
        self._scanned = 0
        self.skipping = False
        """The rest of a line that was too long is to be dropped; ``line`` does it, or ``skip`` before it."""
        self.skipped = 0
        """Octets dropped of the last line that was too long."""

    def __len__(self) -> int:
        return len(self._data)

    def feed(self, data: bytes) -> None:
        """Puts ``data`` behind what is there."""
        self._data += data

    def clear(self) -> None:
        """Forgets everything."""
        self._data.clear()
        self._scanned = 0
        self.skipping = False

    @property
    def octets(self) -> bytearray:
        """All that is there, to be cut from the front by whoever reads something other than lines."""
        self._scanned = 0
        return self._data

    def peek(self, count: int) -> bytes:
        """The first ``count`` octets, or fewer."""
        return bytes(self._data[:count])

    def line(self, limit: int) -> bytes | None:
        """The next line with its LF, or None until it is whole.

        Raises LineTooLongError, once, for a line of more than ``limit`` octets.
        """
        if self.skipping and not self.skip():
            return None
        data = self._data
        end = data.find(b"\n", self._scanned) + 1
        if end == 0:
            self._scanned = len(data)
        if (end or len(data)) > limit:
            self.skipping = True
            self.skipped = 0
            raise LineTooLongError
        if end == 0:
            return None
        self._scanned = 0
        line = bytes(data[:end])
        del data[:end]
        return line

    def skip(self, overrun: int | None = None) -> bool:
        """Drops the rest of a line that was too long; True when its end was found.

        Raises EndlessLineError when the line has more than ``overrun`` octets.
        """
        end = self._data.find(b"\n") + 1
        count = end or len(self._data)
        self.skipped += count
        del self._data[:count]
        self._scanned = 0
        self.skipping = end == 0
        if overrun is not None and self.skipped > overrun:
            raise EndlessLineError
        return end != 0
