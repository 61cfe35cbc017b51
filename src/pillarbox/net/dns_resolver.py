"""How does an answer come about? Cache, then the servers in turn, each question only once at a time."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address
from random import Random
from typing import cast

from pillarbox.mail.address import AddressError, to_ascii
from pillarbox.observe.metrics import Metrics

from .clock import Clock
from .dns import Address, Answer, DnsTemporary, Kind, Mx
from .dns_cache import Cache, CacheSettings, Key
from .dns_exchange import Exchange, Server, SocketExchange
from .dns_wire import CNAME_MAX, BadName, Question, Record, Response, is_answer_to, is_truncated, parse_name, read

# RFC 6761 §6.3: localhost never goes to a DNS server.
_LOCALHOST = (ip_address("127.0.0.1"), ip_address("::1"))
_DEFINITE = {"NOERROR", "NXDOMAIN"}


@dataclass(frozen=True, slots=True)
class DnsSettings:
    """``timeout``: seconds that one server gets for one try; ``rounds``: tries for each; ``total``: seconds for all."""

    timeout: float = 2.0
    rounds: int = 3
    total: float = 10.0
    cache: CacheSettings = field(default_factory=CacheSettings)


class DnsResolver:
    """Asks ``servers()`` (called for each question, so that a changed network counts at once). ``random`` gives ids.

    Questions sent and answers out of the cache are counted in ``metrics``.
    """

    def __init__(
        self,
        servers: Callable[[], Sequence[Server]],
        clock: Clock,
        random: Random,
        settings: DnsSettings | None = None,
        exchange: Exchange | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        self._servers = servers
        self._clock = clock
        self._random = random
        self._settings = settings or DnsSettings()
        self._exchange = exchange or SocketExchange()
        self._metrics = metrics or Metrics()
        self._cache = Cache(self._settings.cache)
        self._flights: dict[Key, asyncio.Task[Answer[Record]]] = {}
        self._slow: set[Server] = set()

    async def mx(self, domain: str) -> Answer[Mx]:
        """See ``dns.Resolver``."""
        return cast(Answer[Mx], await self._lookup(domain, Kind.MX))

    async def txt(self, name: str) -> Answer[bytes]:
        """See ``dns.Resolver``."""
        return cast(Answer[bytes], await self._lookup(name, Kind.TXT))

    async def ptr(self, address: Address) -> Answer[str]:
        """See ``dns.Resolver``."""
        return cast(Answer[str], await self._lookup(address.reverse_pointer, Kind.PTR))

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

    # --- one question -----------------------------------------------------------------------------------------------

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
            raise DnsTemporary(str(known))
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
            async with asyncio.timeout(self._settings.total):
                answer = await self._chase(*key)
        except (DnsTemporary, TimeoutError) as error:
            failure = error if isinstance(error, DnsTemporary) else DnsTemporary(f"{_show(key)}: no answer in time")
            stale = self._cache.fail(key, failure, self._clock.monotonic())
            if stale is None:
                raise failure from error
            return stale
        self._cache.put(key, answer, self._clock.monotonic())
        return answer

    async def _chase(self, name: str, kind: Kind) -> Answer[Record]:
        """Follow aliases that the server did not follow by itself."""
        try:
            target = to_ascii(name)
            ttl = self._settings.cache.ttl_max
            authenticated = True
            for _ in range(CNAME_MAX):
                parse_name(target)
                response = await self._ask(target, kind)
                ttl = min(ttl, response.ttl)
                authenticated = authenticated and response.authenticated
                if response.records or response.canonical == target or response.rcode != "NOERROR":
                    exists = response.rcode != "NXDOMAIN"
                    return Answer(name, kind, response.records, exists, ttl, response.canonical, authenticated)
                target = response.canonical
        except (BadName, AddressError):
            # What cannot be written in DNS cannot exist there.
            return Answer(name, kind, (), exists=False, ttl=self._settings.cache.negative_max, canonical=name)
        raise DnsTemporary(f"{name} {kind.name}: a chain of more than {CNAME_MAX} aliases")

    async def _ask(self, name: str, kind: Kind) -> Response:
        """The first definite answer of any server; those that were silent lately are asked last."""
        failures: list[str] = []
        servers = sorted(self._servers(), key=self._slow.__contains__)
        for _ in range(self._settings.rounds):
            for server in list(servers):
                try:
                    async with asyncio.timeout(self._settings.timeout):
                        response = await self._exchange_with(server, Question(name, kind, self._random.getrandbits(16)))
                except (OSError, ValueError) as error:  # TimeoutError is an OSError
                    self._slow.add(server)
                    failures.append(f"{server}: {_words(error)}")
                    continue
                self._slow.discard(server)
                if response.rcode in _DEFINITE:
                    return response
                failures.append(f"{server}: {response.rcode}")
                servers.remove(server)  # it will say the same again
        detail = "; ".join(dict.fromkeys(failures)) or "no DNS server is known"
        raise DnsTemporary(f"{name} {kind.name}: {detail}")

    async def _exchange_with(self, server: Server, question: Question) -> Response:
        query = question.encode()
        self._metrics.dns_questions += 1
        wire = await self._exchange.udp(server, question, query)
        if is_truncated(wire):
            wire = await self._exchange.tcp(server, query)
            if not is_answer_to(wire, question, query):
                raise ValueError("the answer is to another question")
        response = read(wire, question)
        if response.rcode != "FORMERR":
            return response
        # RFC 6891 §7: a server that does not know EDNS may say so by FORMERR.
        return read(await self._exchange.udp(server, question, question.encode(edns=False)), question)


def _merge(host: str, six: Answer[Record] | DnsTemporary, four: Answer[Record] | DnsTemporary) -> Answer[Address]:
    """Both families as one answer; a failure counts only when the other family has nothing."""
    answers = [cast(Answer[Address], found) for found in (six, four) if isinstance(found, Answer)]
    failure = next((found for found in (six, four) if isinstance(found, DnsTemporary)), None)
    records = tuple(record for answer in answers for record in answer.records)
    if failure is not None and not records:
        raise DnsTemporary(str(failure))
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


def _show(key: Key) -> str:
    return f"{key[0]} {key[1].name}"


def _words(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error) or type(error).__name__
