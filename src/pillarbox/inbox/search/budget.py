"""When has a search cost enough? After some time, or when it has read too much."""

import asyncio

from pillarbox.net.clock import Clock

from .settings import SearchSettings


class SearchTooCostly(Exception):
    """A limit was passed; ``str(error)`` says which, for the client. What was digested for it stays: a second try gets
    further."""


class Budget:
    """What one search may still spend."""

    __slots__ = ("_clock", "_ends", "_octets", "_settings", "_turn_ends")

    def __init__(self, clock: Clock, settings: SearchSettings) -> None:
        self._clock = clock
        self._settings = settings
        self._octets = settings.search_octets
        now = clock.monotonic()
        self._ends = now + settings.search_time
        self._turn_ends = now + settings.search_turn

    def spend(self, octets: int) -> None:
        """``octets`` of messages are about to be read. SearchTooCostly when they are too many."""
        self._octets -= octets
        if self._octets < 0:
            raise SearchTooCostly("too many large messages would have to be read for it; narrow it down")

    async def breathe(self) -> None:
        """Let others go first for a moment, when it is their turn. SearchTooCostly when the time is over."""
        now = self._clock.monotonic()
        if now >= self._ends:
            raise SearchTooCostly(
                f"it takes longer than {self._settings.search_time:g} s; narrow it down, or try again"
            )
        if now >= self._turn_ends:
            await asyncio.sleep(0)
            self._turn_ends = self._clock.monotonic() + self._settings.search_turn
