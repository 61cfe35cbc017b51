"""What is going on, line by line? One line an event, written a little later so that mail does not wait for the log.

Kinds are words in the past tense (``connected``, ``received``, ``deferred``); ``log_postfix`` lists those that readers
of Postfix's logs know, with the fields they need. Fields are evidence, never secrets: some names are refused below.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from .story import Evidence

Fields: TypeAlias = Mapping[str, Evidence]
Watch: TypeAlias = Callable[[str, str | None, Fields], None]

# A password does not become harmless because somebody logged it by mistake.
_SECRET = frozenset({"password", "passwd", "secret", "token", "key", "verifier"})


class Renderer(Protocol):
    """How an event becomes a line: text, JSON, or Postfix's way."""

    def __call__(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        """One or more lines with their line ends; "" when this format does not tell such events."""


class Sink(Protocol):
    """Where lines go."""

    def write(self, text: str) -> None:
        """Take whole lines. OSError when they cannot be kept."""

    def reopen(self) -> None:
        """Begin a new file when the old one was moved away."""

    def close(self) -> None:
        """Let go of the file."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """``flush``: the longest time in seconds that a line waits. ``waiting``: lines that may wait before they are
    written at once."""

    flush: float = 0.5
    waiting: int = 1_000


class Log:
    """Takes events. ``now`` gives POSIX seconds; ``wake`` is called when a first line waits, so that the owner calls
    ``flush`` within ``settings.flush`` seconds. ``watch`` is told each event at once, for live screens."""

    __slots__ = ("_lines", "_now", "_render", "_sink", "_waiting", "_wake", "lost", "settings", "watch")

    def __init__(
        self,
        sink: Sink,
        render: Renderer,
        now: Callable[[], float],
        wake: Callable[[], None] = lambda: None,
        settings: LogSettings | None = None,
    ) -> None:
        self.settings = settings or LogSettings()
        self.lost = 0
        self.watch: Watch | None = None
        self._sink = sink
        self._render = render
        self._now = now
        self._wake = wake
        self._waiting = self.settings.waiting
        self._lines: list[str] = []

    def event(self, kind: str, message_id: str | None = None, /, **fields: Evidence) -> None:
        """Tell that ``kind`` happened just now, to the message ``message_id`` (mail.ids.encode) if to any."""
        if not _SECRET.isdisjoint(fields):
            fields = {name: "(kept secret)" if name in _SECRET else value for name, value in fields.items()}
        if self.watch is not None:
            self.watch(kind, message_id, fields)
        line = self._render(self._now(), kind, message_id, fields)
        if not line:
            return
        lines = self._lines
        lines.append(line)
        if len(lines) == 1:
            self._wake()
        elif len(lines) >= self._waiting:
            self.flush()

    def flush(self) -> None:
        """Write what waits. Lines that cannot be written (disk full) are dropped, counted, and told of later."""
        if not self._lines:
            return
        lines, self._lines = self._lines, []
        try:
            self._sink.write("".join(lines))
        except OSError:
            self.lost += len(lines)
            return
        if self.lost:
            lost, self.lost = self.lost, 0
            self.event("log_lines_lost", lines=lost)

    def reopen(self) -> None:
        """After log rotation: go on in a new file."""
        self.flush()
        self._sink.reopen()

    def close(self) -> None:
        """Write what waits and let go of the file."""
        self.flush()
        self._sink.close()


class NoSink:
    """Drops everything: for parts that are used without a log."""

    def write(self, text: str) -> None:
        """See ``Sink``."""

    def reopen(self) -> None:
        """See ``Sink``."""

    def close(self) -> None:
        """See ``Sink``."""


def silent() -> Log:
    """A log that nobody reads."""
    return Log(NoSink(), lambda at, kind, message_id, fields: "", lambda: 0.0)
