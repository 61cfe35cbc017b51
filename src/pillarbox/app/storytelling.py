"""How does a whole story read? Chapter by chapter, event by event: when, what, and the evidence for it."""

from collections.abc import Sequence

from pillarbox.observe.sentences import evidence_lines, tell
from pillarbox.observe.story import Event, decode

from .output import Cell, moment

_PUT_THERE = frozenset({"appended", "imported"})


def events(chapters: Sequence[str]) -> list[Event]:
    """All events in the order in which they happened; chapters that overlap are woven together."""
    return sorted((event for chapter in chapters for event in decode(chapter)), key=lambda event: event.at)


def has_envelope(chapters: Sequence[str]) -> bool:
    """Whether the message was sent; what a mail program or an import put into a folder never had a sender."""
    return not any(event.kind in _PUT_THERE for event in events(chapters))


def records(chapters: Sequence[str]) -> list[dict[str, Cell]]:
    """For programs: ``at``, ``kind``, ``text`` and the evidence under its own names."""
    return [{**event.evidence, "at": event.at, "kind": event.kind, "text": tell(event)} for event in events(chapters)]


def lines(chapters: Sequence[str]) -> list[str]:
    """For people: the day once, the time before each sentence, the rest of the evidence under it."""
    result: list[str] = []
    day = ""
    for event in events(chapters):
        date, _, clock = moment(event.at).partition(" ")
        if date != day:
            result.append(date)
            day = date
        result.append(f"  {clock}  {tell(event)}")
        result += [f"              {line}" for line in evidence_lines(event)]
    return result
