"""Secure, insecure or bogus? Zones that knot signs, through unbound as validator, as mere forwarder, and stripped."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import dns.flags
import dns.message
import dns.rdatatype
import pytest

from interop.names import DAY, Names, names
from peers import need
from pillarbox.net.clock import SystemClock
from pillarbox.net.dns import DnsBogus, DnsTemporary, Kind, Mx, Tlsa
from pillarbox.net.dns_exchange import Server, SocketExchange
from pillarbox.net.dns_resolver import DnsResolver
from pillarbox.net.dns_wire import Question
from pillarbox.net.dnssec_anchors import parse_anchors
from pillarbox.net.dnssec_probe import ProbeSettings, Standing
from pillarbox.net.dnssec_resolver import DnssecSettings, SecureResolver

pytestmark = pytest.mark.interop

BOGUS = ("expired.test", "wrong.test", "naked.test", "forged.test")


@pytest.fixture(scope="module")
def world() -> Iterator[Names]:
    need.peers("knotd", "keymgr", "unbound")
    with names(time.time()) as running:
        yield running


class Shifted(SystemClock):
    """The machine's clock, some seconds off."""

    def __init__(self, shift: float) -> None:
        self.now = lambda: time.time() + shift


class Stripping(SocketExchange):
    """A server that knows nothing of DNSSEC stands between: no signatures, no proofs, no AD."""

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        plain = replace(question, signatures=False)
        reply = dns.message.from_wire(await super().udp(server, plain, plain.encode()))
        reply.flags &= ~dns.flags.AD
        return reply.to_wire()


class Leaving(SocketExchange):
    """Leaves out the signatures of one name only: an attack."""

    def __init__(self, name: str) -> None:
        self._name = name

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        reply = dns.message.from_wire(await super().udp(server, question, query))
        if question.name == self._name:
            for section in (reply.answer, reply.authority):
                section[:] = [rrset for rrset in section if rrset.rdtype != dns.rdatatype.RRSIG]
        return reply.to_wire()


@asynccontextmanager
async def resolver(
    world: Names,
    how: str,
    shift: float = 0,
    exchange: SocketExchange | None = None,
    anchor: str | None = None,
) -> AsyncIterator[SecureResolver]:
    """``how``: "vouching", "forwarding", or "checking" by way of a validator that we do not rely on."""
    address, port = world.forwarding if how == "forwarding" else world.validating
    clock = Shifted(shift)
    plain = DnsResolver(lambda: [Server(address, port)], clock, Random(1), exchange=exchange)
    probe = ProbeSettings(bogus=BOGUS[:2] if how == "vouching" else (), signed="good.test")
    settings = DnssecSettings(anchors=parse_anchors(anchor or world.anchor), probe=probe)
    secure = SecureResolver(plain, clock, settings)
    try:
        yield secure
    finally:
        await secure.close()
        await plain.close()


WAYS = pytest.mark.parametrize("how", ["vouching", "forwarding", "checking"])


@WAYS
async def test_what_is_signed_is_secure(world: Names, how: str) -> None:
    async with resolver(world, how) as ask:
        for zone in ("good.test", "hashed.test"):
            mx = await ask.mx(zone)
            assert (mx.records, mx.authenticated) == ((Mx(10, f"mx.{zone}"),), True)
            hosts = await ask.addresses(f"mx.{zone}")
            assert {str(address) for address in hosts.records} == {"192.0.2.25", "2001:db8::25"}
            assert hosts.authenticated
            tlsa = await ask.tlsa(f"_25._tcp.mx.{zone}")
            assert (tlsa.records, tlsa.authenticated) == ((Tlsa(3, 1, 1, bytes(32)),), True)
            assert 0 < tlsa.ttl <= 60
        standing = (await ask.proofs())[0].standing
    assert standing is (Standing.VOUCHES if how == "vouching" else Standing.CARRIES)


@WAYS
@pytest.mark.parametrize("zone", ["good.test", "hashed.test"])
async def test_what_is_not_there_is_secure(world: Names, how: str, zone: str) -> None:
    async with resolver(world, how) as ask:
        for name, exists in (
            (zone, True),
            (f"down.{zone}", True),  # only names below it
            (f"missing.{zone}", False),
            (f"a.b.missing.{zone}", False),
            (f"wild.{zone}", True),
            (f"there.wild.{zone}", True),
            (f"other.wild.{zone}", True),  # the wildcard has no such record
            (f"a.there.wild.{zone}", False),
        ):
            answer = await ask.tlsa(name)
            assert (answer.records, answer.exists, answer.authenticated) == ((), exists, True), name


@WAYS
@pytest.mark.parametrize("zone", ["good.test", "hashed.test"])
async def test_wildcards(world: Names, how: str, zone: str) -> None:
    async with resolver(world, how) as ask:
        for name in (f"a.wild.{zone}", f"a.b.c.wild.{zone}", f"*.wild.{zone}"):
            answer = await ask.txt(name)
            assert (answer.records, answer.authenticated) == ((b"wild",), True), name


@WAYS
async def test_aliases_are_as_secure_as_their_weakest_part(world: Names, how: str) -> None:
    async with resolver(world, how) as ask:
        across = await ask.addresses("across.good.test")
        assert (across.canonical, across.authenticated, len(across.records)) == ("mx.hashed.test", True, 2)
        moved = await ask.addresses("mx.moved.good.test")
        assert (moved.canonical, moved.authenticated, len(moved.records)) == ("mx.hashed.test", True, 2)
        out = await ask.addresses("out.good.test")
        assert (out.canonical, out.authenticated, len(out.records)) == ("mx.plain.test", False, 1)
        alias = await ask.alias("out.good.test")
        assert (alias.records, alias.authenticated) == (("mx.plain.test",), True)
        nowhere = await ask.mx("nowhere.good.test")
        assert (nowhere.exists, nowhere.authenticated) == (False, True)
        no_alias = await ask.alias("mx.good.test")
        assert (no_alias.records, no_alias.authenticated) == ((), True)


@WAYS
async def test_what_is_not_signed_is_insecure_but_works(world: Names, how: str) -> None:
    async with resolver(world, how) as ask:
        for zone in ("plain.test", "open.good.test", "strange.test"):
            mx = await ask.mx(zone)
            assert (mx.records, mx.authenticated) == ((Mx(10, f"mx.{zone}"),), False), zone
            missing = await ask.mx(f"missing.{zone}")
            assert (missing.exists, missing.authenticated) == (False, False)
        # test. leaves room for unsigned delegations between its hashes; what is missing there is not proven to be.
        assert not (await ask.mx("missing.test")).exists


async def test_hashing_that_is_too_dear_is_insecure(world: Names) -> None:
    async with resolver(world, "forwarding") as ask:
        assert (await ask.mx("dear.test")).authenticated
        missing = await ask.mx("missing.dear.test")
        assert (missing.exists, missing.authenticated) == (False, False)


@WAYS
@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("expired.test", "signature expired on 20"),
        ("wrong.test", "none of the keys of wrong.test. is the one that is vouched for"),
        ("naked.test", "naked.test. shows no keys"),
        ("missing.holes.test", "does not prove that missing.holes.test. does not exist"),
        ("a.wild.holes.test", "does not prove that a wildcard speaks for a.wild.holes.test."),
        ("mx.forged.test", "the signature does not fit"),
    ],
)
async def test_what_is_bogus_says_why(world: Names, how: str, name: str, why: str) -> None:
    async with resolver(world, how) as ask:
        for _ in range(2):
            with pytest.raises(DnsBogus, match="signatures of .* are wrong" if how == "vouching" else why):
                await (ask.txt(name) if "wild" in name else ask.addresses(name))


async def test_where_signatures_are_stripped_everything_works_as_without(world: Names) -> None:
    async with resolver(world, "forwarding", exchange=Stripping()) as ask:
        for name in ("good.test", "plain.test", "expired.test", "naked.test", "wrong.test"):
            mx = await ask.mx(name)
            assert (mx.records, mx.authenticated) == ((Mx(10, f"mx.{name}"),), False)
        (proof,) = await ask.proofs()
    assert (proof.standing, proof.reason) == (Standing.STRIPS, "it gives the root's keys without their signature")


@pytest.mark.parametrize("name", ["good.test", "hashed.test"])
async def test_who_leaves_out_the_signatures_of_one_name_does_not_make_it_insecure(world: Names, name: str) -> None:
    async with resolver(world, "forwarding", exchange=Leaving(name)) as ask:
        with pytest.raises(DnsBogus):
            await ask.mx(name)
    async with resolver(world, "forwarding", exchange=Leaving(f"missing.{name}")) as ask:
        with pytest.raises(DnsBogus, match="does not prove"):
            await ask.mx(f"missing.{name}")


async def test_a_root_that_we_do_not_know_is_no_reason_to_stop(world: Names) -> None:
    other = ". IN DS 1 13 2 " + "ab" * 32
    async with resolver(world, "forwarding", anchor=other) as ask:
        assert not (await ask.mx("good.test")).authenticated
        assert "we cannot trust" in (await ask.proofs())[0].reason


@pytest.mark.parametrize("shift", [400 * DAY, -400 * DAY])
async def test_with_a_wrong_clock_nothing_is_secure_and_nothing_stops(world: Names, shift: float) -> None:
    async with resolver(world, "forwarding", shift=shift) as ask:
        assert not (await ask.mx("good.test")).authenticated


@WAYS
async def test_many_at_once(world: Names, how: str) -> None:
    async with resolver(world, how) as ask:
        answers = await asyncio.gather(*(ask.txt(f"n{n}.wild.good.test") for n in range(200)))
    assert all(answer.authenticated and answer.records for answer in answers)


async def test_our_word_is_unbounds(world: Names) -> None:
    """What we find out by ourselves, and what unbound says, for every name and kind that there is."""
    zones = ("good.test", "hashed.test", "plain.test", "open.good.test", "strange.test", *BOGUS, "holes.test", "test")
    hosts = ("", "mx.", "_25._tcp.mx.", "x.wild.", "there.wild.", "down.", "missing.", "across.", "out.", "mx.moved.")
    differing = []
    async with resolver(world, "checking") as ours, resolver(world, "vouching") as theirs:
        for name in [host + zone for zone in zones for host in hosts]:
            for kind in (Kind.MX, Kind.A, Kind.TXT, Kind.TLSA, Kind.CNAME):
                said = [await _outcome(ask, name, kind) for ask in (ours, theirs)]
                if said[0] != said[1]:
                    differing.append((name, kind.name, said))
    assert differing == []


async def _outcome(ask: SecureResolver, name: str, kind: Kind) -> object:
    try:
        answer = await ask.ask(name, kind)
    except DnsTemporary as error:
        return type(error)
    return (set(answer.records), answer.exists, answer.canonical, answer.authenticated)
