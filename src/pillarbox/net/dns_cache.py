"""Which DNS answers are still good? A bounded cache with TTLs. RFC 1035 §7.4, RFC 2308, RFC 8767."""

from dataclasses import dataclass, replace
from typing import TypeAlias

from .dns import Answer, DnsBogus, DnsTemporary, Kind
from .dns_wire import Record

Key: TypeAlias = tuple[str, Kind]


@dataclass(frozen=True, slots=True)
class CacheSettings:
    """``rows``: answers kept. Times in seconds: ``ttl_max`` and ``negative_max`` cap what zones ask for;
    ``failure``: how long a failure is not tried again (RFC 2308 §7 allows 300); ``stale``: how long an expired answer
    may stand in for a failure (RFC 8767 §5); ``stale_secure``: whether one that DNSSEC vouched for may, as one that
    nobody vouches for."""

    rows: int = 10_000
    ttl_max: int = 86_400
    negative_max: int = 3_600
    failure: float = 5.0
    stale: float = 21_600.0
    stale_secure: bool = True


@dataclass(frozen=True, slots=True)
class _Row:
    answer: Answer[Record]
    expires: float
    failed_until: float = 0.0


class Cache:
    """Answers by (name, kind); times are monotonic seconds, handed in."""

    def __init__(self, settings: CacheSettings) -> None:
        self._settings = settings
        self._rows: dict[Key, _Row] = {}
        self._failures: dict[Key, tuple[DnsTemporary, float]] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, key: Key, now: float) -> Answer[Record] | DnsTemporary | None:
        """The answer while it is good (or stands in for a failure just met), the failure just met, or None."""
        row = self._rows.get(key)
        if row is not None:
            if now < row.expires:
                return row.answer
            if now < row.failed_until:
                return _stale(row.answer)
        failure = self._failures.get(key)
        return failure[0] if failure is not None and now < failure[1] else None

    def put(self, key: Key, answer: Answer[Record], now: float) -> None:
        """Keep ``answer`` for its TTL."""
        settings = self._settings
        self._failures.pop(key, None)
        self._rows.pop(key, None)  # the newest stands last, the first to go is the oldest
        if answer.ttl > 0:
            ttl = min(answer.ttl, settings.ttl_max if answer.records else settings.negative_max)
            self._rows[key] = _Row(answer, now + ttl)
            if len(self._rows) > settings.rows:
                del self._rows[next(iter(self._rows))]

    def fail(self, key: Key, error: DnsTemporary, now: float) -> Answer[Record] | None:
        """Nobody could say: the expired answer that may stand in, else None; it is not asked again for a moment."""
        settings = self._settings
        again = now + settings.failure
        row = self._rows.get(key)
        # What is bogus must not be used, and nothing that would do without DNSSEC be used in its place.
        may = not isinstance(error, DnsBogus) and (settings.stale_secure or not _is_secure(row))
        if row is not None and now < row.expires + settings.stale and may:
            self._rows[key] = replace(row, failed_until=again)
            return _stale(row.answer)
        if len(self._failures) >= settings.rows:
            self._failures.clear()
        self._failures[key] = (error, again)
        return None


def _stale(answer: Answer[Record]) -> Answer[Record]:
    return replace(answer, stale=True, authenticated=False)


def _is_secure(row: _Row | None) -> bool:
    return row is not None and row.answer.authenticated
