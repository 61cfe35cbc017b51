"""How many sessions went safely, and why did others not? Counted for the reports of RFC 8460, by day and policy."""

import asyncio
from collections import Counter
from datetime import UTC, datetime

from pillarbox.net.clock import Clock
from pillarbox.store.trust_rows import TlsCount

from .keeping import Keeping
from .safety import Session

PAUSE = 5.0  # seconds that counts wait in memory for more
MOST = 1_000  # different counts that wait in memory


class TlsCounts:
    """Adds up, and hands the sums to ``keeping`` some seconds later. What a crash loses are some seconds of counts."""

    def __init__(self, keeping: Keeping, clock: Clock) -> None:
        self._keeping = keeping
        self._clock = clock
        self._sums: Counter[TlsCount] = Counter()
        self._timer: asyncio.TimerHandle | None = None

    def count(self, session: Session) -> None:
        """One session more, today."""
        self._sums[TlsCount(day_of(self._clock.now()), *session, sessions=0)] += 1
        if len(self._sums) >= MOST:
            self.flush()
        elif self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(PAUSE, self.flush)

    def flush(self) -> None:
        """Hand over what waits; also at the end, before the store closes."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sums:
            sums, self._sums = self._sums, Counter()
            counts = [count._replace(sessions=sessions) for count, sessions in sums.items()]
            # A store that does not take them has said so in the log; mail matters more than counts.
            self._keeping.count_tls(counts).add_done_callback(lambda done: done.cancelled() or done.exception())


def day_of(now: float) -> str:
    """The UTC day of a moment (RFC 8460 §4.1)."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d")
