"""A connection to the first host that lets us: fallback, TLS, sign-in."""

import asyncio
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
import trustme

from deliver.remote import HANG_UP, OFFERS, SILENCE, Script, remote
from deliver.world import World, a_job
from pillarbox.deliver.channel import Channel
from pillarbox.deliver.connection import Connection
from pillarbox.deliver.opening import Turned
from pillarbox.deliver.outcome import Deferred, Delivered, Failure, Refused
from pillarbox.deliver.plan import Target
from pillarbox.mail.route import Credentials, Direct, Route, SmartHost, Tls
from pillarbox.net.dns import DnsTemporary
from pillarbox.proto.smtp.client import ClientConnection, ClientSettings
from pillarbox.proto.smtp.client_offers import Offers

TLS_OFFERS = b"250-remote.test\r\n250-STARTTLS\r\n250 PIPELINING\r\n"
AUTH_OFFERS = b"250-remote.test\r\n250-PIPELINING\r\n250 AUTH PLAIN LOGIN\r\n"
ME = Credentials("me", lambda: "secret")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    authority = trustme.CA()
    file = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(file))
    return authority, file


def server_tls(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


async def failure_of(world: World, domain: str = "remote.test", route: Route | None = None) -> Failure:
    failure = await world.connect(domain, route)
    world.deadlines.close()
    assert isinstance(failure, Failure)
    return failure


# --- fallback


async def test_a_dead_best_host_gives_way_to_the_next() -> None:
    async with remote() as there:
        world = World(there.port)
        world.dns.mail["a.test"] = [(10, "dead.test"), (20, "remote.test")]
        world.dns.hosts = {"dead.test": ["127.0.0.2"], "remote.test": ["127.0.0.1"]}
        (outcome,) = await world.deliver(a_job("u@a.test"), "a.test")
    assert isinstance(outcome, Delivered)
    assert outcome.host == "remote.test"
    assert world.told("not_reached")[0]["address"] == "127.0.0.2"
    assert world.told("reached")[0]["host"] == "remote.test"


async def test_worse_hosts_are_not_looked_up_while_better_ones_do() -> None:
    async with remote() as there:
        world = World(there.port)
        world.dns.mail["a.test"] = [(10, "remote.test"), (20, "backup.test")]
        world.dns.hosts = {"remote.test": ["127.0.0.1"], "backup.test": DnsTemporary("slow")}
        (outcome,) = await world.deliver(a_job("u@a.test"), "a.test")
    assert isinstance(outcome, Delivered)
    assert "backup.test A" not in world.dns.asked


@pytest.mark.parametrize("greeting", [b"554 5.7.1 not today\r\n", b"421 4.3.2 busy\r\n", HANG_UP, b"SSH-2.0-x\r\n"])
async def test_a_host_that_turns_us_away_gives_way_to_the_next(greeting: bytes) -> None:
    async with remote(Script(greeting=greeting), "127.0.0.2") as bad, remote(Script(), "127.0.0.1", bad.port):
        world = World(bad.port)
        world.dns.mail["a.test"] = [(10, "bad.test"), (20, "remote.test")]
        world.dns.hosts = {"bad.test": ["127.0.0.2"], "remote.test": ["127.0.0.1"]}
        (outcome,) = await world.deliver(a_job("u@a.test"), "a.test")
    assert isinstance(outcome, Delivered)


async def test_all_hosts_refusing_for_good_is_for_good_and_one_that_may_change_is_not() -> None:
    async with remote(Script(greeting=b"554 5.7.1 listed\r\n")) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        failure = await failure_of(world)
        assert failure.is_permanent
        assert failure.is_remote
        assert isinstance(failure.outcomes(a_job().recipients)[0], Refused)
        world = World(there.port)
        world.dns.mail["a.test"] = [(10, "dead.test"), (20, "remote.test")]
        world.dns.hosts = {"dead.test": ["127.0.0.2"], "remote.test": ["127.0.0.1"]}
        failure = await failure_of(world, "a.test")
        assert not failure.is_permanent
        assert isinstance(failure.outcomes(a_job().recipients)[0], Deferred)


async def test_a_slow_address_is_tried_beside_the_next() -> None:
    class HalfDead:
        """127.0.0.2 never answers; the others do."""

        def __init__(self) -> None:
            self.given_up = asyncio.Event()

        async def connect(self, protocol: asyncio.Protocol, address: str, port: int) -> None:
            if address == "127.0.0.2":
                try:
                    await asyncio.Event().wait()
                finally:
                    self.given_up.set()
            await asyncio.get_running_loop().create_connection(lambda: protocol, address, port)

    async with remote() as there:
        world = World(there.port, stagger=0.01)
        dialer = HalfDead()
        object.__setattr__(world.deliverer._tools, "dialer", dialer)
        world.dns.mail["a.test"] = [(10, "slow.test"), (20, "remote.test")]
        world.dns.hosts = {"slow.test": ["127.0.0.2"], "remote.test": ["127.0.0.1"]}
        (outcome,) = await world.deliver(a_job("u@a.test"), "a.test")
        assert isinstance(outcome, Delivered)
        assert dialer.given_up.is_set()


async def test_no_more_addresses_are_tried_than_allowed() -> None:
    world = World(9, addresses=3)
    world.dns.hosts["remote.test"] = [f"127.0.0.{n}" for n in range(2, 30)]
    failure = await failure_of(world)
    assert failure.reply.status == "4.4.1"
    assert len(world.told("not_reached")) == 3


async def test_a_host_that_calls_itself_by_our_name_is_ourselves() -> None:
    async with remote(Script(offers=b"250 us.test\r\n")) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        assert (await failure_of(world)).reply.status == "5.4.6"


async def test_a_connection_to_our_own_listener_on_every_address_is_noticed() -> None:
    async with remote() as there:
        world = World(there.port, own_endpoints=frozenset({("0.0.0.0", there.port)}))
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        assert (await failure_of(world)).reply.status == "5.4.6"


async def test_a_host_that_never_greets_is_given_up() -> None:
    async with remote(Script(greeting=SILENCE)) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        connecting = asyncio.ensure_future(world.connect())
        while not there.connections:
            await asyncio.sleep(0)
        for _ in range(5):
            await asyncio.sleep(0)
        world.clock.time += 301
        world.deadlines.sweep()
        failure = await connecting
        assert isinstance(failure, Failure)
        assert "the greeting" in failure.reply.text
        world.deadlines.close()


# --- TLS


async def test_tls_is_taken_where_it_is_offered_whatever_the_certificate(authority: tuple[trustme.CA, Path]) -> None:
    script = Script(offers=TLS_OFFERS, tls=server_tls(trustme.CA(), "other.test"))
    async with remote(script) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        (outcome,) = await world.deliver(a_job())
    assert isinstance(outcome, Delivered)
    assert there.lines[:3] == [b"EHLO us.test", b"STARTTLS", b"EHLO us.test"]
    assert str(world.told("remote_tls")[0]["tls"]).startswith("TLSv1.3 ")
    assert there.connections == 1


@pytest.mark.parametrize("answer", [b"454 4.7.0 not now\r\n", b"500 what?\r\n"])
async def test_a_refused_starttls_goes_on_in_plain_text(answer: bytes) -> None:
    async with remote(Script(offers=TLS_OFFERS, answers={b"STARTTLS": answer})) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        (outcome,) = await world.deliver(a_job())
    assert isinstance(outcome, Delivered)
    assert there.connections == 1
    assert world.told("tls_refused")


@pytest.mark.parametrize("answer", [b"220 go\r\n", b"220 go\r\n250 injected\r\n", HANG_UP])
async def test_a_broken_handshake_is_followed_by_one_connection_in_plain_text(answer: bytes) -> None:
    # Without a context the scripted remote answers STARTTLS and then does not know what TLS is.
    async with remote(Script(offers=TLS_OFFERS, answers={b"STARTTLS": answer, b"\x16": HANG_UP})) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        delivering = asyncio.ensure_future(world.deliver(a_job()))
        while there.connections < 1 or b"STARTTLS" not in there.lines:
            await asyncio.sleep(0)
        while there.open and there.connections == 1:
            if any(data.startswith(b"\x16") for data in there.writes):
                there.open[0].transport.abort()
            await asyncio.sleep(0)
        (outcome,) = await delivering
    assert isinstance(outcome, Delivered)
    assert there.connections == 2
    assert world.told("plain_again")


async def test_a_route_that_demands_tls_never_goes_on_without(authority: tuple[trustme.CA, Path]) -> None:
    good, wrong_name = server_tls(authority[0], "localhost"), server_tls(authority[0], "other.test")
    unknown = server_tls(trustme.CA(), "localhost")
    cases = [
        (Script(offers=OFFERS), Tls.STARTTLS, "4.7.10"),
        (Script(offers=TLS_OFFERS, answers={b"STARTTLS": b"454 4.7.0 no\r\n"}), Tls.STARTTLS, "4.7.10"),
        (Script(offers=TLS_OFFERS, tls=wrong_name), Tls.STARTTLS, "4.7.5"),
        (Script(offers=TLS_OFFERS, tls=unknown), Tls.STARTTLS, "4.7.5"),
        (Script(tls=unknown, implicit=True), Tls.IMPLICIT, "4.7.5"),
        (Script(offers=TLS_OFFERS, tls=good), Tls.STARTTLS, ""),
        (Script(tls=good, implicit=True), Tls.IMPLICIT, ""),
    ]
    for script, tls, status in cases:
        async with remote(script) as there:
            world = World(trusted=authority[1])
            route = SmartHost("localhost", there.port, tls)
            world.dns.hosts["localhost"] = ["127.0.0.1"]
            (outcome,) = await world.deliver(a_job(), route=route)
            world.deadlines.close()
        assert outcome.status == (status or "2.0.0")
        assert isinstance(outcome, Deferred if status else Delivered)
        assert bool(there.messages) == (not status)


async def test_a_demand_for_tls_holds_for_mail_hosts_too(authority: tuple[trustme.CA, Path]) -> None:
    async with remote() as there:
        world = World(there.port, trusted=authority[1])
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        assert (await failure_of(world, route=Direct(tls=Tls.STARTTLS))).reply.status == "4.7.10"
    assert not any(line.startswith(b"MAIL") for line in there.lines)


# --- sign-in


async def test_a_smart_host_is_signed_in_to() -> None:
    script = Script(offers=AUTH_OFFERS, answers={b"AUTH PLAIN AG1lAHNlY3JldA==": b"235 2.7.0 welcome\r\n"})
    async with remote(script) as there:
        world = World()
        route = SmartHost("127.0.0.1", there.port, Tls.NONE, ME)
        (outcome,) = await world.deliver(a_job(), route=route)
    assert isinstance(outcome, Delivered)
    assert "secret" not in world.story.encode()
    assert "AG1lAHNlY3JldA" not in world.story.encode()


@pytest.mark.parametrize(
    "script",
    [
        Script(offers=AUTH_OFFERS, answers={b"AUTH": b"535 5.7.8 wrong\r\n"}),
        Script(offers=AUTH_OFFERS, answers={b"AUTH": b"334 bm8=\r\n", b"*": b"501 5.7.0 cancelled\r\n"}),
        Script(offers=OFFERS),
        Script(offers=b"250-x\r\n250 AUTH GSSAPI\r\n"),
        Script(offers=AUTH_OFFERS, answers={b"AUTH": HANG_UP}),
    ],
)
async def test_a_failed_sign_in_lets_the_mail_wait(script: Script) -> None:
    async with remote(script) as there:
        world = World()
        (outcome,) = await world.deliver(a_job(), route=SmartHost("127.0.0.1", there.port, Tls.NONE, ME))
        world.deadlines.close()
    assert isinstance(outcome, Deferred)
    assert not there.messages


async def test_a_password_does_not_leave_in_plain_text_for_another_machine() -> None:
    world = World()
    opener = world.deliverer._opener
    plan = await world.deliverer.plan(SmartHost("192.0.2.1", 25, Tls.NONE, ME), "x.test", world.story)
    assert not isinstance(plan, Failure)
    channel = Channel(ClientConnection(ClientSettings("us.test")), world.deadlines, world.clock)
    channel.client.offers = Offers(auth=("PLAIN",))
    with pytest.raises(Turned, match="needs TLS"):
        await opener._sign_in(channel, plan, Target("192.0.2.1", ip_address("192.0.2.1"), 25), world.story)
    assert channel.client.take_output() == b""


async def test_a_password_that_cannot_be_read_lets_the_mail_wait() -> None:
    def missing() -> str:
        raise ValueError("the password file is gone")

    async with remote(Script(offers=AUTH_OFFERS)) as there:
        world = World()
        route = SmartHost("127.0.0.1", there.port, Tls.NONE, Credentials("me", missing))
        failure = await failure_of(world, route=route)
    assert not failure.is_permanent
    assert "the password file is gone" in failure.words


async def test_cancelling_leaves_no_connection_behind() -> None:
    async with remote(Script(greeting=SILENCE)) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        connecting = asyncio.ensure_future(world.connect())
        while not there.open:
            await asyncio.sleep(0)
        connecting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await connecting
        while there.open:
            await asyncio.sleep(0)
        world.deadlines.close()


async def test_cancelling_in_the_middle_of_a_message_ends_the_connection() -> None:
    async with remote(Script(answers={b"DATA": SILENCE})) as there:
        world = World(there.port)
        world.dns.hosts["remote.test"] = ["127.0.0.1"]
        connection = await world.connect()
        assert isinstance(connection, Connection)
        sending = asyncio.ensure_future(connection.send(a_job(), world.story))
        while b"DATA" not in there.lines:
            await asyncio.sleep(0)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert not connection.usable
        world.deadlines.close()
