"""How long must a guesser of passwords wait? Failed sign-ins per address, per account, and for both together.

Failures drip away: each table entry is a bucket that leaks ``lockout_failures`` in ``lockout_window``. The fuller it
is, the longer the answer to a failure waits; when it is full, the address or the account is locked for a while. An
address from which an account was signed in to before stays open for that account, so that nobody can lock an owner
out. Time is handed in, every table is bounded, and what leaves a full table is always what failed longest ago.
"""

from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

from pillarbox.net.clock import Clock


@dataclass(frozen=True, slots=True)
class ThrottleSettings:
    """What failed sign-ins cost; times in seconds."""

    login_delay: float = 1.0  # the answer to the first failure waits this long, each next twice as long
    login_delay_max: float = 30.0  # and never longer than this
    lockout_failures: int = 10  # failures of one address within the window that lock it
    account_lockout_failures: int = 50  # failures at one account, from anywhere, that lock it for strangers
    lockout_window: float = 900.0  # how long failures are remembered
    lockout_time: float = 900.0  # how long a lock lasts
    known_address_time: float = 30 * 86_400.0  # how long an address counts as the owner's after a sign-in
    throttle_entries: int = 10_000  # rows in each table


@lru_cache(maxsize=4096)
def source(peer: str) -> str:
    """What counts as one address: an IPv4 address, or the /64 of an IPv6 one (RFC 4291 §2.5.4: one subscriber's)."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(IPv6Network((address, 64), strict=False))
    return str(address)


class _Bucket:
    """``level`` failures at the monotonic time ``at``; locked until ``until``; the last wrong password by digest."""

    __slots__ = ("at", "guess", "level", "until")

    def __init__(self) -> None:
        self.level = 0.0
        self.at = 0.0
        self.until = 0.0
        self.guess: bytes | None = None


class _Buckets:
    """A bounded table of buckets, the one filled longest ago first."""

    __slots__ = ("_full", "_leak", "_limit", "_lock_time", "_rows")

    def __init__(self, full: int, window: float, lock_time: float, limit: int) -> None:
        self._rows: dict[str, _Bucket] = {}
        self._full = full
        self._leak = full / window
        self._lock_time = lock_time
        self._limit = limit

    def locked(self, key: str, now: float) -> float:
        """Seconds for which ``key`` is still locked; 0 when it is not."""
        row = self._rows.get(key)
        return 0.0 if row is None else max(0.0, row.until - now)

    def add(self, key: str, now: float, guess: bytes | None = None) -> tuple[float, bool]:
        """Count a failure; the level it makes, and whether the same ``guess`` was the last one already."""
        row = self._rows.pop(key, None) or _Bucket()
        repeated = guess is not None and guess == row.guess
        row.level = max(0.0, row.level - (now - row.at) * self._leak) + 1
        row.at, row.guess = now, guess
        # What leaks between failures that follow each other closely does not put the lock off: hence the half.
        if row.level > self._full - 0.5:
            row.until = now + self._lock_time
            row.level = float(self._full)
        while len(self._rows) >= self._limit:
            del self._rows[next(iter(self._rows))]
        self._rows[key] = row
        return row.level, repeated

    def forget(self, key: str) -> None:
        """``key`` has done nothing wrong after all."""
        self._rows.pop(key, None)

    def __len__(self) -> int:
        return len(self._rows)


class Throttle:
    """Counts failed sign-ins and says what they cost. ``user`` is any stable spelling of the name that was tried."""

    def __init__(self, clock: Clock, settings: ThrottleSettings | None = None) -> None:
        self._clock = clock
        self._settings = given = settings or ThrottleSettings()
        times = (given.lockout_window, given.lockout_time, given.throttle_entries)
        self._addresses = _Buckets(given.lockout_failures, *times)
        self._accounts = _Buckets(given.account_lockout_failures, *times)
        self._pairs = _Buckets(given.lockout_failures, *times)
        self._known: dict[tuple[str, str], float] = {}
        self._known_sources: dict[str, int] = {}

    def locked_out(self, peer: str) -> float:
        """Seconds for which ``peer`` is refused at once (421); 0 for an address from which somebody signs in."""
        address, now = source(peer), self._clock.monotonic()
        self._forget_old(now)
        return 0.0 if address in self._known_sources else self._addresses.locked(address, now)

    def locked(self, peer: str, user: str) -> float:
        """Seconds for which ``user`` cannot sign in from ``peer``; 0 when they may try."""
        address, now = source(peer), self._clock.monotonic()
        if self.knows(peer, user):
            return self._pairs.locked(f"{address} {user}", now)
        return max(self._addresses.locked(address, now), self._accounts.locked(user, now))

    def failed(self, peer: str, user: str, guess: bytes | None = None) -> float:
        """Note a failure; the seconds that its answer shall wait.

        ``guess`` is a keyed digest of the password, None when it is not known. A program that goes on trying the
        password of last year is no guesser: the same wrong password of the same user counts once.
        """
        address, now = source(peer), self._clock.monotonic()
        level, repeated = self._pairs.add(f"{address} {user}", now, guess)
        if not repeated:
            by_address, _ = self._addresses.add(address, now)
            by_account, _ = self._accounts.add(user, now)
            level = max(level, by_address) if self.knows(peer, user) else max(level, by_address, by_account)
        return self._delay(level)

    def succeeded(self, peer: str, user: str) -> None:
        """Note a sign-in: the address is known to be good for this user, and for nobody else."""
        address = source(peer)
        self._pairs.forget(f"{address} {user}")
        if self._known.pop((address, user), None) is None:
            self._known_sources[address] = self._known_sources.get(address, 0) + 1
        self._known[(address, user)] = self._clock.monotonic() + self._settings.known_address_time
        if len(self._known) > self._settings.throttle_entries:
            self._unknow(next(iter(self._known)))

    def knows(self, peer: str, user: str) -> bool:
        """Did ``user`` sign in from ``peer`` not long ago?"""
        self._forget_old(self._clock.monotonic())
        return (source(peer), user) in self._known

    def _forget_old(self, now: float) -> None:
        """The table is in the order of the last sign-ins: what has expired stands first."""
        while self._known and self._known[pair := next(iter(self._known))] < now:
            self._unknow(pair)

    def _unknow(self, pair: tuple[str, str]) -> None:
        del self._known[pair]
        left = self._known_sources[pair[0]] - 1
        if left:
            self._known_sources[pair[0]] = left
        else:
            del self._known_sources[pair[0]]

    def _delay(self, level: float) -> float:
        given = self._settings
        # 2 ** 30 is past every maximum: the exponent is bounded before it is used.
        return min(given.login_delay_max, given.login_delay * 2.0 ** min(30, round(level) - 1))
