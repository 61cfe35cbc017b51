"""Is there room on the disk for more mail? Asked before a message is taken, so that it is told early and in order."""

import shutil
from pathlib import Path

from .clock import Clock

ASKED_EVERY = 1.0  # seconds that an answer is used again
SHARE = 0.02  # of the whole disk, when that is less than the reserve: a small disk is not all reserve


class Room:
    """Keeps ``reserve`` octets of the disk that holds ``folder`` free."""

    def __init__(self, folder: Path, reserve: int, clock: Clock) -> None:
        self._folder = folder
        self._reserve = reserve
        self._clock = clock
        self._until = float("-inf")
        self._enough = True

    def __call__(self) -> bool:
        """True when mail may be taken. A disk that cannot be asked is left to say so when it is written to."""
        now = self._clock.monotonic()
        if now >= self._until:
            self._until = now + ASKED_EVERY
            try:
                usage = shutil.disk_usage(self._folder)
            except OSError:
                self._enough = True
            else:
                self._enough = usage.free >= min(self._reserve, usage.total * SHARE)
        return self._enough
