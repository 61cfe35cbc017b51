"""How does a log line look? As text for people, or as JSON for machines. Postfix's way: ``log_postfix``."""

import json
import re
import time
from collections.abc import Callable

from .log import Fields
from .story import Evidence

# What must be quoted in a text line, beside what cannot be printed.
_ODD = re.compile(r'[\s"=\\]')
# What most values are: nothing to quote, nothing to escape.
_PLAIN = re.compile(r"[!#-<>-\[\]-~]+\Z")
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def printable(text: str) -> str:
    """``text`` with everything that a terminal would obey or hide written as an escape (no line can be forged)."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "backslashreplace").decode() for c in text)


class Stamp:
    """Formats a time, once a second: strftime costs more than the rest of a line. ``localtime`` is for tests."""

    def __init__(self, form: str, localtime: Callable[[float], time.struct_time] = time.localtime) -> None:
        self._form = form
        self._localtime = localtime
        self._second = -1
        self._text = ""

    def __call__(self, at: float) -> str:
        second = int(at)
        if second != self._second:
            self._text = time.strftime(self._form, self._localtime(second))
            self._second = second
        return self._text


class TextFormat:
    """``2026-11-23 14:02:11.250 received 01j2k3m4n5p6 from=a@b.example size=4198``"""

    def __init__(self, stamp: Stamp | None = None) -> None:
        self._stamp = stamp or Stamp("%Y-%m-%d %H:%M:%S")

    def __call__(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        """See ``log.Renderer``. That a peer came is told when it leaves: one line a connection is enough for people."""
        if kind == "connected":
            return ""
        parts = [f"{self._stamp(at)}.{int(at * 1000) % 1000:03d} {kind}"]
        if message_id is not None:
            parts.append(message_id)
        plain = _PLAIN.match
        for name, value in fields.items():
            if type(value) is str and plain(value):
                parts.append(f"{name}={value}")
            elif value is not None and value != "":
                parts.append(f"{name}={_text(value)}")
        return " ".join(parts) + "\n"


def _text(value: Evidence) -> str:
    if isinstance(value, str):
        if value and value.isprintable() and not _ODD.search(value):
            return value
        return '"' + printable(value.replace("\\", "\\\\").replace('"', '\\"')) + '"'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.3f}"
    if isinstance(value, list):
        return _text(",".join(value))
    return str(value)


class JsonFormat:
    """``{"at":1795442531.25,"kind":"received","id":"01j2k3m4n5p6","from":"a@b.example"}``"""

    def __call__(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        """See ``log.Renderer``. JSON escapes control characters by itself, save C1 and line separators."""
        head = {"at": round(at, 6), "kind": kind}
        line = _dumps({**head, "id": message_id, **fields} if message_id is not None else {**head, **fields})
        return (line if line.isprintable() else _escape(line)) + "\n"


def _escape(line: str) -> str:
    return "".join(c if c.isprintable() else _dumps_ascii(c)[1:-1] for c in line)


_dumps_ascii = json.JSONEncoder(ensure_ascii=True).encode
