"""How is a message written into an mbox? As mboxrd: each line that begins with "From ", quoted or not, gets a ">"."""

import re
from time import gmtime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_FROM = re.compile(rb"^(>*From )", re.MULTILINE)
# A line longer than this is written in parts; only its first part can need a quote.
_LINE = 64 * 1024


def separator(sender: str, date: float) -> bytes:
    """The line before a message: RFC 4155's ``timestamp`` is in UTC, whatever the language of this machine."""
    who = re.sub(r"\s", "-", sender) or "MAILER-DAEMON"
    t = gmtime(max(0.0, date))
    day, month = _DAYS[t.tm_wday], _MONTHS[t.tm_mon - 1]
    clock = f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}"
    return f"From {who} {day} {month} {t.tm_mday:2} {clock} {t.tm_year}\n".encode()


class Quoter:
    """Turns the octets of one message, in any slices, into what stands in the file: LF line ends, "From " quoted."""

    __slots__ = ("_held", "_inside")

    def __init__(self) -> None:
        self._held = b""
        self._inside = False  # what comes next goes on with a line whose beginning is written

    def feed(self, octets: bytes) -> bytes:
        """What can be written of all that came so far."""
        data = self._held + octets
        cut = data.rfind(b"\n") + 1
        if not cut and len(data) > _LINE:
            cut = len(data) - 1  # the last one may be the CR of a line end
        self._held = data[cut:]
        return self._quoted(data[:cut])

    def finish(self) -> bytes:
        """The rest, the end of the last line, and the empty line before the next separator."""
        rest, self._held = self._held, b""
        open_line = bool(rest) or self._inside
        return self._quoted(rest) + (b"\n\n" if open_line else b"\n")

    def _quoted(self, data: bytes) -> bytes:
        if not data:
            return b""
        begun, rest = b"", data.replace(b"\r\n", b"\n")
        if self._inside:
            end = rest.find(b"\n") + 1 or len(rest)
            begun, rest = rest[:end], rest[end:]
        self._inside = not data.endswith(b"\n")
        return begun + (_FROM.sub(rb">\1", rest) if b"From " in rest else rest)
