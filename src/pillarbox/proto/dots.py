"""Where does a text that ends with a dot end, and which dots are only there to hide? RFC 5321 §4.5.2, RFC 1939 §3.

Only CRLF.CRLF ends a text. Every other spelling (LF.LF, LF.CRLF, CR.CR ...) is text: a receiver that believes one of
them, behind a sender that does not, lets strangers smuggle in messages of their own.
"""

import re

END = b"\r\n.\r\n"
# In most messages the first line that begins with a dot is the end. One search finds it, and proves on its way that no
# line before it begins with a dot and no CR stands alone.
_NOTABLE = re.compile(rb"\r(?:\n\.|[^\n])")


class EndFinder:
    """Cuts the text out of a stream of octets, up to its end. Its cuts never part a CR from its LF."""

    __slots__ = ("_after_crlf",)

    def __init__(self) -> None:
        self._after_crlf = True

    def take(self, raw: bytearray) -> tuple[bytes, bool, bool]:
        """Removes from ``raw`` what is decided: (text, end was found, text is plain).

        A plain text needs no unstuffing, and each CR in it has its LF.
        """
        plain = not (self._after_crlf and raw.startswith(b"."))
        if not plain and END[2:].startswith(raw[:3]):
            ended = len(raw) >= 3
            del raw[: 3 if ended else 0]
            return b"", ended, True
        notable = _NOTABLE.search(raw)
        end = -1 if notable is None else notable.start()
        if end >= 0 and not raw.startswith(END, end):
            plain = False
            end = raw.find(END, end)
        if end < 0:
            return *self._take_open(raw), plain
        text = bytes(raw[: end + 2])
        del raw[: end + 5]
        return text, True, plain

    def _take_open(self, raw: bytearray) -> tuple[bytes, bool]:
        cut = len(raw) - _undecided(raw)
        text = bytes(raw[:cut])
        del raw[:cut]
        if text:
            self._after_crlf = text.endswith(b"\r\n")
        return text, False


def _undecided(raw: bytearray) -> int:
    """How many octets at the end of ``raw`` may be the begin of an end: those behind the last CRLF, or a CR."""
    if raw.endswith(b"\r\n."):
        return 1
    if raw.endswith(b"\r\n.\r"):
        return 2
    return 1 if raw.endswith(b"\r") else 0


class Unstuffer:
    """Takes off the dot that the sender put before each line that begins with one (RFC 5321 §4.5.2)."""

    __slots__ = ("_line_start",)

    def __init__(self) -> None:
        self._line_start = True

    def feed(self, text: bytes) -> bytes:
        """``text``, a further piece whose lines end with CRLF, none cut between CR and LF, as the sender had it."""
        if not text:
            return text
        hidden = self._line_start and text.startswith(b".")
        self._line_start = text.endswith(b"\r\n")
        clear = text.replace(b"\r\n.", b"\r\n")
        return clear[1:] if hidden else clear


class Stuffer:
    """Puts a dot before each line that begins with one, and the end behind the last; for senders."""

    __slots__ = ("_last",)

    def __init__(self) -> None:
        self._last = b"\r\n"

    def feed(self, text: bytes) -> bytes:
        """``text``, a further piece cut anywhere, as it goes over the wire."""
        if not text:
            return text
        last = self._last
        self._last = text[-2:] if len(text) > 1 else last[-1:] + text
        stuffed = text.replace(b"\r\n.", b"\r\n..")
        if last == b"\r\n" and text.startswith(b"."):
            return b"." + stuffed
        if last.endswith(b"\r") and text.startswith(b"\n."):
            return b"\n." + stuffed[1:]
        return stuffed

    def finish(self) -> bytes:
        """The end, with the CRLF that the last line may lack."""
        return END[2:] if self._last == b"\r\n" else END
