"""Which words stand under the subject in a list of messages? RFC 8970: at most 200 characters of plain text."""

import re

from .structure import Part
from .texts import TextLimits, text_of

PREVIEW_MAX = 200
"""Characters (RFC 8970 §3.1: not more than 256)."""
_READ = TextLimits(text_part=64 * 1024)
"""Octets of a part that are looked at."""

# Lines that others wrote, and the line that says so ("On Monday Ann wrote:").
_QUOTED = re.compile(r"^[ \t]*(?:>.*|(?:On|Am|Le|El|Op|Il)\b.{3,200}:[ \t]*\r?$)", re.MULTILINE)
_RULE = re.compile(r"^[ \t]*[-_=*#~]{3,}[ \t]*\r?$", re.MULTILINE)
_UNSEEN = re.compile("[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\x00-\x08\x0e-\x1f\x7f]+")
_LOOKED_AT = 4_000
_CANDIDATES_MAX = 10


def preview(octets: bytes, part: Part) -> str:
    """The beginning of what the sender wrote, "" when there is nothing to read. Never HTML."""
    spare = ""
    for one in _candidates(part):
        text = _UNSEEN.sub("", text_of(octets, one, _READ)[:_LOOKED_AT])
        shown = _line(_RULE.sub("", _QUOTED.sub("", text)))
        if shown:
            return shown
        spare = spare or _line(text)
    return spare


def _candidates(part: Part) -> list[Part]:
    """Text parts that are shown, plain text before HTML within an alternative."""
    found: list[Part] = []
    waiting = [part]
    while waiting and len(found) < _CANDIDATES_MAX:
        one = waiting.pop()
        if one.disposition is not None and one.disposition[0] == "attachment":
            continue
        if one.kind == "text":
            found.append(one)
        elif one.subkind == "alternative":
            waiting.extend(sorted(one.children, key=lambda child: child.subkind == "plain"))
        elif one.children:
            waiting.extend(reversed(one.children))
        elif one.message is not None:
            waiting.append(one.message)
    return found


def _line(text: str) -> str:
    """One line, cut at a word if one ends near."""
    words = " ".join(text.split())
    if len(words) <= PREVIEW_MAX:
        return words
    cut = words[: PREVIEW_MAX - 1]
    at = cut.rfind(" ")
    return f"{cut[:at] if at > PREVIEW_MAX - 30 else cut}…"
