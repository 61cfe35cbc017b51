"""What do all parts of the queue use, handed in by the composition root?"""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics


@dataclass(frozen=True, slots=True)
class Tools:
    """``chance`` gives numbers in [0, 1); ``ids`` is the one source of message ids of this process."""

    clock: Clock
    chance: Callable[[], float]
    ids: IdSource
    log: Log
    metrics: Metrics
