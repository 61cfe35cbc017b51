"""Who has been silent for too long? One timer sweeps all connections; none has a timer of its own.

A timer for each connection costs more than all else an idle connection holds, and moving it at every command costs more
than the command. A deadline here is a number in the connection; the sweep compares it once a second.
"""

import asyncio
from typing import Protocol

from .clock import Clock

SWEEP_EVERY = 1.0  # seconds; a deadline is kept to this precision


class Guarded(Protocol):
    """What has a deadline in monotonic seconds (``inf``: none) and wants to know that it passed."""

    deadline: float

    def deadline_passed(self) -> None:
        """Called once at each sweep after ``deadline``, until it is moved or the guarded leaves."""


class Deadlines:
    """Sweeps what has joined. Order is the order of joining."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._guarded: dict[int, Guarded] = {}
        self._timer: asyncio.TimerHandle | None = None

    def join(self, guarded: Guarded) -> None:
        """Sweep ``guarded`` from now on."""
        self._guarded[id(guarded)] = guarded
        if self._timer is None:
            self._timer = self._loop.call_later(SWEEP_EVERY, self.sweep)

    def leave(self, guarded: Guarded) -> None:
        """Sweep ``guarded`` no more."""
        self._guarded.pop(id(guarded), None)

    def sweep(self) -> None:
        """Tell all whose deadline has passed."""
        now = self._clock.monotonic()
        late = [guarded for guarded in self._guarded.values() if guarded.deadline <= now]
        for guarded in late:
            guarded.deadline_passed()
        self._timer = self._loop.call_later(SWEEP_EVERY, self.sweep) if self._guarded else None

    def close(self) -> None:
        """Stop sweeping."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
