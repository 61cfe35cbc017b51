"""Secure answers out of signed zones within the test: what is believed, remembered, and not done without need."""

import asyncio
from dataclasses import replace
from random import Random

import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest

from net.signed import DAY, NOW, Clock, Key, World, zone
from pillarbox.net.dns import DnsBogus, DnsTemporary, Kind, Mx
from pillarbox.net.dns_cache import CacheSettings
from pillarbox.net.dns_exchange import Server
from pillarbox.net.dns_resolver import DnsResolver, DnsSettings
from pillarbox.net.dns_wire import Question
from pillarbox.net.dnssec_chain import ChainSettings
from pillarbox.net.dnssec_probe import ProbeSettings, Standing
from pillarbox.net.dnssec_resolver import DnssecSettings, SecureResolver

HOME = Server("192.0.2.1")
LOCAL = Server("127.0.0.1")
ROOT, TEST, A, OLD = (Key.make() for _ in range(4))
RECORDS = """\
@ MX 10 mx
mx A 192.0.2.1
mx AAAA 2001:db8::1
_25._tcp.mx TLSA 3 1 1 1111111111111111111111111111111111111111111111111111111111111111
*.w TXT "wild"
there.w TXT "there"
\\035.w TXT "sorts before the asterisk"
"""


def world(until: float = NOW + DAY) -> World:
    """A root, test., a.test (signed), old.test (expired), plain.test (unsigned)."""
    delegations = "".join(f"{name} NS ns.{name}\n" for name in ("a", "old", "plain"))
    digests = f"a DS {A.digest('a.test.')}\nold DS {OLD.digest('old.test.')}\n"
    return World(
        zone(".", f"test. NS ns.test.\ntest. DS {TEST.digest('test.')}\n", ROOT),
        zone("test.", delegations + digests, TEST),
        zone("a.test.", RECORDS + "out CNAME mx.plain.test.\n", A, until),
        zone("old.test.", RECORDS, OLD, NOW - DAY),
        zone("plain.test.", RECORDS, None),
    )


class Ask(SecureResolver):
    """With all that it stands on."""

    def __init__(self, world: World, *servers: Server, probe: ProbeSettings | None = None, **chain: float) -> None:
        self.clock = Clock()
        self.listed = list(servers or (HOME,))
        self.plain = DnsResolver(
            lambda: self.listed, self.clock, Random(1), DnsSettings(rounds=1, cache=CacheSettings(stale=1e6)), world
        )
        settings = DnssecSettings(
            anchors=(ROOT.digest("."),),
            probe=probe or ProbeSettings(bogus=("old.test",), signed="a.test"),
            chain=replace(ChainSettings(), **chain),  # type: ignore[arg-type]
        )
        super().__init__(self.plain, self.clock, settings)


async def test_signed_is_secure_and_each_key_is_asked_for_once() -> None:
    names = world()
    ask = Ask(names)
    mx = await ask.mx("a.test")
    assert (mx.records, mx.authenticated, mx.ttl) == ((Mx(10, "mx.a.test"),), True, 3600)
    assert (await ask.addresses("mx.a.test")).authenticated
    tlsa = await ask.tlsa("_25._tcp.mx.a.test")
    assert tlsa.authenticated
    assert str(tlsa) == "_25._tcp.mx.a.test TLSA: 3 1 1 " + "11" * 32
    chain = [line for line in names.asked if line.endswith((" DS", " DNSKEY"))]
    assert chain == [". DNSKEY", ". DNSKEY", "test DS", "test DNSKEY", "a.test DS", "a.test DNSKEY"]
    assert len(names.asked) == len(chain) + 4


async def test_many_askers_share_one_walk() -> None:
    names = world()
    ask = Ask(names)
    await asyncio.gather(*(ask.txt(f"n{n}.a.test") for n in range(100)))
    assert names.asked.count("a.test DNSKEY") == 1
    assert len(names.asked) == 106


async def test_unsigned_is_insecure_and_absence_in_it_too() -> None:
    ask = Ask(world())
    mx = await ask.mx("plain.test")
    assert (mx.records, mx.authenticated) == ((Mx(10, "mx.plain.test"),), False)
    out = await ask.addresses("out.a.test")
    assert (out.canonical, out.authenticated, len(out.records)) == ("mx.plain.test", False, 2)
    assert (await ask.alias("out.a.test")).authenticated
    assert not (await ask.mx("missing.plain.test")).authenticated
    missing = await ask.mx("missing.a.test")
    assert (missing.exists, missing.authenticated, missing.ttl) == (False, True, 300)


async def test_bogus_says_why_and_is_tried_again_after_a_while() -> None:
    names = world()
    ask = Ask(names)
    with pytest.raises(DnsBogus, match=r"old\.test\. are not to be trusted: the signature expired on 2027-01-14"):
        await ask.mx("old.test")
    with pytest.raises(DnsBogus):  # another name: the zone is known to be bogus
        await ask.mx("mx.old.test")
    asked = len(names.asked)
    with pytest.raises(DnsBogus):
        await ask.txt("old.test")
    assert len(names.asked) == asked + 1
    ask.clock.time += 31
    names.zones[dns.name.from_text("old.test.")] = zone("old.test.", RECORDS, OLD)
    assert (await ask.mx("old.test")).authenticated


async def test_a_secure_answer_is_kept_no_longer_than_its_signature() -> None:
    names = world(until=NOW + 100)
    ask = Ask(names)
    assert (await ask.mx("a.test")).ttl == 100
    ask.clock.time += 99
    names.asked.clear()
    assert (await ask.mx("a.test")).authenticated
    assert names.asked == []
    ask.clock.time += 1000  # more than what clocks may be off
    with pytest.raises(DnsBogus, match="expired"):
        await ask.mx("a.test")


async def test_an_expired_answer_stands_in_only_where_it_was_insecure() -> None:
    names = world()
    ask = Ask(names)
    for name in ("a.test", "plain.test"):
        await ask.mx(name)
    ask.clock.time += 3_601
    names.twist = lambda question, reply: None
    stale = await ask.mx("plain.test")
    assert (stale.stale, stale.authenticated) == (True, False)
    with pytest.raises(DnsTemporary):
        await ask.mx("a.test")
    names.twist = lambda question, reply: _refused(reply)
    ask.clock.time += 10
    with pytest.raises(DnsTemporary):
        await ask.mx("a.test")


def _refused(reply: dns.message.Message) -> dns.message.Message:
    reply.set_rcode(dns.rcode.REFUSED)
    return reply


def _without_signatures(question: Question, reply: dns.message.Message) -> dns.message.Message:
    for section in (reply.answer, reply.authority):
        section[:] = [rrset for rrset in section if rrset.rdtype != dns.rdatatype.RRSIG]
    return reply


async def test_where_no_signatures_come_through_all_is_insecure() -> None:
    names = world()
    names.twist = _without_signatures
    ask = Ask(names)
    for name in ("a.test", "old.test", "plain.test"):
        mx = await ask.mx(name)
        assert (len(mx.records), mx.authenticated) == (1, False)
    assert [proof.standing for proof in await ask.proofs()] == [Standing.STRIPS]


async def test_signatures_that_are_missing_only_here_and_there_are_an_attack() -> None:
    names = world()
    ask = Ask(names)
    await ask.mx("plain.test")
    names.twist = _without_signatures
    with pytest.raises(DnsBogus, match="have no signature of"):
        await ask.mx("a.test")


async def test_a_wildcard_speaks_for_names_that_are_not_there() -> None:
    names = world()
    ask = Ask(names)
    assert (await ask.txt("any.w.a.test")).records == (b"wild",)
    wild = names.answer(dns.message.make_query("any.w.a.test", "TXT", want_dnssec=True))

    def replay(question: Question, reply: dns.message.Message) -> dns.message.Message:
        if question.name == "there.w.a.test":
            reply.answer, reply.authority = wild.answer, wild.authority
            for rrset in reply.answer:
                rrset.name = dns.name.from_text("there.w.a.test")
        return reply

    names.twist = replay
    with pytest.raises(DnsBogus, match=r"does not prove that a wildcard speaks for there\.w\.a\.test"):
        await ask.txt("there.w.a.test")


async def test_a_wildcards_record_of_denial_under_another_name_denies_nothing() -> None:
    names = world()
    denied = names.zones[dns.name.from_text("a.test.")]
    shifted = dns.name.from_text("!.w.a.test.")

    def deny(question: Question, reply: dns.message.Message) -> dns.message.Message:
        if question.kind is Kind.TXT:
            reply.answer = []
            reply.set_rcode(dns.rcode.NXDOMAIN)
            for kind, covers in ((47, 0), (46, 47)):
                found = denied.get_rdataset("*.w", dns.rdatatype.RdataType(kind), dns.rdatatype.RdataType(covers))
                assert found is not None
                reply.authority.append(dns.rrset.from_rdata_list(shifted, found.ttl, list(found)))
        return reply

    ask = Ask(names)
    assert (await ask.txt("\\035.w.a.test")).authenticated
    names.twist = deny
    with pytest.raises(DnsBogus, match="does not prove"):
        await Ask(names).txt("\\035.w.a.test")


async def test_keys_that_the_parent_does_not_vouch_for_are_worth_nothing() -> None:
    names = world()
    names.zones[dns.name.from_text("a.test.")] = zone("a.test.", "@ MX 10 evil", Key.make())
    with pytest.raises(DnsBogus, match=r"none of the keys of a\.test\. is the one that is vouched for"):
        await Ask(names).mx("a.test")


async def test_a_name_that_nobody_can_look_up_shows_nothing_about_a_resolver() -> None:
    names = world()
    names.bogus = set()
    names.twist = lambda question, reply: _failed(reply) if question.name == "old.test" else reply
    assert [proof.standing for proof in await Ask(names, LOCAL).proofs()] == [Standing.CARRIES]


def _failed(reply: dns.message.Message) -> dns.message.Message:
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply


async def test_a_resolver_nearby_that_proves_to_validate_is_relied_upon() -> None:
    names = world()
    names.bogus = {"old.test"}
    ask = Ask(names, LOCAL)
    assert [proof.standing for proof in await ask.proofs()] == [Standing.VOUCHES]
    names.asked.clear()
    assert (await ask.mx("a.test")).authenticated
    assert names.asked == ["a.test MX"]
    # From now on the plain resolver believes it as well.
    assert (await ask.plain.txt("a.test")).authenticated
    with pytest.raises(DnsBogus, match=r"because the signatures of old\.test are wrong"):
        await ask.mx("old.test")


async def test_a_resolver_far_away_is_not_relied_upon_unless_it_is_trusted() -> None:
    names = world()
    names.bogus = {"old.test"}
    ask = Ask(names, HOME)
    assert [proof.standing for proof in await ask.proofs()] == [Standing.CARRIES]
    assert (await ask.mx("a.test")).authenticated
    assert not (await ask.plain.mx("a.test")).authenticated
    with pytest.raises(DnsBogus, match="expired"):  # it refuses; we ask it not to check, and see for ourselves
        await ask.mx("old.test")
    trusting = ProbeSettings(trusted=frozenset({HOME.address}), bogus=("old.test",), signed="a.test")
    ask = Ask(names, HOME, probe=trusting)
    assert [proof.standing for proof in await ask.proofs()] == [Standing.VOUCHES]


@pytest.mark.parametrize("bogus", [set(), {"old.test", "a.test"}])
async def test_who_says_ad_to_everything_or_refuses_everything_does_not_vouch(bogus: set[str]) -> None:
    names = world()
    names.bogus = bogus
    ask = Ask(names, LOCAL)
    assert [proof.standing for proof in await ask.proofs()] == [Standing.CARRIES]


async def test_the_proof_is_repeated_and_new_servers_are_tried() -> None:
    names = world()
    names.bogus = {"old.test"}
    ask = Ask(names, LOCAL)
    assert (await ask.mx("a.test")).authenticated
    names.bogus = set()  # it stopped validating
    ask.clock.time += 3_601
    await ask.mx("plain.test")
    assert [proof.standing for proof in await ask.proofs()] == [Standing.CARRIES]
    assert not ask.plain.servers.vouching
    ask.listed[:] = [HOME]
    names.twist = _without_signatures
    assert [proof.standing for proof in await ask.proofs()] == [Standing.STRIPS]


async def test_a_server_that_falls_silent_does_not_lose_its_standing() -> None:
    names = world()
    names.bogus = {"old.test"}
    ask = Ask(names, LOCAL)
    await ask.proofs()
    ask.clock.time += 3_601
    names.twist = lambda question, reply: None
    assert [proof.standing for proof in await ask.proofs()] == [Standing.VOUCHES]
    with pytest.raises(DnsTemporary):
        await ask.mx("a.test")


async def test_while_no_server_answers_nothing_is_held_for_insecure() -> None:
    names = world()
    names.twist = lambda question, reply: None
    ask = Ask(names)
    with pytest.raises(DnsTemporary, match="no answer in time"):
        await ask.mx("a.test")
    names.twist = None
    ask.clock.time += 6
    assert (await ask.mx("a.test")).authenticated


async def test_a_network_that_knows_its_own_names_only_gets_answers() -> None:
    names = world()
    names.twist = lambda question, reply: None if question.name in {"", "."} or question.signatures else reply
    ask = Ask(names)
    mx = await ask.mx("a.test")
    assert (len(mx.records), mx.authenticated) == (1, False)
    (proof,) = await ask.proofs()
    assert proof.standing is Standing.STRIPS
    assert proof.reason.startswith("it answers, but not about the root")
    asked = len(names.asked)
    await ask.txt("a.test")
    assert len(names.asked) == asked + 1, "it was tried out anew for each question"
    names.twist = None
    ask.clock.time += 61
    assert (await ask.tlsa("_25._tcp.mx.a.test")).authenticated


async def test_where_answers_with_signatures_are_lost_the_others_still_come() -> None:
    names = world()
    names.twist = lambda question, reply: None if question.signatures else reply
    ask = Ask(names)
    mx = await ask.mx("a.test")
    assert (len(mx.records), mx.authenticated) == (1, False)
    (proof,) = await ask.proofs()
    assert proof.reason.startswith("it answers, but not when it is asked for signatures")
    names.twist = None
    ask.clock.time += 61
    assert (await ask.txt("a.test")).authenticated


async def test_a_dead_server_beside_one_that_strips_keeps_nobody_waiting() -> None:
    dead, gate = Server("192.0.2.99"), asyncio.Event()
    waits: list[Question] = []

    class Dead(World):
        async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
            if server == dead:
                waits.append(question)
                await gate.wait()
                raise TimeoutError
            return await super().udp(server, question, query)

    names = Dead(*world().zones.values())
    names.twist = _without_signatures
    ask = Ask(names, HOME, dead, probe=ProbeSettings(patience=0.02))
    assert len((await ask.mx("a.test")).records) == 1
    assert [proof.standing for proof in await ask.proofs()] == [Standing.STRIPS, Standing.SILENT]
    ask.clock.time += 6
    tried = len(waits)
    assert len((await ask.txt("a.test")).records) == 0  # answered while the dead one is tried again
    assert len(waits) == tried + 1
    await ask.close()


async def test_a_silent_server_does_not_keep_the_others_waiting() -> None:
    names = world()
    silent = Server("192.0.2.99")
    gate = asyncio.Event()

    class Waiting(World):
        async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
            if server == silent:
                await gate.wait()
            return await super().udp(server, question, query)

    waiting = Waiting(*names.zones.values())
    ask = Ask(waiting, silent, HOME)
    assert (await ask.mx("a.test")).authenticated
    gate.set()
    assert [proof.standing for proof in await ask.proofs()] == [Standing.CARRIES, Standing.CARRIES]
    await ask.close()


async def test_names_that_are_no_names_or_too_deep() -> None:
    assert not (await Ask(world()).mx("x" * 64 + ".test")).exists
    names = world()
    names.twist = lambda question, reply: _without_signatures(question, reply) if question.name else reply
    with pytest.raises(DnsTemporary, match="too many labels"):
        await Ask(names).mx(".".join("x" * 60) + ".a.test")


async def test_what_is_remembered_of_zones_is_bounded() -> None:
    names = world()
    ask = Ask(names, points=3)
    for name in ("a.test", "plain.test", "mx.a.test", "missing.a.test"):
        await ask.mx(name)
    assert len(ask._chain._points) <= 3


async def test_closing_gives_up_what_is_under_way() -> None:
    names = world()
    gate = asyncio.Event()

    class Waiting(World):
        async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
            await gate.wait()
            raise AssertionError

    ask = Ask(Waiting(*names.zones.values()))
    task = asyncio.ensure_future(ask.mx("a.test"))
    await asyncio.sleep(0)
    await ask.close()
    with pytest.raises(asyncio.CancelledError):
        await task
