"""What happened to a message, and why? Events are noted as they happen and told as sentences when someone asks.

A chapter is what one stay in the server adds to a message's story: the session that brought it, one delivery attempt,
one act of an administrator. It is written in the same transaction as what it tells of.
"""

import json
from collections.abc import Callable, Iterable
from typing import NamedTuple, TypeAlias

from pydantic_core import to_json

Evidence: TypeAlias = str | int | float | bool | list[str] | None


class Event(NamedTuple):
    """One thing that happened: POSIX time, kind (a key of ``sentences.SENTENCES``), the evidence."""

    at: float
    kind: str
    evidence: dict[str, Evidence]


class Chapter:
    """Events in the order in which they happened. ``now`` gives POSIX seconds."""

    __slots__ = ("_now", "events")

    def __init__(self, now: Callable[[], float], events: Iterable[Event] = ()) -> None:
        self._now = now
        self.events: list[Event] = list(events)

    def add(self, kind: str, **evidence: Evidence) -> None:
        """Note that ``kind`` happened just now."""
        self.events.append(Event(self._now(), kind, evidence))

    def encode(self) -> str:
        """The chapter as JSON text, the form in which the store keeps it."""
        # Milliseconds as whole numbers, and not by the standard library: each message waits for its story.
        events = [(int(at * 1000), kind, evidence) for at, kind, evidence in self.events]
        try:
            return to_json(events).decode()
        except ValueError:
            # Half of a surrogate pair, from a command line that was no UTF-8: only an escape can hold it.
            return json.dumps(events)


def decode(chapter: str) -> list[Event]:
    """The events of a chapter that ``Chapter.encode`` wrote."""
    return [Event(at / 1000, str(kind), dict(evidence)) for at, kind, evidence in json.loads(chapter)]
