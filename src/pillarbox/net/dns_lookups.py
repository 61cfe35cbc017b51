"""How are look-ups shared and kept? Cache, each question only once at a time, both families of addresses as one."""

import asyncio
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TypeAlias, cast

from pillarbox.observe.metrics import Metrics

from .clock import Clock
from .dns import Address, Answer, DnsBogus, DnsTemporary, Kind, Mx, Tlsa
from .dns_cache import Cache, Key
from .dns_wire import Record

# RFC 6761 §6.3: localhost never goes to a DNS server.
_LOCALHOST = (ip_address("127.0.0.1"), ip_address("::1"))

Find: TypeAlias = Callable[[str, Kind], Awaitable[Answer[Record]]]
"""Finds out what DNS says to (name, kind), or raises DnsTemporary."""


class Lookups:
    """A ``dns.Resolver`` around ``find``. ``total``: seconds that one look-up may take.

    Answers out of the cache are counted in ``metrics``.
    """

    def __init__(self, find: Find, cache: Cache, clock: Clock, metrics: Metrics, total: float) -> None:
        self._find = find
        self._cache = cache
        self._clock = clock
        self._metrics = metrics
        self._total = total
        self._flights: dict[Key, asyncio.Task[Answer[Record]]] = {}

    async def mx(self, domain: str) -> Answer[Mx]:
        """See ``dns.Resolver``."""
        return cast(Answer[Mx], await self._lookup(domain, Kind.MX))

    async def txt(self, name: str) -> Answer[bytes]:
        """See ``dns.Resolver``."""
        return cast(Answer[bytes], await self._lookup(name, Kind.TXT))

    async def ptr(self, address: Address) -> Answer[str]:
        """See ``dns.Resolver``."""
        return cast(Answer[str], await self._lookup(address.reverse_pointer, Kind.PTR))

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        """See ``dns.Resolver``."""
        return cast(Answer[Tlsa], await self._lookup(name, Kind.TLSA))

    async def alias(self, name: str) -> Answer[str]:
        """See ``dns.Resolver``."""
        return cast(Answer[str], await self._lookup(name, Kind.CNAME))

    def known(self, name: str, kind: Kind) -> Answer[object] | DnsTemporary | None:
        """See ``dns.Resolver``."""
        known = self._cached(name, kind)
        self._metrics.dns_cached += known is not None
        return cast("Answer[object] | DnsTemporary | None", known)

    async def ask(self, name: str, kind: Kind) -> Answer[object]:
        """See ``dns.Resolver``."""
        return cast(Answer[object], await self._lookup(name, kind))

    async def addresses(self, host: str) -> Answer[Address]:
        """See ``dns.Resolver``."""
        if host == "localhost" or host.endswith(".localhost"):
            return Answer(host, Kind.A, _LOCALHOST, canonical=host)
        six, four = self._cached(host, Kind.AAAA), self._cached(host, Kind.A)
        if six is not None and four is not None:
            self._metrics.dns_cached += 2
            return _merge(host, six, four)
        return _merge(host, *await asyncio.gather(self._try(host, Kind.AAAA), self._try(host, Kind.A)))

    async def close(self) -> None:
        """Give up the questions under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _cached(self, name: str, kind: Kind) -> Answer[Record] | DnsTemporary | None:
        return self._cache.get((name.lower().rstrip("."), kind), self._clock.monotonic())

    async def _try(self, name: str, kind: Kind) -> Answer[Record] | DnsTemporary:
        try:
            return await self._lookup(name, kind)
        except DnsTemporary as error:
            return error

    async def _lookup(self, name: str, kind: Kind) -> Answer[Record]:
        key = (name.lower().rstrip("."), kind)
        known = self._cache.get(key, self._clock.monotonic())
        self._metrics.dns_cached += known is not None
        if isinstance(known, Answer):
            return known
        if known is not None:
            raise _again(known)
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._fly(key))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._landed(key, done))
        # One who asks may be cancelled; those who ask the same still wait.
        return await asyncio.shield(flight)

    def _landed(self, key: Key, flight: "asyncio.Task[Answer[Record]]") -> None:
        self._flights.pop(key, None)
        if not flight.cancelled():
            flight.exception()  # seen, also when nobody waits any more

    async def _fly(self, key: Key) -> Answer[Record]:
        try:
            async with asyncio.timeout(self._total):
                answer = await self._find(*key)
        except (DnsTemporary, TimeoutError) as error:
            failure = error if isinstance(error, DnsTemporary) else DnsTemporary(f"{_show(key)}: no answer in time")
            stale = self._cache.fail(key, failure, self._clock.monotonic())
            if stale is None:
                raise failure from error
            return stale
        self._cache.put(key, answer, self._clock.monotonic())
        return answer


def _merge(host: str, six: Answer[Record] | DnsTemporary, four: Answer[Record] | DnsTemporary) -> Answer[Address]:
    """Both families as one answer; a failure counts only when the other family has nothing."""
    answers = [cast(Answer[Address], found) for found in (six, four) if isinstance(found, Answer)]
    failure = next((found for found in (six, four) if isinstance(found, DnsTemporary)), None)
    records = tuple(record for answer in answers for record in answer.records)
    if failure is not None and not records:
        raise _again(failure)
    return Answer(
        host,
        Kind.A,
        records,
        exists=any(answer.exists for answer in answers),
        ttl=min(answer.ttl for answer in answers),
        canonical=answers[-1].canonical,
        authenticated=all(answer.authenticated for answer in answers),
        stale=any(answer.stale for answer in answers),
    )


def _again(failure: DnsTemporary) -> DnsTemporary:
    """The same failure for another who asks: a raised exception keeps the frames of each who was told."""
    return DnsBogus(str(failure)) if isinstance(failure, DnsBogus) else DnsTemporary(str(failure))


def _show(key: Key) -> str:
    return f"{key[0]} {key[1].name}"
