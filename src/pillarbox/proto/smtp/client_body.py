"""How does content leave? With CRLF line ends and doubled dots, in bulk. RFC 5321 §2.3.8, §4.5.2.

Only CRLF ends a line on the wire: a bare CR or LF, which would let two servers disagree on where a message ends (SMTP
smuggling), leaves as CRLF.
"""

import re

_ANY_LINE_END = re.compile(rb"\r\n|\r|\n")
_LONG_LINE = re.compile(rb"[^\n]{1000}")  # 998 octets and CR, RFC 5321 §4.5.3.1.6
_HEADER_END = re.compile(rb"\n\r?\n")


def whole_data(content: bytes) -> bytes:
    """All of ``content`` as DATA wants it, with the dot that ends it."""
    content = crlf(content)
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", b"\r\n..")
    if content.startswith(b"."):
        content = b"." + content
    return content + (b".\r\n" if not content or content.endswith(b"\r\n") else b"\r\n.\r\n")


def crlf(content: bytes) -> bytes:
    """``content`` with every line end a CRLF; the same object when they all are."""
    pairs = content.count(b"\r\n")
    if content.count(b"\n") == pairs and content.count(b"\r") == pairs:
        return content
    return _ANY_LINE_END.sub(b"\r\n", content)


class DataWriter:
    """``whole_data`` for content that comes in slices, cut anywhere."""

    __slots__ = ("_held", "_tail")

    def __init__(self) -> None:
        self._tail = b"\r\n"  # the last two octets that left: the content begins at a line's start
        self._held = b""  # a CR whose LF may begin the next slice

    def slice(self, data: bytes) -> bytes:
        """What may leave after ``data``."""
        return self._stuff(self._whole_ends(data))

    def end(self) -> bytes:
        """What ends the content: the held line end, CRLF when the last line has none, the dot."""
        rest, self._held = self._stuff(crlf(self._held)), b""
        return rest + (b".\r\n" if self._tail == b"\r\n" else b"\r\n.\r\n")

    def _whole_ends(self, data: bytes) -> bytes:
        data = self._held + data
        cut = len(data) - data.endswith(b"\r")
        self._held = data[cut:]
        return crlf(data[:cut] if self._held else data)

    def _stuff(self, data: bytes) -> bytes:
        if not data:
            return data
        at_line_start = self._tail == b"\r\n"
        self._tail = (self._tail + data[-2:])[-2:]
        if b"\r\n." in data:
            data = data.replace(b"\r\n.", b"\r\n..")
        return b"." + data if at_line_start and data.startswith(b".") else data


class ChunkWriter:
    """Content for BDAT (RFC 3030 §2): line ends made CRLF unless ``binary``; no dots to double."""

    __slots__ = ("_binary", "_held", "_tail")

    def __init__(self, binary: bool) -> None:
        self._binary = binary
        self._held = b""
        self._tail = b"\r\n"

    def slice(self, data: bytes) -> bytes:
        """What may leave after ``data``."""
        if self._binary:
            return data
        data = self._held + data
        cut = len(data) - data.endswith(b"\r")
        self._held = data[cut:]
        out = crlf(data[:cut])
        self._tail = (self._tail + out[-2:])[-2:]
        return out

    def end(self) -> bytes:
        """The held line end, and CRLF when the last line of text has none."""
        if self._binary:
            return b""
        out = crlf(self._held)
        self._tail = (self._tail + out)[-2:]
        return out if self._tail == b"\r\n" else out + b"\r\n"


class Survey:
    """What a remote must be able to carry for this content to pass unchanged."""

    __slots__ = ("_header", "_header_tail", "_tail", "eight_bit", "header_ascii", "text_lines")

    def __init__(self) -> None:
        self.eight_bit = False
        self.header_ascii = True
        self.text_lines = True  # CRLF lines within 998 octets, no NUL: what RFC 6152 asks of 8BITMIME content
        self._header = True
        self._header_tail = b""  # an empty line may be cut by the border of two slices
        self._tail = b""

    @classmethod
    def of(cls, content: bytes) -> "Survey":
        """The survey of content held in memory."""
        survey = cls()
        survey.see(content)
        survey.end()
        return survey

    def see(self, data: bytes) -> None:
        """Look at the next slice."""
        plain = data.isascii()
        self.eight_bit = self.eight_bit or not plain
        if self._header:
            self._see_header(data, plain)
        if self.text_lines:
            joined = self._tail + data
            self._tail = joined[joined.rfind(b"\n") + 1 :]
            whole = joined[: len(joined) - len(self._tail)]
            clean = whole.count(b"\n") == whole.count(b"\r\n") == whole.count(b"\r") and b"\0" not in data
            self.text_lines = clean and len(self._tail) < 1000 and not _LONG_LINE.search(whole)

    def end(self) -> None:
        """No more comes: the last line must have been ended."""
        self.text_lines = self.text_lines and not self._tail

    def _see_header(self, data: bytes, plain: bool) -> None:
        empty_line = _HEADER_END.search(self._header_tail + data)
        self._header = empty_line is None
        end = len(data) if empty_line is None else empty_line.end() - len(self._header_tail)
        self._header_tail = (self._header_tail + data)[-3:]
        if not plain and not data[:end].isascii():
            self.header_ascii = False
