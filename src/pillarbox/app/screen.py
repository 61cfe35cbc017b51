"""What does a person see while try-out mode runs? A welcome, a line for each message, and two keys."""

import asyncio
import time
from typing import TextIO

from pillarbox.net.platform import Platform
from pillarbox.observe.log import Fields, Log
from pillarbox.observe.log_formats import printable

_KEYS = "q quits, ? shows this. Everything else is a command for another terminal: pillarbox --help"
# Events that a person at the screen should know of, with the words for them.
_WORDS = {
    "rejected": "refused ",
    "store_failed": "failed  ",
    "internal_error": "failed  ",
    "login_failed": "login failed",
}


class Screen:
    """Writes to ``out``; on a terminal it listens for keys too."""

    def __init__(self, out: TextIO, platform: Platform) -> None:
        self._out = out
        self._platform = platform
        self._has_keys = False

    def begin(self, welcome: str, log: Log, stop: asyncio.Event) -> None:
        """Show ``welcome``, then each message; ``stop`` is set when somebody presses q."""

        def pressed(key: str) -> None:
            if key in {"q", "Q", "\x03", "\x04"}:
                stop.set()
            elif key == "?":
                self._say(_KEYS)

        self._has_keys = self._platform.keys.listen(asyncio.get_running_loop(), pressed)
        keys = " · press ? for keys, q to quit" if self._has_keys else " · Ctrl-C to quit"
        self._say(welcome + keys)
        log.watch = self.told

    def end(self) -> None:
        """Give the terminal back."""
        if self._has_keys:
            self._platform.keys.leave()
        self._say("Stopped. Your mail is kept for the next time.")

    def told(self, kind: str, message_id: str | None, fields: Fields) -> None:
        """See ``log.Watch``: one line for what a person wants to see at once."""
        clock = time.strftime("%H:%M:%S")
        if kind == "received" and message_id is not None:
            self._say(f"{clock} received  {message_id} {_received(fields)}")
        elif kind in _WORDS:
            evidence = " ".join(f"{name}={value}" for name, value in fields.items() if value and name != "trace")
            self._say(f"{clock} {_WORDS[kind]}  {evidence}")

    def _say(self, text: str) -> None:
        self._out.write("\n".join(printable(line) for line in text.split("\n")) + "\n")
        self._out.flush()


def _received(fields: Fields) -> str:
    filed, size, delay = fields.get("filed"), fields.get("size"), fields.get("delay")
    to = ",".join(filed) if isinstance(filed, list) and filed else f"{fields.get('recipients')} recipients"
    kilobytes = f"{size / 1024:.1f} KB" if isinstance(size, int) else "?"
    took = f"{delay * 1000:.0f} ms" if isinstance(delay, int | float) else "?"
    return f"from={fields.get('sender') or '<>'} to={to}  {kilobytes}  {took}"
