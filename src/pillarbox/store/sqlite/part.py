"""What do all parts of the SQLite store stand on? The writer, the readers, the files and the clock."""

from collections.abc import Callable
from typing import Protocol

from .bodies import Bodies
from .engine import Engine
from .readers import Readers
from .settings import SqliteSettings


class Clock(Protocol):
    """The part of ``net.clock.Clock`` that the store needs."""

    def now(self) -> float:
        """POSIX seconds."""

    def monotonic(self) -> float:
        """Seconds that only go on."""


class Part:
    """One part of the store."""

    def __init__(
        self,
        engine: Engine,
        readers: Readers,
        bodies: Bodies,
        *,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        settings: SqliteSettings,
    ) -> None:
        self._engine = engine
        self._readers = readers
        self._bodies = bodies
        self._clock = clock
        self._random_bytes = random_bytes
        self._settings = settings
