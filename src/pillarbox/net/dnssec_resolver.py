"""How does a secure answer come about? By a server that is proven to validate, or by validating it ourselves."""

import asyncio
from dataclasses import dataclass, field, replace

import dns.message
import dns.name
from dns.rdtypes.ANY.DS import DS

from pillarbox.mail.address import AddressError, to_ascii

from .clock import Clock
from .dns import Answer, DnsBogus, DnsTemporary, Kind
from .dns_cache import Cache
from .dns_exchange import Server
from .dns_lookups import Lookups
from .dns_resolver import DnsResolver, unwritable
from .dns_servers import ServerFailure
from .dns_wire import BadName, Question, Record, parse_name, records_of, text_of
from .dnssec_anchors import ROOT, parse_anchors
from .dnssec_answers import Validator
from .dnssec_chain import Chain, ChainSettings
from .dnssec_probe import Probe, ProbeSettings, Proof
from .dnssec_reply import Reply
from .dnssec_signatures import Bounds, Effort


@dataclass(frozen=True, slots=True)
class DnssecSettings:
    """``anchors``: the root's keys; ``at_once``: answers validated at the same time; ``total``: seconds for one."""

    anchors: tuple[DS, ...] = field(default_factory=lambda: parse_anchors(ROOT))
    at_once: int = 50
    total: float = 15.0
    bounds: Bounds = field(default_factory=Bounds)
    chain: ChainSettings = field(default_factory=ChainSettings)
    probe: ProbeSettings = field(default_factory=ProbeSettings)


class SecureResolver(Lookups):
    """A ``dns.Resolver`` whose ``Answer.authenticated`` can be relied upon; it asks the servers of ``resolver``.

    Where nobody hands on signatures, every answer is insecure. An expired answer stands in for a failure only if it was
    insecure already, so that nobody can make a secure one insecure by keeping us from asking.
    """

    def __init__(self, resolver: DnsResolver, clock: Clock, settings: DnssecSettings | None = None) -> None:
        settings = settings or DnssecSettings()
        self._plain = resolver
        self._servers = resolver.servers
        self._bounds = settings.bounds
        self._probe = Probe(self._servers, settings.anchors, clock, settings.probe, settings.bounds)
        self._chain = Chain(self._ask, settings.anchors, clock, settings.chain, settings.bounds)
        self._validator = Validator(self._ask, self._chain, clock.now)
        self._room = asyncio.Semaphore(settings.at_once)
        cache = Cache(replace(resolver.settings.cache, stale_secure=False))
        super().__init__(self._find_secure, cache, clock, resolver.metrics, settings.total)

    async def proofs(self) -> tuple[Proof, ...]:
        """What each server showed when it was tried out."""
        return await self._probe.proofs()

    async def close(self) -> None:
        """Give up the questions under way."""
        await super().close()
        await self._chain.close()
        await self._probe.close()

    async def _find_secure(self, name: str, kind: Kind) -> Answer[Record]:
        async with self._room:
            usable = await self._probe.usable()
            if usable.vouching:
                try:
                    return await self._plain.find(name, kind, usable.vouching)
                except ServerFailure as error:
                    raise await self._explained(error, name, kind) from error
                except DnsTemporary:
                    if len(usable.carrying) == len(usable.vouching):
                        raise
            if usable.carrying:
                return await self._walk(name, kind)
            if not usable.stripping:
                # A network of its own may know its names and nothing of the root: without DNSSEC nothing stops working.
                answer = await self._plain.find(name, kind)
                self._probe.answered()
                return answer
            return await self._plain.find(name, kind, usable.stripping)

    async def _explained(self, error: ServerFailure, name: str, kind: Kind) -> DnsTemporary:
        """``error`` as DnsBogus, where there is an answer for those who do not validate."""
        if isinstance(error, DnsBogus):
            return error
        try:
            question = self._servers.question(to_ascii(name), kind, unchecked=True)
            await self._servers.ask(question, _reply, (await self._probe.usable()).vouching)
        except DnsTemporary:
            return error
        return DnsBogus(
            f"{error}, because the signatures of {name} are wrong: without looking at them there is an answer"
        )

    async def _walk(self, name: str, kind: Kind) -> Answer[Record]:
        try:
            target = parse_name(to_ascii(name))
        except (BadName, AddressError):
            return unwritable(name, kind, self._plain.settings)
        found = await self._validator.find(target, kind, Effort(self._bounds))
        records = () if found.rrset is None else records_of(found.rrset)
        ttl = min(found.ttl, self._plain.settings.cache.ttl_max)
        return Answer(name, kind, records, found.exists, ttl, text_of(found.name), found.secure)

    async def _ask(self, name: dns.name.Name, kind: Kind) -> Reply:
        """RFC 6840 §5.9 and appendix B: what the server refuses because it validates too is asked for unchecked."""
        carrying = (await self._probe.usable()).carrying
        try:
            return await self._message(name, kind, carrying, unchecked=False)
        except ServerFailure:
            return await self._message(name, kind, carrying, unchecked=True)

    async def _message(self, name: dns.name.Name, kind: Kind, servers: tuple[Server, ...], unchecked: bool) -> Reply:
        question = self._servers.question(text_of(name), kind, signatures=True, unchecked=unchecked)
        return (await self._servers.ask(question, _reply, servers))[1]


def _reply(message: dns.message.Message, question: Question) -> Reply:
    del question
    return Reply(message)
