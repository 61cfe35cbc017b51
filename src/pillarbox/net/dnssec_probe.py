"""Does a DNS server validate, or at least hand on signatures? It is tried out: nobody's word is taken for it.

A server vouches when it is near enough to be trusted, refuses a name that is known to be bogus (but has an answer when
it is told not to check), and says AD for one that is signed. It carries signatures when those of the root's keys come.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.name
from dns.rdtypes.ANY.DS import DS

from .clock import Clock
from .dns import DnsBogus, DnsTemporary, Kind
from .dns_exchange import Server
from .dns_servers import NameServers, ServerFailure
from .dns_wire import Question
from .dnssec_chain import zone_of
from .dnssec_reply import Reply
from .dnssec_signatures import Bounds, Effort


class Standing(Enum):
    """What a server is good for."""

    VOUCHES = "it validates, and may be trusted"
    CARRIES = "it hands on signatures"
    STRIPS = "it hands on no signatures that we could check"
    SILENT = "it does not answer"


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """``trusted``: addresses of servers whose AD counts when they prove to validate; loopback ones always are.

    ``bogus``: names whose signatures are wrong on purpose; ``signed``: one that is signed. Times in seconds:
    ``again``: until a proof is repeated; ``silent``: until a server that was silent is tried again; ``deaf``: until
    one is that was silent only when it was asked for signatures; ``patience``: for one answer.
    """

    trusted: frozenset[str] = frozenset()
    bogus: tuple[str, ...] = ("dnssec-failed.org", "rhybar.cz")
    signed: str = ""
    again: float = 3_600.0
    silent: float = 5.0
    deaf: float = 60.0
    patience: float = 4.0


@dataclass(frozen=True, slots=True)
class Proof:
    """What a server showed when it was tried out. ``reason``: for people. ``until``: monotonic seconds."""

    server: Server
    standing: Standing
    reason: str
    until: float


@dataclass(frozen=True, slots=True)
class Usable:
    """The servers that are of use for secure answers; ``stripping`` are of use for others."""

    vouching: tuple[Server, ...] = ()
    carrying: tuple[Server, ...] = ()
    stripping: tuple[Server, ...] = ()


class Probe:
    """Tries out each of ``servers`` when it is first met, and from time to time."""

    def __init__(
        self, servers: NameServers, anchors: Sequence[DS], clock: Clock, settings: ProbeSettings, bounds: Bounds
    ) -> None:
        self._servers = servers
        self._anchors = anchors
        self._clock = clock
        self._settings = settings
        self._bounds = bounds
        self._proofs: dict[Server, Proof] = {}
        self._flights: dict[Server, asyncio.Task[None]] = {}

    async def usable(self) -> Usable:
        """Those that are of use now. It waits for proofs only as long as no server has given a good one."""
        usable = self._sort()
        while flights := self._awaited(usable):
            done, _ = await asyncio.wait(flights, return_when=asyncio.FIRST_COMPLETED)
            for flight in done:
                flight.result()  # what failed for a reason of ours must be seen, not tried for ever
            usable = self._sort()
        return usable

    def _awaited(self, usable: Usable) -> list["asyncio.Task[None]"]:
        """What may still change the matter: the first proof of a server, and any when there is nobody to ask."""
        if usable.carrying:
            return []
        first = [flight for server, flight in self._flights.items() if server not in self._proofs]
        return first or ([] if usable.stripping else list(self._flights.values()))

    def answered(self) -> None:
        """A question was answered by somebody who was silent about the root: whoever never showed more is of use for
        insecure answers, for a while. Who wants that of us could as well strip signatures, so nothing is lost by it."""
        until = self._clock.monotonic() + self._settings.deaf
        for server, proof in self._proofs.items():
            if proof.standing is Standing.SILENT:
                reason = f"it answers, but not about the root: {proof.reason}"
                self._proofs[server] = Proof(server, Standing.STRIPS, reason, until)

    async def proofs(self) -> tuple[Proof, ...]:
        """What each server showed, all of them tried out."""
        self._sort()
        await asyncio.gather(*map(asyncio.shield, self._flights.values()))
        return tuple(self._proofs[server] for server in self._servers.listed() if server in self._proofs)

    async def close(self) -> None:
        """Give up what is under way."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _sort(self) -> Usable:
        """The listed servers by what they are good for; those whose proof is too old are tried out."""
        listed = list(dict.fromkeys(self._servers.listed()))
        for gone in self._proofs.keys() - set(listed):
            del self._proofs[gone]
            self._servers.vouching.discard(gone)
        fresh: dict[Standing, list[Server]] = {standing: [] for standing in Standing}
        for server in listed:
            proof = self._proofs.get(server)
            if proof is not None and self._clock.monotonic() < proof.until:
                fresh[proof.standing].append(server)
            elif server not in self._flights:
                self._try_out(server)
        vouching = tuple(fresh[Standing.VOUCHES])
        return Usable(vouching, vouching + tuple(fresh[Standing.CARRIES]), tuple(fresh[Standing.STRIPS]))

    def _try_out(self, server: Server) -> None:
        flight = asyncio.get_running_loop().create_task(self._fly(server))
        self._flights[server] = flight
        flight.add_done_callback(lambda _: self._flights.pop(server, None))

    async def _fly(self, server: Server) -> None:
        standing, reason, seconds = await self._prove(server)
        before = self._proofs.get(server)
        if standing is Standing.SILENT and before is not None:
            # Silence proves nothing: who can only keep a server from answering must not change what we think of it.
            standing, reason = before.standing, before.reason
        self._proofs[server] = Proof(server, standing, reason, self._clock.monotonic() + seconds)
        if standing is Standing.VOUCHES:
            self._servers.vouching.add(server)
        else:
            self._servers.vouching.discard(server)

    # --- one server -------------------------------------------------------------------------------------------------

    async def _prove(self, server: Server) -> tuple[Standing, str, float]:
        """What it is good for, why, and for how many seconds that shall be believed."""
        if self._is_trusted(server):
            try:
                reason = await self._vouches(server)
            except DnsTemporary:
                reason = ""  # whether it answers at all is found out below
            if reason:
                return Standing.VOUCHES, reason, self._settings.again
        try:
            return *await self._carries(server), self._settings.again
        except ServerFailure as error:
            return Standing.STRIPS, str(error), self._settings.again
        except DnsTemporary as error:
            return await self._mute(server, str(error))

    async def _mute(self, server: Server, reason: str) -> tuple[Standing, str, float]:
        """Where long answers or those with signatures are lost on the way, others must still be of use."""
        try:
            await self._ask(server, "", Kind.SOA)
        except ServerFailure as error:
            return Standing.STRIPS, str(error), self._settings.deaf
        except DnsTemporary as error:
            return Standing.SILENT, str(error), self._settings.silent
        return Standing.STRIPS, f"it answers, but not when it is asked for signatures: {reason}", self._settings.deaf

    def _is_trusted(self, server: Server) -> bool:
        return server.address in self._settings.trusted or ip_address(server.address.partition("%")[0]).is_loopback

    async def _vouches(self, server: Server) -> str:
        """How the server showed that it validates; "" when it did not."""
        message = await self._ask(server, self._settings.signed, Kind.SOA)
        if not message.flags & dns.flags.AD:
            return ""
        for name in self._settings.bogus:
            if await self._refuses(server, name) and await self._has(server, name):
                return f"it refuses {name}, whose signatures are wrong, and vouches for {self._settings.signed or '.'}"
        return ""

    async def _refuses(self, server: Server, name: str) -> bool:
        try:
            await self._ask(server, name, Kind.SOA)
        except ServerFailure:
            return True
        return False

    async def _has(self, server: Server, name: str) -> bool:
        """There is an answer, so that nothing but the signatures was what it refused."""
        message = await self._ask(server, name, Kind.SOA, unchecked=True)
        return bool(message.answer)

    async def _carries(self, server: Server) -> tuple[Standing, str]:
        reply = Reply(await self._ask(server, "", Kind.DNSKEY, signatures=True, unchecked=True))
        keys = reply.records(dns.name.root, Kind.DNSKEY)
        if keys is None or reply.signatures(keys) is None:
            return Standing.STRIPS, "it gives the root's keys without their signature"
        try:
            zone_of(reply, dns.name.root, self._anchors, self._clock.now(), Effort(self._bounds))
        except DnsBogus as error:
            # Whoever could forge this could strip it as well: nothing is won by refusing all mail.
            return Standing.STRIPS, f"it gives keys of the root that we cannot trust: {error}"
        return Standing.CARRIES, "it hands on signatures, and we check them ourselves"

    async def _ask(
        self, server: Server, name: str, kind: Kind, signatures: bool = False, unchecked: bool = False
    ) -> dns.message.Message:
        question = self._servers.question(name, kind, signatures, unchecked)
        try:
            async with asyncio.timeout(self._settings.patience):
                return (await self._servers.ask(question, _as_it_is, [server]))[1]
        except TimeoutError as error:
            raise DnsTemporary(f"{server}: no answer in {self._settings.patience:g} s") from error


def _as_it_is(message: dns.message.Message, question: Question) -> dns.message.Message:
    del question
    return message
