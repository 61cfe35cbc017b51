"""DNS over real sockets, against a server that says what a test wants."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from random import Random

import dns.edns
import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

from pillarbox.net.dns import DnsBogus, DnsTemporary, Mx, Tlsa
from pillarbox.net.dns_cache import CacheSettings
from pillarbox.net.dns_exchange import Server
from pillarbox.net.dns_resolver import DnsResolver, DnsSettings
from pillarbox.observe.metrics import Metrics

SOA = ("example.test.", 300, "IN", "SOA", "ns.example.test. admin.example.test. 1 2 3 4 60")


class Clock:
    time = 1000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


class Zone:
    """Answers by (name, type); each is a list of rdata texts, or a function that makes the whole response."""

    def __init__(self) -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.ttl = 300
        self.asked: list[tuple[str, str]] = []
        self.over_tcp = 0
        self.twist: Callable[[dns.message.Message, dns.message.Message], bytes | None] | None = None

    def answer(self, wire: bytes, tcp: bool) -> list[bytes]:
        query = dns.message.from_wire(wire)
        assert query.flags & dns.flags.RD
        name = query.question[0].name.to_text(omit_final_dot=True).lower()
        kind = query.question[0].rdtype.name
        self.asked.append((name, kind))
        self.over_tcp += tcp
        reply = dns.message.make_response(query)
        self._fill(reply, name, kind)
        if self.twist is not None and not tcp:
            twisted = self.twist(query, reply)
            return [] if twisted is None else [twisted]
        return [reply.to_wire(max_size=65_535)]

    def _fill(self, reply: dns.message.Message, name: str, kind: str) -> None:
        names = {known for known, _ in self.records}
        for _ in range(20):
            alias = self.records.get((name, "CNAME"))
            if alias is None:
                break
            reply.answer.append(dns.rrset.from_text(name + ".", self.ttl, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        found = self.records.get((name, kind))
        if found:
            reply.answer.append(dns.rrset.from_text(name + ".", self.ttl, "IN", kind, *found))
            return
        reply.authority.append(dns.rrset.from_text(*SOA))
        if name not in names:
            reply.set_rcode(dns.rcode.NXDOMAIN)


class _Udp(asyncio.DatagramProtocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.DatagramTransport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        for reply in self.zone.answer(data, tcp=False):
            self.transport.sendto(reply, addr)


class _Tcp(asyncio.Protocol):
    def __init__(self, zone: Zone) -> None:
        self.zone = zone

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        for reply in self.zone.answer(data[2:], tcp=True):
            framed = len(reply).to_bytes(2, "big") + reply
            self.transport.write(framed[:1])
            self.transport.write(framed[1:])


@asynccontextmanager
async def serving(zone: Zone) -> AsyncIterator[Server]:
    loop = asyncio.get_running_loop()
    tcp = await loop.create_server(lambda: _Tcp(zone), "127.0.0.1", 0)
    port = tcp.sockets[0].getsockname()[1]
    udp, _ = await loop.create_datagram_endpoint(lambda: _Udp(zone), ("127.0.0.1", port))
    try:
        yield Server("127.0.0.1", port)
    finally:
        udp.close()
        tcp.close()
        await tcp.wait_closed()
        await asyncio.sleep(0)


def resolver(*servers: Server, clock: Clock | None = None, timeout: float = 0.05, rounds: int = 1) -> DnsResolver:
    settings = DnsSettings(timeout=timeout, rounds=rounds, cache=CacheSettings(rows=3))
    return DnsResolver(lambda: list(servers), clock or Clock(), Random(1), settings)


async def test_mail_hosts_in_lower_case_with_their_preferences() -> None:
    zone = Zone()
    zone.records["example.test", "MX"] = ["20 B.example.test.", "10 a.example.test."]
    async with serving(zone) as server:
        answer = await resolver(server).mx("Example.test")
    assert set(answer.records) == {Mx(10, "a.example.test"), Mx(20, "b.example.test")}
    assert answer.exists
    assert answer.ttl == 300
    assert str(answer).startswith("example.test MX: ")


async def test_null_mx_and_text_and_pointer() -> None:
    zone = Zone()
    zone.records["example.test", "MX"] = ["0 ."]
    zone.records["example.test", "TXT"] = ['"v=spf1 " "-all"']
    zone.records["1.2.0.192.in-addr.arpa", "PTR"] = ["mx.example.test."]
    async with serving(zone) as server:
        ask = resolver(server)
        assert (await ask.mx("example.test")).records == (Mx(0, ""),)
        assert (await ask.txt("example.test")).records == (b"v=spf1 -all",)
        assert (await ask.ptr(ip_address("192.0.2.1"))).records == ("mx.example.test",)


async def test_addresses_of_both_families_in_parallel() -> None:
    zone = Zone()
    zone.records["mx.example.test", "A"] = ["192.0.2.1", "192.0.2.2"]
    zone.records["mx.example.test", "AAAA"] = ["2001:db8::1"]
    async with serving(zone) as server:
        answer = await resolver(server).addresses("mx.example.test")
    assert {str(address) for address in answer.records} == {"192.0.2.1", "192.0.2.2", "2001:db8::1"}


async def test_one_family_is_enough_even_when_the_other_fails() -> None:
    zone = Zone()
    zone.records["mx.example.test", "A"] = ["192.0.2.1"]

    def no_aaaa(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        if query.question[0].rdtype.name == "AAAA":
            reply.set_rcode(dns.rcode.SERVFAIL)
        return reply.to_wire()

    zone.twist = no_aaaa
    async with serving(zone) as server:
        answer = await resolver(server).addresses("mx.example.test")
        assert [str(address) for address in answer.records] == ["192.0.2.1"]
        with pytest.raises(DnsTemporary, match="SERVFAIL"):
            await resolver(server).addresses("other.example.test")


async def test_no_such_name_differs_from_no_such_record_and_both_are_kept() -> None:
    zone, clock = Zone(), Clock()
    zone.records["example.test", "A"] = ["192.0.2.1"]
    async with serving(zone) as server:
        ask = resolver(server, clock=clock)
        for _ in range(2):
            missing = await ask.mx("example.test")
            nowhere = await ask.mx("nowhere.test")
        assert (missing.records, missing.exists, nowhere.exists) == ((), True, False)
        assert missing.ttl == 60  # the SOA's minimum, which is less than its TTL (RFC 2308)
        assert len(zone.asked) == 2
        clock.time += 61
        await ask.mx("example.test")
        assert len(zone.asked) == 3


async def test_an_answer_is_asked_for_once_until_its_ttl_ends() -> None:
    zone, clock = Zone(), Clock()
    zone.records["example.test", "MX"] = ["10 a.example.test."]
    async with serving(zone) as server:
        ask = resolver(server, clock=clock)
        await asyncio.gather(*(ask.mx("example.test") for _ in range(5)))
        clock.time += 299
        await ask.mx("EXAMPLE.test.")
        assert len(zone.asked) == 1
        clock.time += 2
        await ask.mx("example.test")
        assert len(zone.asked) == 2


async def test_who_gives_up_does_not_take_the_answer_from_others() -> None:
    zone = Zone()
    zone.records["example.test", "MX"] = ["10 a.example.test."]
    async with serving(zone) as server:
        ask = resolver(server)
        first = asyncio.ensure_future(ask.mx("example.test"))
        second = asyncio.ensure_future(ask.mx("example.test"))
        await asyncio.sleep(0)
        first.cancel()
        assert (await second).records
        assert len(zone.asked) == 1


async def test_questions_and_answers_out_of_the_cache_are_counted() -> None:
    zone, metrics = Zone(), Metrics()
    zone.records["example.test", "MX"] = ["10 mx.example.test."]
    zone.records["mx.example.test", "A"] = ["192.0.2.1"]
    async with serving(zone) as server:
        ask = DnsResolver(lambda: [server], Clock(), Random(1), metrics=metrics)
        await ask.mx("example.test")
        assert (metrics.dns_questions, metrics.dns_cached) == (1, 0)
        await ask.mx("EXAMPLE.test.")
        assert (metrics.dns_questions, metrics.dns_cached) == (1, 1)
        for _ in range(2):
            await ask.addresses("mx.example.test")
    assert (metrics.dns_questions, metrics.dns_cached) == (3, 3)


async def test_the_cache_is_bounded() -> None:
    zone = Zone()
    for n in range(9):
        zone.records[f"h{n}.test", "MX"] = ["10 a.test."]
    async with serving(zone) as server:
        ask = resolver(server)
        for n in range(9):
            await ask.mx(f"h{n}.test")
        await ask.mx("h8.test")
        assert len(zone.asked) == 9
        await ask.mx("h0.test")
        assert len(zone.asked) == 10


async def test_a_truncated_answer_is_fetched_over_tcp() -> None:
    zone = Zone()
    zone.records["big.test", "TXT"] = [f'"{n:04} {"x" * 200}"' for n in range(90)]

    def truncate(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        return short.to_wire()

    zone.twist = truncate
    async with serving(zone) as server:
        answer = await resolver(server, timeout=2).txt("big.test")
    assert len(answer.records) == 90
    assert zone.over_tcp == 1


async def test_an_answer_over_tcp_must_fit_the_question_too() -> None:
    zone = Zone()
    zone.records["big.test", "TXT"] = ['"x"']

    def truncate(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        short = dns.message.make_response(query)
        short.flags |= dns.flags.TC
        zone.answer = lambda wire, tcp: [wrong_question(query, reply)]  # type: ignore[method-assign]
        return short.to_wire()

    zone.twist = truncate
    async with serving(zone) as server:
        with pytest.raises(DnsTemporary, match="another question"):
            await resolver(server, timeout=2).txt("big.test")


async def test_aliases_are_followed_and_loops_end() -> None:
    zone = Zone()
    zone.records["a.test", "CNAME"] = ["b.test."]
    zone.records["b.test", "CNAME"] = ["c.test."]
    zone.records["c.test", "MX"] = ["10 mx.test."]
    zone.records["x.test", "CNAME"] = ["y.test."]
    zone.records["y.test", "CNAME"] = ["x.test."]
    async with serving(zone) as server:
        answer = await resolver(server).mx("a.test")
        assert (answer.canonical, answer.records) == ("c.test", (Mx(10, "mx.test"),))
        with pytest.raises(DnsTemporary):
            await resolver(server).mx("x.test")


async def test_an_alias_that_the_server_did_not_follow_is_asked_for() -> None:
    zone = Zone()
    zone.records["a.test", "CNAME"] = ["b.test."]
    zone.records["b.test", "MX"] = ["10 mx.test."]

    def only_alias(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        del reply.answer[1:]
        return reply.to_wire()

    zone.twist = only_alias
    async with serving(zone) as server:
        assert (await resolver(server).mx("a.test")).records == (Mx(10, "mx.test"),)


async def test_a_silent_server_is_passed_over_and_asked_last_next_time() -> None:
    dead, alive = Zone(), Zone()
    dead.twist = lambda query, reply: None
    alive.records["a.test", "MX"] = alive.records["b.test", "MX"] = ["10 mx.test."]
    async with serving(dead) as first, serving(alive) as second:
        ask = resolver(first, second)
        assert (await ask.mx("a.test")).records
        assert (await ask.mx("b.test")).records
    assert len(dead.asked) == 1


async def test_nobody_answers() -> None:
    dead = Zone()
    dead.twist = lambda query, reply: None
    async with serving(dead) as server:
        ask = resolver(server, rounds=2)
        with pytest.raises(DnsTemporary, match="no answer in time"):
            await ask.mx("a.test")
        assert len(dead.asked) == 2
        with pytest.raises(DnsTemporary):  # not asked again for a moment
            await ask.mx("a.test")
        assert len(dead.asked) == 2
    with pytest.raises(DnsTemporary, match="no DNS server"):
        await resolver().mx("a.test")


async def test_an_expired_answer_stands_in_for_a_failure() -> None:
    zone, clock = Zone(), Clock()
    zone.records["a.test", "MX"] = ["10 mx.test."]
    async with serving(zone) as server:
        ask = resolver(server, clock=clock)
        await ask.mx("a.test")
        clock.time += 301
        zone.twist = lambda query, reply: None
        stale = await ask.mx("a.test")
        assert stale.stale
        assert stale.records == (Mx(10, "mx.test"),)
        asked = len(zone.asked)
        assert (await ask.mx("a.test")).stale
        assert len(zone.asked) == asked
        clock.time += 30_000
        with pytest.raises(DnsTemporary):
            await ask.mx("a.test")


def wrong_id(query: dns.message.Message, reply: dns.message.Message) -> bytes:
    reply.id = (query.id + 1) & 0xFFFF
    return reply.to_wire()


def wrong_question(query: dns.message.Message, reply: dns.message.Message) -> bytes:
    other = dns.message.make_query("evil.test", "MX", id=query.id)
    return dns.message.make_response(other).to_wire()


def garbage(query: dns.message.Message, reply: dns.message.Message) -> bytes:
    return query.id.to_bytes(2, "big") + b"\x81\x80" + b"\xff" * 40


def cut(query: dns.message.Message, reply: dns.message.Message) -> bytes:
    return reply.to_wire()[:-3]


@pytest.mark.parametrize("twist", [wrong_id, wrong_question, garbage, cut])
async def test_what_is_no_answer_to_the_question_is_not_believed(
    twist: Callable[[dns.message.Message, dns.message.Message], bytes],
) -> None:
    zone = Zone()
    zone.records["a.test", "MX"] = ["10 mx.test."]
    zone.twist = twist
    async with serving(zone) as server:
        with pytest.raises(DnsTemporary):
            await resolver(server).mx("a.test")


async def test_a_server_says_why_it_has_no_answer() -> None:
    zone = Zone()
    option: list[dns.edns.EDEOption] = []

    def refuse(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        reply.set_rcode(dns.rcode.SERVFAIL)
        reply.use_edns(options=option)  # type: ignore[arg-type]
        return reply.to_wire()

    zone.twist = refuse
    async with serving(zone) as server:
        option[:] = [dns.edns.EDEOption(dns.edns.EDECode.NETWORK_ERROR, "no\x00 way")]
        with pytest.raises(DnsTemporary, match=r"SERVFAIL \(network error: no way\)") as caught:
            await resolver(server).mx("a.test")
        assert not isinstance(caught.value, DnsBogus)
        option[:] = [dns.edns.EDEOption(dns.edns.EDECode.SIGNATURE_EXPIRED)]
        ask = resolver(server)
        for _ in range(2):  # the second time out of the cache
            with pytest.raises(DnsBogus, match=r"SERVFAIL \(signature expired\)"):
                await ask.addresses("a.test")


async def test_tlsa_and_aliases() -> None:
    zone = Zone()
    zone.records["_25._tcp.mx.test", "TLSA"] = ["3 1 1 " + "ab" * 32, "2 0 1 " + "cd" * 32]
    zone.records["www.test", "CNAME"] = ["Mx.test."]
    zone.records["mx.test", "A"] = ["192.0.2.1"]
    async with serving(zone) as server:
        ask = resolver(server)
        tlsa = await ask.tlsa("_25._tcp.mx.test")
        assert set(tlsa.records) == {Tlsa(3, 1, 1, b"\xab" * 32), Tlsa(2, 0, 1, b"\xcd" * 32)}
        assert (await ask.alias("www.test")).records == ("mx.test",)
        assert (await ask.alias("mx.test")).records == ()


async def test_what_a_server_that_proved_nothing_vouches_for_is_not_authenticated() -> None:
    zone = Zone()
    zone.records["a.test", "MX"] = ["10 mx.test."]

    def vouch(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        reply.flags |= dns.flags.AD
        return reply.to_wire()

    zone.twist = vouch
    async with serving(zone) as server:
        ask = resolver(server)
        assert not (await ask.mx("a.test")).authenticated


async def test_a_server_without_edns_is_asked_plainly() -> None:
    zone = Zone()
    zone.records["a.test", "MX"] = ["10 mx.test."]

    def old(query: dns.message.Message, reply: dns.message.Message) -> bytes:
        if query.edns >= 0:
            plain = dns.message.make_response(query)
            plain.use_edns(False)
            plain.set_rcode(dns.rcode.FORMERR)
            return plain.to_wire()
        return reply.to_wire()

    zone.twist = old
    async with serving(zone) as server:
        assert (await resolver(server).mx("a.test")).records


async def test_names_that_dns_cannot_write_do_not_exist() -> None:
    ask = resolver(Server("127.0.0.1", 9))
    for name in ("x" * 64 + ".test", "a..test", "b\u00fccher\u2028.test", ".".join(["x" * 60] * 5)):
        assert not (await ask.mx(name)).exists


async def test_localhost_is_not_asked_for() -> None:
    assert {str(address) for address in (await resolver().addresses("localhost")).records} == {"127.0.0.1", "::1"}


@pytest.mark.parametrize(
    ("text", "server"),
    [
        ("192.0.2.1", Server("192.0.2.1")),
        ("192.0.2.1:5353", Server("192.0.2.1", 5353)),
        ("2001:db8::1", Server("2001:db8::1")),
        ("[2001:db8::1]:5353", Server("2001:db8::1", 5353)),
        ("fe80::1%eth0", Server("fe80::1%eth0")),
    ],
)
def test_servers_are_read(text: str, server: Server) -> None:
    assert Server.parse(text) == server


@pytest.mark.parametrize("text", ["dns.example", "192.0.2.1:0", "192.0.2.1:99999", ""])
def test_what_is_no_server(text: str) -> None:
    with pytest.raises(ValueError):
        Server.parse(text)
