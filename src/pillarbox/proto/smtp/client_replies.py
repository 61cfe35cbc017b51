"""What did the remote server say? Its reply lines, read as hostile octets. RFC 5321 §4.2, RFC 2034 §4.

A remote may send replies without end, without text, without sense. Everything here is bounded, and whatever is no reply
becomes BadReply, which the conversation treats as a failure that may pass.
"""

import re
from dataclasses import dataclass

from pillarbox.mail.reply import Reply

# RFC 5321 §4.2: Reply-code = %x32-35 %x30-35 %x30-39; the second digit is read leniently. A code alone is a reply too.
_LINE = re.compile(rb"([2-5][0-9][0-9])(?:([ -])([^\n]*)|\r*)\n")
# RFC 2034 §4: status-code ::= class "." subject "." detail, then text.
_STATUS = re.compile(r"([245]\.\d{1,3}\.\d{1,3})(?:[ \t]+|\Z)")


@dataclass(frozen=True, slots=True)
class ReplyLimits:
    """How much a remote may say in one reply: octets of a line, lines, octets in all."""

    line: int = 4_096
    lines: int = 256
    total: int = 65_536


class BadReply(ValueError):
    """What the remote sent is no reply; ``str(error)`` says why."""


class ReplyReader:
    """Octets in, replies out, at every split point the same."""

    __slots__ = ("_at", "_buffer", "_limits", "_lines", "_octets")

    def __init__(self, limits: ReplyLimits) -> None:
        self._limits = limits
        self._buffer = b""
        self._at = 0
        self._lines: list[str] = []
        self._octets = 0

    def receive_data(self, data: bytes) -> None:
        """Keep ``data`` for ``next``."""
        self._buffer = self._buffer[self._at :] + data if self._at < len(self._buffer) else data
        self._at = 0

    def discard(self) -> int:
        """Forget what was not read yet; how many octets that was."""
        unread = len(self._buffer) - self._at
        self._buffer, self._at, self._lines, self._octets = b"", 0, [], 0
        return unread

    def next(self) -> Reply | None:
        """The next whole reply; None when more octets are needed; BadReply when they are none."""
        while True:
            match = _LINE.match(self._buffer, self._at)
            if match is None:
                self._check_rest()
                return None
            size = match.end() - self._at
            if size > self._limits.line:
                raise BadReply(f"a reply line is longer than {self._limits.line} octets")
            self._at = match.end()
            code, mark, octets = match.groups(b"")
            text = octets.rstrip(b"\r").decode("utf-8", "replace")
            if mark != b"-":
                return self._finish(int(code), text)
            self._keep(text, size)

    def _keep(self, text: str, size: int) -> None:
        self._lines.append(text)
        self._octets += size
        if len(self._lines) >= self._limits.lines:
            raise BadReply(f"a reply has more than {self._limits.lines} lines")
        if self._octets > self._limits.total:
            raise BadReply(f"a reply is longer than {self._limits.total} octets")

    def _finish(self, code: int, text: str) -> Reply:
        # RFC 5321 §4.2.1 wants one code in all lines; where a peer mixes them, the last line counts.
        if not self._lines:
            status = _status(code, text)
            return Reply(code, status, (text[len(status) :].lstrip() if status else text,))
        lines = [*self._lines, text]
        self._lines, self._octets = [], 0
        status = _status(code, text) or _status(code, lines[0])
        return Reply(code, status, tuple(_without(status, line) for line in lines))

    def _check_rest(self) -> None:
        """No whole line is there: an unfinished one may stay within its bound, anything else is no reply."""
        end = self._buffer.find(b"\n", self._at)
        if end >= 0:
            start = self._buffer[self._at : min(end, self._at + 60)]
            raise BadReply(f"this is no reply: {start.decode('ascii', 'backslashreplace').strip()!r}")
        if len(self._buffer) - self._at > self._limits.line:
            raise BadReply(f"a reply line is longer than {self._limits.line} octets")


def _status(code: int, text: str) -> str:
    """The enhanced status that ``text`` begins with, when its class is the code's (RFC 2034 §4)."""
    match = _STATUS.match(text)
    return match[1] if match is not None and int(text[0]) == code // 100 else ""


def _without(status: str, line: str) -> str:
    return line[len(status) :].lstrip() if status and line.startswith(status) else line
