"""Signed zones within the test: a root, a domain and what lies below, answered as a resolver would."""

from collections.abc import Callable
from dataclasses import dataclass

import dns.dnssec
import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zone
from cryptography.hazmat.primitives.asymmetric import ec
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS

from pillarbox.net.dns_exchange import Server
from pillarbox.net.dns_wire import Question

NOW = 1_800_000_000.0
DAY = 86_400
IN = dns.rdataclass.IN


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def now(self) -> float:
        return NOW + self.time - 1_000

    def monotonic(self) -> float:
        return self.time


@dataclass(frozen=True)
class Key:
    """A zone's key."""

    private: ec.EllipticCurvePrivateKey
    public: DNSKEY

    @classmethod
    def make(cls, secret: int | None = None) -> "Key":
        """A new key; the same one for the same ``secret``."""
        curve = ec.SECP256R1()
        private = ec.generate_private_key(curve) if secret is None else ec.derive_private_key(secret, curve)
        return cls(private, dns.dnssec.make_dnskey(private.public_key(), "ECDSAP256SHA256", flags=257))

    def digest(self, name: str) -> DS:
        return dns.dnssec.make_ds(name, self.public, "SHA256")

    def sign(
        self, rrset: dns.rrset.RRset, zone: str, since: float = NOW - DAY, until: float = NOW + DAY
    ) -> dns.rrset.RRset:
        """The signature of ``rrset``."""
        signer = dns.name.from_text(zone)
        rdata = dns.dnssec.sign(rrset, self.private, signer, self.public, int(since), int(until))
        return dns.rrset.from_rdata(rrset.name, rrset.ttl, rdata)


def zone(name: str, records: str, key: Key | None, until: float = NOW + DAY) -> dns.zone.Zone:
    """The zone, signed by ``key`` with NSEC; unsigned without one."""
    text = f"$TTL 3600\n@ SOA ns h 1 3600 600 86400 300\n@ NS ns\nns A 192.0.2.53\n{records}\n"
    made = dns.zone.from_text(text, origin=dns.name.from_text(name), relativize=False)
    if key is not None:
        with made.writer() as writer:
            dns.dnssec.sign_zone(
                made, writer, keys=[(key.private, key.public)], dnskey_ttl=3600, inception=int(NOW - 10 * DAY),
                expiration=int(until),
            )  # fmt: skip
    return made


class World:
    """A resolver in the shape of an ``Exchange``: answers with signatures where they are asked for.

    ``twist`` may change a message before it goes out; ``validates`` names what it answers with SERVFAIL; None: it does
    not validate.
    """

    def __init__(self, *zones: dns.zone.Zone) -> None:
        self.zones = {_origin(made): made for made in zones}
        self.twist: Callable[[Question, dns.message.Message], dns.message.Message | None] | None = None
        self.bogus: set[str] | None = None
        self.asked: list[str] = []

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        """See ``Exchange``."""
        del server
        self.asked.append(f"{question.name or '.'} {question.kind.name}")
        reply: dns.message.Message | None = self.answer(dns.message.from_wire(query))
        if self.bogus is not None and not question.unchecked:
            assert reply is not None
            if question.name in self.bogus:
                reply = dns.message.make_response(dns.message.from_wire(query))
                reply.set_rcode(dns.rcode.SERVFAIL)
            else:
                reply.flags |= dns.flags.AD
        if self.twist is not None and reply is not None:
            reply = self.twist(question, reply)
        if reply is None:
            raise TimeoutError
        return reply.to_wire(max_size=65_535)

    async def tcp(self, server: Server, query: bytes) -> bytes:
        """See ``Exchange``: nothing is ever too long."""
        raise AssertionError

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """What the zones say."""
        reply = dns.message.make_response(query)
        name, kind = query.question[0].name, query.question[0].rdtype
        signed = bool(query.ednsflags & dns.flags.DO)
        for _ in range(9):
            made = self._zone_of(name, kind)
            node = made.get_node(name)
            if node is not None and self._put(reply.answer, made, name, kind, signed):
                return reply
            owner = name if node is not None else self._wildcard(made, name)
            if node is None and self._put(reply.answer, made, owner, kind, signed, name):
                self._deny(reply, made, name, signed)
                return reply
            alias = made.get_rdataset(owner, dns.rdatatype.CNAME)
            if alias is None:
                break
            self._put(reply.answer, made, owner, dns.rdatatype.CNAME, signed, name)
            if node is None:
                self._deny(reply, made, name, signed)
            name = alias[0].target
        below = any(known.is_subdomain(name) for known in made.nodes)
        if not below and made.get_node(self._wildcard(made, name)) is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        self._put(reply.authority, made, _origin(made), dns.rdatatype.SOA, signed)
        self._deny(reply, made, name, signed, below)
        return reply

    def _wildcard(self, made: dns.zone.Zone, name: dns.name.Name) -> dns.name.Name:
        """Below the closest name that exists."""
        while not any(known.is_subdomain(name) for known in made.nodes):
            name = name.parent()
        return dns.name.from_text("*", name)

    def _deny(
        self, reply: dns.message.Message, made: dns.zone.Zone, name: dns.name.Name, signed: bool, below: bool = False
    ) -> None:
        if signed:
            for known in self._deniers(made, name, below):
                self._put(reply.authority, made, known, dns.rdatatype.NSEC, signed)

    def _zone_of(self, name: dns.name.Name, kind: dns.rdatatype.RdataType) -> dns.zone.Zone:
        """The closest; a DS stands in the parent."""
        origins = [
            o
            for o in self.zones
            if name.is_subdomain(o) and not (kind == dns.rdatatype.DS and o == name != dns.name.root)
        ]
        return self.zones[max(origins, key=len)]

    def _deniers(self, made: dns.zone.Zone, name: dns.name.Name, below: bool) -> set[dns.name.Name]:
        names = sorted(known for known in made.nodes if made.get_rdataset(known, dns.rdatatype.NSEC))
        if not names:
            return set()
        if made.get_node(name) is not None:
            return {name}
        before = {max(known for known in names if known < name)}
        if not below:
            before.add(max(known for known in names if known <= self._wildcard(made, name)))
        return before

    def _put(
        self, section: list[dns.rrset.RRset], made: dns.zone.Zone, name: dns.name.Name,
        kind: dns.rdatatype.RdataType, signed: bool, shown: dns.name.Name | None = None,
    ) -> bool:  # fmt: skip
        rdataset = made.get_rdataset(name, kind)
        if rdataset is None:
            return False
        section.append(_rrset(shown or name, rdataset))
        signatures = made.get_rdataset(name, dns.rdatatype.RRSIG, kind)
        if signed and signatures is not None:
            section.append(_rrset(shown or name, signatures))
        return True


def _origin(made: dns.zone.Zone) -> dns.name.Name:
    assert made.origin is not None
    return made.origin


def _rrset(name: dns.name.Name, rdataset: dns.rdataset.Rdataset) -> dns.rrset.RRset:
    return dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))
