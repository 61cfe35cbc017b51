"""Which zone does a name lie in, and are its keys right? From the root down, each parent vouching: RFC 4035 §5.2."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

import dns.name
from dns.rdtypes.ANY.DS import DS

from .clock import Clock
from .dns import DnsBogus, DnsTemporary, Kind
from .dnssec_denial import Verdict
from .dnssec_reply import Reply
from .dnssec_signatures import Bounds, Effort, Zone, matches, usable_digests, usable_keys, verify

Ask: TypeAlias = Callable[[dns.name.Name, Kind], Awaitable[Reply]]
"""Asks for records with their signatures; DnsTemporary."""


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """``points``: names kept in memory of which it is known whether a zone begins there, and with which keys.

    ``longest``: seconds that this is kept at most; ``bogus``: seconds until a zone that did not fit is tried again;
    ``labels``: how deep a name may be, so that nobody can make us walk for long.
    """

    points: int = 4_000
    longest: int = 86_400
    bogus: float = 30.0
    labels: int = 40


@dataclass(frozen=True, slots=True)
class Unsigned:
    """From here down nothing is signed, and that is proven (or nobody can check it). ``reason`` says why."""

    reason: str


class _Cut(Enum):
    """No zone begins at a name."""

    NONE = "it lies in its parent's zone"
    NOWHERE = "there is no such name"


_Status: TypeAlias = Zone | Unsigned | _Cut


@dataclass(frozen=True, slots=True)
class _Point:
    status: _Status | DnsBogus
    until: float


class Chain:
    """Walks down from ``anchors``. What is sure is remembered for as long as it is sure."""

    def __init__(self, ask: Ask, anchors: Sequence[DS], clock: Clock, settings: ChainSettings, bounds: Bounds) -> None:
        self._ask = ask
        self._anchors = anchors
        self._clock = clock
        self._settings = settings
        self._bounds = bounds
        self._points: dict[dns.name.Name, _Point] = {}
        self._flights: dict[dns.name.Name, asyncio.Task[_Status]] = {}

    async def trust(self, name: dns.name.Name) -> Zone | Unsigned:
        """The zone in which ``name`` lies, its keys verified; DnsBogus when a step fails to fit."""
        if len(name) > self._settings.labels:
            raise DnsTemporary(f"{name} has too many labels to be looked into")
        zone = await self._point(dns.name.root, None)
        assert isinstance(zone, Zone)
        for depth in range(2, len(name) + 1):
            step = await self._point(name.split(depth)[1], zone)
            if isinstance(step, Unsigned):
                return step
            if step is _Cut.NOWHERE:
                break
            zone = step if isinstance(step, Zone) else zone
        return zone

    async def close(self) -> None:
        """Give up the steps under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    # --- one step ---------------------------------------------------------------------------------------------------

    async def _point(self, name: dns.name.Name, parent: Zone | None) -> _Status:
        known = self._points.get(name)
        if known is not None and self._clock.monotonic() < known.until:
            if isinstance(known.status, DnsBogus):
                raise DnsBogus(str(known.status))
            return known.status
        flight = self._flights.get(name)
        if flight is None:
            flight = asyncio.get_running_loop().create_task(self._fly(name, parent))
            self._flights[name] = flight
            flight.add_done_callback(lambda done: self._landed(name, done))
        return await asyncio.shield(flight)

    def _landed(self, name: dns.name.Name, flight: "asyncio.Task[_Status]") -> None:
        self._flights.pop(name, None)
        if not flight.cancelled():
            flight.exception()  # seen, also when nobody waits any more

    async def _fly(self, name: dns.name.Name, parent: Zone | None) -> _Status:
        try:
            status, ttl = await self._step(name, parent, Effort(self._bounds))
        except DnsBogus as error:
            self._keep(name, error, self._settings.bogus)
            raise
        self._keep(name, status, min(ttl, self._settings.longest))
        return status

    def _keep(self, name: dns.name.Name, status: _Status | DnsBogus, seconds: float) -> None:
        self._points.pop(name, None)
        self._points[name] = _Point(status, self._clock.monotonic() + seconds)
        if len(self._points) > self._settings.points:
            del self._points[next(iter(self._points))]

    async def _step(self, name: dns.name.Name, parent: Zone | None, effort: Effort) -> tuple[_Status, int]:
        """What ``parent`` says of a zone that may begin at ``name``: DS, or the proof that there is none."""
        if parent is None:
            return await self._zone(name, self._anchors, self._settings.longest, effort)
        reply = await self._ask(name, Kind.DS)
        now = self._clock.now()
        digests = reply.records(name, Kind.DS)
        if digests is not None:
            ttl = verify(digests, reply.signatures(digests), parent, now, effort).ttl
            usable = usable_digests(digests, self._bounds)
            if not usable:
                return Unsigned(f"{name} is signed only by algorithms that we do not know or no longer trust"), ttl
            return await self._zone(name, usable, ttl, effort)
        alias = reply.redirection(name) or reply.records(name, Kind.CNAME)
        if alias is not None:
            signed = verify(alias, reply.signatures(alias), parent, now, effort)
            reply.denials(parent, now, effort).speak_for(alias.name, signed)
            return _Cut.NONE, signed.ttl
        return self._without_digests(name, parent, reply, effort)

    def _without_digests(self, name: dns.name.Name, parent: Zone, reply: Reply, effort: Effort) -> tuple[_Status, int]:
        denials = reply.denials(parent, self._clock.now(), effort)
        denial = denials.of(name, Kind.DS, reply.exists)
        if denial.verdict is Verdict.INSECURE:
            return Unsigned(f"{parent.name} does not say whether {name} is signed (opt-out)"), denials.ttl
        if denial.is_delegation:
            return Unsigned(f"{parent.name} says that {name} is not signed"), denials.ttl
        return _Cut.NONE if reply.exists else _Cut.NOWHERE, denials.ttl

    async def _zone(self, name: dns.name.Name, digests: Sequence[DS], ttl: int, effort: Effort) -> tuple[Zone, int]:
        zone, longest = zone_of(await self._ask(name, Kind.DNSKEY), name, digests, self._clock.now(), effort)
        return zone, min(ttl, longest)


def zone_of(reply: Reply, name: dns.name.Name, digests: Sequence[DS], now: float, effort: Effort) -> tuple[Zone, int]:
    """The zone ``name`` with the keys in ``reply``, one of which ``digests`` vouch for; and seconds to keep it."""
    rrset = reply.records(name, Kind.DNSKEY)
    if rrset is None:
        raise DnsBogus(f"{name} shows no keys, though it is said to be signed")
    keys = usable_keys(rrset, effort.bounds)
    vouched = tuple(key for key in keys if any(matches(ds, name, key) for ds in digests))
    if not vouched:
        tags = ", ".join(str(ds.key_tag) for ds in digests)
        raise DnsBogus(f"none of the keys of {name} is the one that is vouched for ({tags})")
    signed = verify(rrset, reply.signatures(rrset), Zone(name, vouched), now, effort)
    return Zone(name, keys), signed.ttl
