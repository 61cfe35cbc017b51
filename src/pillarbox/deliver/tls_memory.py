"""Has this host spoken TLS before? Who did and now does not is perhaps not the one that we talk to.

Whoever sits between us and a host can take its offer of TLS away, and delivery that only takes TLS where it is offered
would fall for it. So a host that was reached with encryption lately is not sent mail in clear: the mail waits.
"""

from collections import OrderedDict

from .keeping import Keeping

DAY = 86_400.0
HOSTS = 20_000  # remembered in memory; the store has them all


class TlsMemory:
    """``keep``: seconds for which it counts that a host spoke TLS; 0: it never counts."""

    def __init__(self, keeping: Keeping, keep: float) -> None:
        self._keeping = keeping
        self._keep = keep
        self._seen: OrderedDict[str, float] = OrderedDict()

    def note(self, host: str, now: float) -> None:
        """``host`` was just reached with encryption. Written down once a day for each."""
        known = self._seen.get(host)
        if not self._keep or (known is not None and known > now - DAY):
            return
        self._remember(host, now)
        # What fails to be written is written the next time: one day's note less does no harm.
        self._keeping.note_tls_seen(host, now).add_done_callback(lambda done: done.cancelled() or done.exception())

    async def last(self, host: str, now: float) -> float | None:
        """When ``host`` spoke TLS, where that still counts; else None. StoreError."""
        if not self._keep:
            return None
        seen = self._seen.get(host)
        if seen is None:
            seen = await self._keeping.tls_seen(host)
        return seen if seen is not None and seen > now - self._keep else None

    def forget(self, host: str) -> None:
        """``host`` was forgotten in the store."""
        self._seen.pop(host, None)

    def _remember(self, host: str, at: float) -> None:
        self._seen[host] = at
        self._seen.move_to_end(host)
        if len(self._seen) > HOSTS:
            self._seen.popitem(last=False)
