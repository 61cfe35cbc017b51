"""How is a story told? Each kind of event has a sentence that is filled with the event's evidence.

In a sentence ``{name}`` is a piece of evidence, ``{name|form}`` the same in another form (size, seconds, time, list, or
flag: nothing, so that it only decides whether a part is told), and ``[…]`` is left out when a piece in it is missing or
empty. Every kind that any floor adds to a chapter has its sentence in one of the tables below; a house test sees to it.
"""

import re
import time
from collections.abc import Callable, Mapping

from .log_formats import printable
from .sentences_delivery import DELIVERY
from .sentences_inbox import INBOX
from .sentences_intake import INTAKE
from .sentences_queue import QUEUE
from .story import Event, Evidence

SENTENCES: Mapping[str, str] = {**INTAKE, **INBOX, **QUEUE, **DELIVERY}

_PIECE = re.compile(r"\{(\w+)(?:\|(\w+))?\}")
_OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
_UNITS = ((1024**3, "GB"), (1024**2, "MB"), (1024, "KB"))


def tell(event: Event) -> str:
    """The event as one sentence of plain English, on one line and free of control characters."""
    template = SENTENCES.get(event.kind)
    if template is None:
        return printable(f"{event.kind.replace('_', ' ').capitalize()}.")

    def optional(match: re.Match[str]) -> str:
        wanted = _PIECE.findall(match[1])
        return match[1] if all(_present(event.evidence.get(name)) for name, _form in wanted) else ""

    def piece(match: re.Match[str]) -> str:
        value = event.evidence.get(match[1])
        return _FORMS[match[2] or "plain"](value) if value is not None else "?"

    return printable(" ".join(_PIECE.sub(piece, _OPTIONAL.sub(optional, template)).split()))


def evidence_lines(event: Event) -> list[str]:
    """The evidence that the sentence does not show already, as ``name: value`` lines."""
    shown = {name for name, _form in _PIECE.findall(SENTENCES.get(event.kind, ""))}
    return [
        printable(f"{name.replace('_', ' ')}: {_plain(value)}")
        for name, value in event.evidence.items()
        if name not in shown and _present(value)
    ]


def _present(value: Evidence) -> bool:
    return value not in (None, False, "", []) and value != 0


def _plain(value: Evidence) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(value) if isinstance(value, list) else str(value)


def _size(value: Evidence) -> str:
    octets = float(value) if isinstance(value, int | float) else 0.0
    for border, unit in _UNITS:
        if octets >= border:
            return f"{octets / border:.1f} {unit}"
    return f"{int(octets)} octets"


def _seconds(value: Evidence) -> str:
    seconds = float(value) if isinstance(value, int | float) else 0.0
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    for border, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= border:
            count = round(seconds / border, 1)
            return f"{count:g} {unit}{'' if count == 1 else 's'}"
    return f"{seconds:g} s"


def _time(value: Evidence) -> str:
    moment = float(value) if isinstance(value, int | float) else 0.0
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(moment))


_FORMS: dict[str, Callable[[Evidence], str]] = {
    "plain": _plain,
    "list": _plain,
    "size": _size,
    "seconds": _seconds,
    "time": _time,
    "flag": lambda _value: "",
}
