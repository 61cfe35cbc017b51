"""Signed zones, a resolver, Postfix: what domains say of the way to them is found out and kept to; no mail is lost."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import dns.flags
import dns.message
import pytest

from interop.signed_mail import SignedMail, signed_mail
from peers import maildir, need
from pillarbox.deliver.deliverer import Deliverer, Tools
from pillarbox.deliver.dial import TcpDialer, TlsContexts
from pillarbox.deliver.job import Job
from pillarbox.deliver.keeping import InMemory
from pillarbox.deliver.mta_sts_fetch import FetchSettings, HttpsFetcher
from pillarbox.deliver.outcome import Deferred, Delivered, Failure, Outcome
from pillarbox.deliver.settings import DeliverySettings
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Recipient
from pillarbox.mail.route import Direct
from pillarbox.net.clock import SystemClock
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.dns_exchange import Server, SocketExchange
from pillarbox.net.dns_resolver import DnsResolver
from pillarbox.net.dns_wire import Question
from pillarbox.net.dnssec_anchors import parse_anchors
from pillarbox.net.dnssec_probe import ProbeSettings
from pillarbox.net.dnssec_resolver import DnssecSettings, SecureResolver
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import Chapter

pytestmark = pytest.mark.interop


@pytest.fixture(scope="module")
def world() -> Iterator[SignedMail]:
    need.peers("postfix", "knotd", "unbound", "unshare", "setpriv")
    need.root("mail systems change to users of their own")
    with signed_mail(time.time()) as running:
        yield running


class Stripping(SocketExchange):
    """A server that knows nothing of DNSSEC stands between: no signatures, no proofs, no AD."""

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        plain = replace(question, signatures=False)
        reply = dns.message.from_wire(await super().udp(server, plain, plain.encode()))
        reply.flags &= ~dns.flags.AD
        return reply.to_wire()


class Sent:
    """One message to ``u@domain``, and what came of it."""

    def __init__(self, outcome: Outcome, story: Chapter, kept: InMemory) -> None:
        self.outcome = outcome
        self.levels = [event.evidence["level"] for event in story.events if event.kind == "remote_tls"]
        self.text = "\n".join(map(tell, story.events))
        self.results = [count.result for count in kept.counts]


async def send(
    world: SignedMail,
    domain: str,
    subject: str,
    exchange: SocketExchange | None = None,
    kept: InMemory | None = None,
) -> Sent:
    clock, kept = SystemClock(), kept or InMemory()
    deadlines = Deadlines(asyncio.get_running_loop(), clock)
    plain = DnsResolver(lambda: [Server(*world.server)], clock, Random(1), exchange=exchange or SocketExchange())
    resolver = SecureResolver(
        plain,
        clock,
        DnssecSettings(anchors=parse_anchors(world.anchor), probe=ProbeSettings(bogus=(), signed="right.test")),
    )
    settings = DeliverySettings("us.test", port=world.ground.port, allow_loopback_targets=True)
    contexts = TlsContexts(world.authority.root)
    web = FetchSettings(port=world.web[1], allow_loopback=True)
    fetcher = HttpsFetcher(resolver, lambda: contexts.verified, web)
    tools = Tools(
        resolver, TcpDialer(), contexts, deadlines, clock, Random(2), keeping=kept, fetcher=fetcher
    )  # fmt: skip
    deliverer = Deliverer(tools, settings)
    story = Chapter(clock.now)
    content = f"Subject: {subject}\r\n\r\nhello\r\n".encode()
    recipients = [Recipient(Address.parse(f"u@{domain}"))]
    try:
        plan = await deliverer.plan(Direct(), domain, story)
        connection = plan if isinstance(plan, Failure) else await deliverer.connect(plan, story)
        if isinstance(connection, Failure):
            outcomes = connection.outcomes(recipients)
        else:
            outcomes = await connection.send(Job(1, "s@us.test", recipients, len(content), content), story)
            await connection.close()
    finally:
        await deliverer.close()
        await resolver.close()
        await plain.close()
        deadlines.close()
    return Sent(outcomes[0], story, kept)


def arrived(world: SignedMail, domain: str, subject: str) -> bool:
    """The message is in Postfix' mailbox."""
    line = f"Subject: {subject}".encode()
    return line in maildir.wait_for(world.postfix.maildir(f"u@{domain}"), lambda mail: line in mail.header).header


@pytest.mark.parametrize(
    ("domain", "level", "result"),
    [
        ("right.test", "dane", ""),
        ("authority.test", "dane", ""),
        ("useless.test", "encrypted", "tlsa-invalid"),  # RFC 7672 §2.2: TLS, whoever it is
        ("none.test", "opportunistic", ""),
        ("plain.test", "opportunistic", ""),  # §2.2.1: unsigned names prove nothing, whatever the host publishes
    ],
)
async def test_mail_arrives_as_safely_as_its_domain_says(
    world: SignedMail, domain: str, level: str, result: str
) -> None:
    sent = await send(world, domain, f"to {domain}")
    assert isinstance(sent.outcome, Delivered), sent.text
    assert sent.levels == [level]
    assert sent.results == [result]
    assert arrived(world, domain, f"to {domain}")
    if level == "dane":
        assert f"DANE: the host's certificate is the one that mx.{domain} has published in signed DNS" in sent.text


@pytest.mark.parametrize(
    ("domain", "status", "result"),
    [
        ("other.test", "4.7.5", "certificate-not-trusted"),  # the certificate is another
        ("expired.test", "4.4.3", "dnssec-invalid"),  # the zone's signatures have expired
        ("mute.test", "4.4.3", None),  # SERVFAIL for the TLSA records: RFC 7672 §2.1.2
    ],
)
async def test_mail_waits_where_the_proof_fails(
    world: SignedMail, domain: str, status: str, result: str | None
) -> None:
    sent = await send(world, domain, f"to {domain}")
    assert isinstance(sent.outcome, Deferred), sent.text
    assert sent.outcome.reply.status == status
    assert sent.levels == []
    assert sent.results == ([] if result is None else [result])


@pytest.mark.parametrize("domain", ["right.test", "other.test", "expired.test"])
async def test_a_resolver_that_strips_signatures_makes_nothing_secure_and_loses_nothing(
    world: SignedMail, domain: str
) -> None:
    sent = await send(world, domain, f"stripped {domain}", Stripping())
    assert isinstance(sent.outcome, Delivered), sent.text
    assert sent.levels == ["opportunistic"]
    assert arrived(world, domain, f"stripped {domain}")


@asynccontextmanager
async def policy_host(world: SignedMail, mx: str) -> AsyncIterator[list[bytes]]:
    """mta-sts.strict.test, whose policy names ``mx``; what it was asked."""
    asked: list[bytes] = []
    policy = f"version: STSv1\nmode: enforce\nmx: {mx}\nmax_age: 86400\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" + policy)
        writer.close()

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*world.authority.issue("mta-sts.strict.test"))
    server = await asyncio.start_server(answer, *world.web, ssl=context)
    try:
        yield asked
    finally:
        server.close()
        await server.wait_closed()


async def test_a_policy_is_fetched_kept_to_and_kept(world: SignedMail) -> None:
    kept = InMemory()
    async with policy_host(world, "mx.strict.test") as asked:
        sent = await send(world, "strict.test", "under a policy", kept=kept)
    assert isinstance(sent.outcome, Delivered), sent.text
    assert sent.levels == ["mta-sts"]
    assert asked[0].startswith(b"GET /.well-known/mta-sts.txt HTTP/1.1\r\nHost: mta-sts.strict.test\r\n")
    assert arrived(world, "strict.test", "under a policy")
    again = await send(world, "strict.test", "the web server is gone", kept=kept)
    assert again.levels == ["mta-sts"]


async def test_a_policy_that_names_other_hosts_lets_mail_wait(world: SignedMail) -> None:
    async with policy_host(world, "*.elsewhere.test"):
        sent = await send(world, "strict.test", "to nowhere")
    assert isinstance(sent.outcome, Deferred), sent.text
    assert sent.outcome.reply.status == "4.7.5"
    assert "does not name its mail host mx.strict.test" in sent.outcome.text


async def test_a_policy_that_cannot_be_fetched_does_not_stop_mail(world: SignedMail) -> None:
    sent = await send(world, "strict.test", "without a policy")
    assert isinstance(sent.outcome, Delivered), sent.text
    assert sent.levels == ["opportunistic"]
    assert "sts-policy-fetch-error" in sent.results
