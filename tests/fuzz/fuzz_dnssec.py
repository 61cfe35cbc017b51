"""Can anybody on the way make us believe what the owners of zones did not sign, or hold their signatures for missing?

Answers are cut, mixed, replayed and renamed. What comes out is the truth as secure, or DnsTemporary; never another
answer, and never "insecure" for what is signed.
"""

import asyncio
import random
from collections.abc import Callable
from random import Random

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

from fuzz.rounds import mutate
from net.signed import Clock, Key, World, zone
from pillarbox.net.dns import Answer, DnsTemporary, Kind
from pillarbox.net.dns_exchange import Server
from pillarbox.net.dns_resolver import DnsResolver, DnsSettings
from pillarbox.net.dns_wire import Question
from pillarbox.net.dnssec_resolver import DnssecSettings, SecureResolver

ROOT, TEST, A, B = (Key.make(secret) for secret in (11, 12, 13, 14))
RECORDS = """\
@ MX 10 mx
mx A 192.0.2.1
_25._tcp.mx TLSA 3 1 1 1111111111111111111111111111111111111111111111111111111111111111
*.w TXT "wild"
there.w TXT "there"
c.deep A 192.0.2.2
"""
DELEGATIONS = f"a NS ns.a\nb NS ns.b\nu NS ns.u\na DS {A.digest('a.test.')}\nb DS {B.digest('b.test.')}\n"
ZONES = (
    zone(".", f"test. NS ns.test.\ntest. DS {TEST.digest('test.')}\n", ROOT),
    zone("test.", DELEGATIONS, TEST),
    zone("a.test.", f"{RECORDS}across CNAME mx.b.test.\nout CNAME mx.u.test.\n*.moved CNAME mx\n", A),
    zone("b.test.", RECORDS, B),
    zone("u.test.", RECORDS, None),
)
EVIL = tuple(
    zone(name, "@ MX 10 evil\nmx A 192.0.2.66\n*.w TXT evil\n", Key.make(99)) for name in ("a.test.", "b.test.")
)
HOSTS = ("", "mx.", "_25._tcp.mx.", "x.w.", "x.y.w.", "there.w.", "deep.", "no.", "x.no.", "across.", "x.moved.")
NAMES = [f"{host}{domain}" for domain in ("a.test", "b.test") for host in HOSTS]
KINDS = (Kind.MX, Kind.A, Kind.TXT, Kind.TLSA, Kind.CNAME)
SPICE = (b"\xc0\x0c", b"\x00\x2e\x00\x01", b"\x00\x2f\x00\x01", b"\x00\x32\x00\x01", b"\x01*", b"\xff\xff")
SERVER = Server("192.0.2.1")

Truth = tuple[frozenset[object], bool, str]


class Attacked(World):
    """Spoils messages, once it is told to."""

    spoil: Callable[[Question, bytes], bytes] | None = None

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        wire = await super().udp(server, question, query)
        return wire if self.spoil is None else self.spoil(question, wire)


def resolver(world: World) -> SecureResolver:
    """It begins anew: nothing is remembered."""
    clock = Clock()
    plain = DnsResolver(lambda: [SERVER], clock, Random(1), DnsSettings(rounds=1), world)
    return SecureResolver(plain, clock, DnssecSettings(anchors=(ROOT.digest("."),)))


def what(answer: Answer[object]) -> Truth:
    """What it says."""
    return frozenset(answer.records), answer.exists, answer.canonical


async def _truth(name: str, kind: Kind) -> Truth:
    answer = await resolver(Attacked(*ZONES)).ask(name, kind)
    assert answer.authenticated
    return what(answer)


def _section(message: dns.message.Message, dice: random.Random) -> list[dns.rrset.RRset]:
    return dice.choice((message.answer, message.answer, message.authority))


def _drop(message: dns.message.Message, dice: random.Random) -> None:
    section = _section(message, dice)
    if section:
        del section[dice.randrange(len(section))]


def _strip(message: dns.message.Message, dice: random.Random) -> None:
    kind = dice.choice((dns.rdatatype.RRSIG, dns.rdatatype.NSEC, dns.rdatatype.DS, dns.rdatatype.CNAME))
    for section in (message.answer, message.authority):
        section[:] = [rrset for rrset in section if rrset.rdtype != kind]


def _rcode(message: dns.message.Message, dice: random.Random) -> None:
    message.set_rcode(dice.choice((dns.rcode.NOERROR, dns.rcode.NXDOMAIN)))


def _mix(message: dns.message.Message, dice: random.Random) -> None:
    """Something else that the zones say, instead or as well."""
    other = _said(dice)
    if dice.random() < 0.5:
        message.answer[:] = []
    if dice.random() < 0.5:
        message.authority[:] = []
    message.answer.extend(other.answer)
    message.authority.extend(other.authority)
    if dice.random() < 0.5:
        message.set_rcode(other.rcode())


def _rename(message: dns.message.Message, dice: random.Random) -> None:
    """Signed records under another name: the one that was asked for, or one that was seen."""
    other = _said(dice)
    name = dice.choice((message.question[0].name, dns.name.from_text(dice.choice(NAMES))))
    for rrset in other.answer:
        rrset.name = name
    message.answer.extend(other.answer)
    message.authority.extend(other.authority)


def _said(dice: random.Random) -> dns.message.Message:
    name = dice.choice([*NAMES, "test", "a.test", "u.test", "mx.u.test", "*.w.a.test", "."])
    kind = dice.choice([kind.name for kind in KINDS] + ["DS", "DNSKEY", "NSEC", "SOA"])
    return World(*ZONES, *(EVIL if dice.random() < 0.2 else ())).answer(
        dns.message.make_query(name, kind, want_dnssec=True)
    )


def _forge(message: dns.message.Message, dice: random.Random) -> None:
    """Everything as it should be, but signed by others' keys."""
    del dice
    query = dns.message.make_query(message.question[0].name, message.question[0].rdtype, want_dnssec=True)
    other = World(*ZONES, *EVIL).answer(query)
    message.answer[:], message.authority[:] = other.answer, other.authority
    message.set_rcode(other.rcode())


ATTACKS = (_forge, _drop, _strip, _rcode, _mix, _rename)


def spoiler(dice: random.Random) -> Callable[[Question, bytes], bytes]:
    """One attacker; ``only``: the kind of question that it meddles with."""
    only = dice.choice((None, Kind.DS, Kind.DNSKEY, Kind.MX))
    octets = dice.random() < 0.3

    def spoil(question: Question, wire: bytes) -> bytes:
        if (only is not None and question.kind is not only) or dice.random() < 0.2:
            return wire
        if octets:
            return wire[:12] + mutate(wire[12:], dice, SPICE)
        message = dns.message.from_wire(wire)
        for _ in range(dice.randint(1, 3)):
            dice.choice(ATTACKS)(message, dice)
        return message.to_wire(max_size=65_535)

    return spoil


async def _case(dice: random.Random) -> None:
    name, kind = dice.choice(NAMES), dice.choice(KINDS)
    world = Attacked(*ZONES)
    ask = resolver(world)
    await ask.proofs()  # that signatures come at all is found out in peace
    world.spoil = spoiler(dice)
    try:
        answer = await ask.ask(name, kind)
    except DnsTemporary:
        return
    finally:
        await ask.close()
    assert answer.authenticated, f"{name} {kind.name} is signed, but was held for insecure: {answer}"
    assert what(answer) == await _truth(name, kind), f"{name} {kind.name}: {answer}"


def one_case(seed: int) -> None:
    """One question, one attacker."""
    asyncio.run(_case(random.Random(seed)))
