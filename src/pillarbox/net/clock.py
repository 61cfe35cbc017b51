"""What time is it? Handed in everywhere, so that a test or a simulation can have its own."""

import time
from typing import Protocol


class Clock(Protocol):
    """POSIX time for what is kept, monotonic time for how long something takes; both in seconds."""

    def now(self) -> float:
        """POSIX seconds; may jump when the machine's clock is set."""

    def monotonic(self) -> float:
        """Seconds that only go on."""


class SystemClock:
    """The machine's clocks. ``perf_counter``, because Windows' monotonic clock ticks only every 15.6 ms."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.perf_counter)
