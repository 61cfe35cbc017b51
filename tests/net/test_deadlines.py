"""Are those told whose time is over, and only those?"""

import asyncio

from pillarbox.net.deadlines import Deadlines


class Guarded:
    """Notes that it was told."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.told = 0

    def deadline_passed(self) -> None:
        """Told."""
        self.told += 1


class Clock:
    """Moves by hand."""

    at = 0.0

    def now(self) -> float:
        """Not asked here."""
        return self.at

    def monotonic(self) -> float:
        """Where the test put it."""
        return self.at


async def test_deadlines() -> None:
    clock = Clock()
    deadlines = Deadlines(asyncio.get_running_loop(), clock)
    soon, late, never = Guarded(5.0), Guarded(50.0), Guarded(float("inf"))
    for guarded in (soon, late, never):
        deadlines.join(guarded)
    clock.at = 4.9
    deadlines.sweep()
    assert (soon.told, late.told, never.told) == (0, 0, 0)
    clock.at = 5.0
    deadlines.sweep()
    deadlines.leave(soon)
    clock.at = 1e9
    deadlines.sweep()
    assert (soon.told, late.told, never.told) == (1, 1, 0)
    deadlines.close()
