"""Mail goes to a host as safely as its domain, its sender and its past demand, or it waits; the story says why."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256, sha512
from pathlib import Path

import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from deliver.remote import HANG_UP, OFFERS, Remote, Script, remote
from deliver.world import World, a_job
from pillarbox.deliver.outcome import Deferred, Delivered, Outcome, Refused
from pillarbox.deliver.plan import Plan
from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.route import Direct, Route, SmartHost, Tls
from pillarbox.net.dns import DnsBogus, DnsTemporary, Tlsa
from pillarbox.observe.sentences import tell

TLS_OFFERS = b"250-remote.test\r\n250-STARTTLS\r\n250 PIPELINING\r\n"
REQUIRE_OFFERS = b"250-remote.test\r\n250-REQUIRETLS\r\n250 PIPELINING\r\n"
POLICY = b"version: STSv1\nmode: %s\nmx: mx.a.test\nmax_age: 86400\n"
DAY = 86_400.0


class Certificates:
    """A CA of the test, and the certificate of mx.a.test from it."""

    def __init__(self, folder: Path) -> None:
        self.authority = trustme.CA()
        self.file = folder / "ca.pem"
        self.authority.cert_pem.write_to_path(str(self.file))
        self.issued = self.authority.issue_cert("mx.a.test")

    def context(self, issued: trustme.LeafCert | None = None, *, whole: bool = False) -> ssl.SSLContext:
        """A server's side; ``whole``: the CA's own certificate is sent too, as DANE-TA asks."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf = issued or self.issued
        if not whole:
            leaf.configure_cert(context)
            return context
        chain = self.file.with_name("chain.pem")
        pems = [leaf.private_key_pem.bytes(), *(blob.bytes() for blob in leaf.cert_chain_pems)]
        chain.write_bytes(b"".join([*pems, self.authority.cert_pem.bytes()]))
        context.load_cert_chain(chain)
        return context

    def tlsa(self, usage: int, selector: int, matching: int) -> Tlsa:
        """The record for the host (usage 3) or for the CA."""
        pem = self.issued.cert_chain_pems[0].bytes() if usage == 3 else self.authority.cert_pem.bytes()
        certificate = x509.load_pem_x509_certificate(pem)
        chosen = certificate.public_bytes(Encoding.DER)
        if selector == 1:
            chosen = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digests = {0: chosen, 1: sha256(chosen).digest(), 2: sha512(chosen).digest()}
        return Tlsa(usage, selector, matching, digests[matching])


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("ca"))


def a_world(there: Remote, certificates: Certificates, **settings: object) -> World:
    """a.test with the mail host mx.a.test, which is ``there``."""
    world = World(there.port, certificates.file, **settings)
    world.dns.mail["a.test"] = [(10, "mx.a.test")]
    world.dns.hosts["mx.a.test"] = ["127.0.0.1"]
    world.clock.time = 1_800_000_000.0  # certificates know in which years they are valid
    return world


def publish(world: World, *records: Tlsa, host: str = "mx.a.test", domain: str = "a.test") -> None:
    """Sign the zones, and name certificates in them."""
    name = f"_{world.settings.port}._tcp.{host}"
    world.dns.certificates[name] = list(records)
    world.dns.secure |= {domain, host, name}


def demand(world: World, mode: bytes = b"enforce") -> None:
    """Give a.test an MTA-STS policy."""
    world.dns.texts["_mta-sts.a.test"] = [b"v=STSv1; id=1;"]
    world.web.policies["a.test"] = POLICY % mode


async def sent(world: World, route: Route | None = None, *, require_tls: bool = False) -> Outcome:
    (outcome,) = await world.deliver(a_job("u@a.test", require_tls=require_tls), "a.test", route)
    await world.deliverer.close()
    world.deadlines.close()
    return outcome


@asynccontextmanager
async def a_host(certificates: Certificates, **script: object) -> AsyncIterator[Remote]:
    """A remote with STARTTLS and the certificate of mx.a.test, but for what ``script`` says."""
    values = {"offers": TLS_OFFERS, "tls": certificates.context(), **script}
    async with remote(Script(**values)) as there:  # type: ignore[arg-type]
        yield there


def story(world: World) -> str:
    return "\n".join(map(tell, world.story.events))


# --- DANE


@pytest.mark.parametrize(("selector", "matching"), [(1, 1), (0, 1), (1, 2), (0, 2), (1, 0), (0, 0)])
async def test_a_host_shows_the_certificate_that_is_in_signed_dns(
    certificates: Certificates, selector: int, matching: int
) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        others = [] if (selector, matching) == (1, 2) else [Tlsa(3, 1, 1, b"x" * 32)]
        publish(world, *others, certificates.tlsa(3, selector, matching))
        outcome = await sent(world)
    assert isinstance(outcome, Delivered)
    assert world.told("remote_tls")[0]["level"] == "dane"
    assert "DANE: the host's certificate is the one that mx.a.test has published in signed DNS" in story(world)
    [count] = await world.counted()
    assert (count.domain, count.kind, count.result, count.mx) == ("a.test", "tlsa", "", ("mx.a.test",))


@pytest.mark.parametrize(("selector", "matching"), [(1, 1), (0, 1), (0, 0)])
async def test_an_authority_in_signed_dns_vouches_for_the_host(
    certificates: Certificates, selector: int, matching: int
) -> None:
    async with a_host(certificates, tls=certificates.context(whole=True)) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(2, selector, matching))
        outcome = await sent(world)
    assert isinstance(outcome, Delivered)
    assert world.told("remote_tls")[0]["verified"] is True


async def test_an_authority_vouches_in_its_time_only(certificates: Certificates) -> None:
    for year, result in ((1_999, "certificate-not-trusted"), (3_100, "certificate-expired")):
        async with a_host(certificates, tls=certificates.context(whole=True)) as there:
            world = a_world(there, certificates)
            world.clock.time = (year - 1970) * 365.25 * DAY
            publish(world, certificates.tlsa(2, 0, 1))
            assert isinstance(await sent(world), Deferred)
            assert (await world.counted())[0].result == result


async def test_a_chain_without_the_published_authority_proves_nothing(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(2, 1, 1))
        assert isinstance(await sent(world), Deferred)
    stranger = trustme.CA().issue_cert("mx.a.test")  # it shows the authority, which did not issue it
    async with a_host(certificates, tls=certificates.context(stranger, whole=True)) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(2, 1, 1))
        outcome = await sent(world)
        assert isinstance(outcome, Deferred)
        assert "was not issued by the authority" in outcome.text


async def test_an_authority_vouches_for_its_own_names_only(certificates: Certificates) -> None:
    other = certificates.authority.issue_cert("elsewhere.test")
    async with a_host(certificates, tls=certificates.context(other, whole=True)) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(2, 1, 1))
        outcome = await sent(world)
        counts = await world.counted()
    assert isinstance(outcome, Deferred)
    assert outcome.reply.status == "4.7.5"
    assert "elsewhere.test" in outcome.text
    assert counts[0].result == "certificate-host-mismatch"
    assert there.messages == []


async def test_a_certificate_that_is_not_the_published_one_gets_nothing(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        publish(world, Tlsa(3, 1, 1, sha256(b"another key").digest()))
        outcome = await sent(world)
        counts = await world.counted()
    assert isinstance(outcome, Deferred)
    assert "is not the one that is published in signed DNS" in outcome.text
    assert (counts[0].kind, counts[0].result, counts[0].address) == ("tlsa", "certificate-not-trusted", "127.0.0.1")
    assert there.messages == []
    assert there.connections == 1
    assert not any(line.startswith(b"MAIL") for line in there.lines)


@pytest.mark.parametrize("offers", [OFFERS, TLS_OFFERS])
async def test_a_host_with_tlsa_records_gets_nothing_in_clear(certificates: Certificates, offers: bytes) -> None:
    async with a_host(certificates, offers=offers, answers={b"STARTTLS": b"454 4.7.0 not now\r\n"}) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(3, 1, 1))
        outcome = await sent(world)
    assert isinstance(outcome, Deferred)
    assert outcome.reply.status == "4.7.10"
    assert there.messages == []
    assert (await world.counted())[0].result == "starttls-not-supported"


@pytest.mark.parametrize("record", [Tlsa(1, 1, 1, b"x" * 32), Tlsa(3, 1, 1, b"short"), Tlsa(3, 7, 1, b"x" * 32)])
async def test_records_of_no_use_demand_encryption_but_prove_nothing(certificates: Certificates, record: Tlsa) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        publish(world, record)
        assert isinstance(await sent(world), Delivered)
        assert world.told("remote_tls")[0]["level"] == "encrypted"
        assert (await world.counted())[0].result == "tlsa-invalid"
    async with a_host(certificates, offers=OFFERS) as there:
        world = a_world(there, certificates)
        publish(world, record)
        assert isinstance(await sent(world), Deferred)


async def test_a_stronger_digest_is_the_one_that_counts(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(3, 1, 1), Tlsa(3, 1, 2, b"x" * 64))
        assert isinstance(await sent(world), Deferred)


async def test_bogus_tlsa_makes_the_host_wait_and_another_may_do(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        publish(world, certificates.tlsa(3, 1, 1))
        name = f"_{there.port}._tcp.mx.a.test"
        world.dns.certificates[name] = DnsBogus("the signature has expired")
        outcome = await sent(world)
        assert isinstance(outcome, Deferred)
        assert outcome.reply.status == "4.4.3"
        assert (await world.counted())[0].result == "dnssec-invalid"
        assert there.connections == 0
        world.dns.mail["a.test"] = [(10, "mx.a.test"), (10, "mx2.a.test")]
        world.dns.hosts["mx2.a.test"] = ["127.0.0.1"]
        world.dns.secure.add("mx2.a.test")
        assert isinstance(await sent(world), Delivered)
        assert world.told("remote_tls")[0]["host"] == "mx2.a.test"


async def test_unsigned_mail_hosts_prove_nothing_whatever_their_tlsa_records(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        publish(world, Tlsa(3, 1, 1, b"x" * 32))
        world.dns.secure.discard("a.test")
        assert isinstance(await sent(world), Delivered)
        assert world.told("remote_tls")[0]["level"] == "opportunistic"
        assert not any("TLSA" in question for question in world.dns.asked)


async def test_signed_hosts_without_tlsa_and_tlsa_that_is_not_signed_demand_nothing(certificates: Certificates) -> None:
    async with a_host(certificates, offers=OFFERS) as there:
        world = a_world(there, certificates)
        publish(world)
        assert isinstance(await sent(world), Delivered)
        publish(world, Tlsa(3, 1, 1, b"x" * 32))
        world.dns.secure.discard(f"_{there.port}._tcp.mx.a.test")
        assert isinstance(await sent(world), Delivered)


async def test_an_alias_that_is_signed_all_the_way_is_followed(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        world.dns.aliases["mx.a.test"] = "real.test"
        world.dns.hosts["real.test"] = ["127.0.0.1"]
        publish(world, certificates.tlsa(3, 1, 1), host="real.test")
        world.dns.secure.add("mx.a.test")
        assert isinstance(await sent(world), Delivered)
        assert world.told("dane")[0]["base"] == "real.test"
        # RFC 7672 §2.2.2: where nothing is at the end, the name itself is asked.
        del world.dns.certificates[f"_{there.port}._tcp.real.test"]
        publish(world, certificates.tlsa(3, 1, 1))
        world.story.events.clear()
        assert isinstance(await sent(world), Delivered)
        assert world.told("dane")[0]["base"] == "mx.a.test"
        # A signed alias into a zone that is not.
        world.dns.secure.discard("real.test")
        world.story.events.clear()
        assert isinstance(await sent(world), Delivered)
        assert world.told("remote_tls")[0]["level"] == "dane"


async def test_dane_wins_over_mta_sts(certificates: Certificates) -> None:
    unknown = trustme.CA().issue_cert("mx.a.test")
    pem = x509.load_pem_x509_certificate(unknown.cert_chain_pems[0].bytes())
    record = Tlsa(3, 0, 1, sha256(pem.public_bytes(Encoding.DER)).digest())
    async with a_host(certificates, tls=certificates.context(unknown)) as there:
        world = a_world(there, certificates)
        demand(world)
        publish(world, record)
        assert isinstance(await sent(world), Delivered)
        assert world.told("remote_tls")[0]["level"] == "dane"
        publish(world, Tlsa(3, 1, 1, b"x" * 32))  # RFC 8461 §2: a failure of DANE is not outvoted
        assert isinstance(await sent(world), Deferred)


# --- MTA-STS


async def test_a_policy_that_is_kept_to_is_told(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        demand(world)
        assert isinstance(await sent(world), Delivered)
        assert world.told("remote_tls")[0]["level"] == "mta-sts"
        assert "MTA-STS: the policy of a.test names this host" in story(world)
        [count] = await world.counted()
        assert (count.kind, count.policy[1], count.mx) == ("sts", "mode: enforce", ("mx.a.test",))


@pytest.mark.parametrize(
    ("names", "known", "result"),
    [(("other.test",), True, "certificate-host-mismatch"), (("mx.a.test",), False, "certificate-not-trusted")],
)
async def test_a_certificate_that_proves_nothing_stops_mail_only_where_the_policy_is_enforced(
    certificates: Certificates, names: tuple[str, ...], known: bool, result: str
) -> None:
    issued = (certificates.authority if known else trustme.CA()).issue_cert(*names)
    for mode in (b"enforce", b"testing"):
        async with a_host(certificates, tls=certificates.context(issued)) as there:
            world = a_world(there, certificates)
            demand(world, mode)
            outcome = await sent(world)
            counts = await world.counted()
        assert isinstance(outcome, Deferred if mode == b"enforce" else Delivered)
        assert [count.result for count in counts] == [result]
        assert bool(there.messages) == (mode == b"testing")
        if mode == b"testing":
            assert world.told("remote_tls")[0]["level"] == "opportunistic"


@pytest.mark.parametrize(("mode", "delivered"), [(b"enforce", False), (b"testing", True), (b"none", True)])
async def test_a_host_without_tls_under_a_policy(certificates: Certificates, mode: bytes, delivered: bool) -> None:
    async with a_host(certificates, offers=OFFERS) as there:
        world = a_world(there, certificates)
        demand(world, mode)
        outcome = await sent(world)
        assert isinstance(outcome, Delivered) == delivered
        assert (await world.counted())[0].result == "starttls-not-supported"


@pytest.mark.parametrize(("mode", "delivered"), [(b"enforce", False), (b"testing", True)])
async def test_a_host_that_the_policy_does_not_name(certificates: Certificates, mode: bytes, delivered: bool) -> None:
    issued = certificates.authority.issue_cert("evil.test")
    async with a_host(certificates, tls=certificates.context(issued)) as there:
        world = a_world(there, certificates)
        demand(world, mode)
        world.dns.mail["a.test"] = [(10, "evil.test")]
        world.dns.hosts["evil.test"] = ["127.0.0.1"]
        outcome = await sent(world)
        assert isinstance(outcome, Delivered) == delivered
        assert there.connections == delivered
        assert "does not name the mail host evil.test" in story(world)
        assert (await world.counted())[0].result == "validation-failure"


async def test_mail_under_a_policy_never_shares_a_connection_that_was_opened_without(
    certificates: Certificates,
) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        world.dns.mail["b.test"] = [(10, "mx.a.test")]
        demand(world)
        keys = []
        for domain, route in [
            ("a.test", Direct()), ("b.test", Direct()), ("a.test", Direct(wish=TlsWish.OPTIONAL)),
            ("a.test", Direct(wish=TlsWish.REQUIRED)), ("b.test", Direct(wish=TlsWish.REQUIRED)),
        ]:  # fmt: skip
            plan = await world.deliverer.plan(route, domain, world.story)
            assert isinstance(plan, Plan)
            keys.append(plan.key)
        publish(world, certificates.tlsa(3, 1, 1), domain="b.test")
        plan = await world.deliverer.plan(Direct(), "b.test", world.story)
        assert isinstance(plan, Plan)
        keys.append(plan.key)
        assert len(set(keys)) == len(keys)
        await world.deliverer.close()
        world.deadlines.close()


# --- REQUIRETLS and TLS-Required


async def test_requiretls_is_passed_on_to_who_promises_the_same(certificates: Certificates) -> None:
    async with a_host(certificates, offers_after_tls=REQUIRE_OFFERS) as there:
        world = a_world(there, certificates)
        demand(world)
        outcome = await sent(world, Direct(wish=TlsWish.REQUIRED), require_tls=True)
    assert isinstance(outcome, Delivered)
    assert any(line.startswith(b"MAIL") and line.endswith(b" REQUIRETLS") for line in there.lines)


async def test_requiretls_with_signed_mail_hosts_needs_a_certificate_of_an_authority(
    certificates: Certificates,
) -> None:
    async with a_host(certificates, offers_after_tls=REQUIRE_OFFERS) as there:
        world = a_world(there, certificates)
        publish(world)
        assert isinstance(await sent(world, Direct(wish=TlsWish.REQUIRED), require_tls=True), Delivered)
        assert world.told("remote_tls")[0]["level"] == "verified"
    unknown = certificates.context(trustme.CA().issue_cert("mx.a.test"))
    async with a_host(certificates, offers_after_tls=REQUIRE_OFFERS, tls=unknown) as there:
        world = a_world(there, certificates)
        publish(world)
        outcome = await sent(world, Direct(wish=TlsWish.REQUIRED), require_tls=True)
        assert isinstance(outcome, Refused)
        assert outcome.reply.status == "5.7.10"


@pytest.mark.parametrize(
    ("offers", "after", "policy", "status"),
    [
        (TLS_OFFERS, OFFERS, True, "5.7.30"),  # it does not promise the same
        (OFFERS, OFFERS, True, "5.7.10"),  # no TLS at all
        (TLS_OFFERS, REQUIRE_OFFERS, False, "5.7.10"),  # nobody vouches for the host's name
    ],
)
async def test_requiretls_that_cannot_be_kept_goes_back(
    certificates: Certificates, offers: bytes, after: bytes, policy: bool, status: str
) -> None:
    async with a_host(certificates, offers=offers, offers_after_tls=after) as there:
        world = a_world(there, certificates)
        if policy:
            demand(world)
        outcome = await sent(world, Direct(wish=TlsWish.REQUIRED), require_tls=True)
    assert isinstance(outcome, Refused)
    assert outcome.reply.status == status
    assert there.messages == []


async def test_requiretls_through_a_smart_host(certificates: Certificates) -> None:
    async with a_host(certificates, offers_after_tls=REQUIRE_OFFERS) as there:
        world = a_world(there, certificates)
        for tls in (Tls.STARTTLS, Tls.OPPORTUNISTIC):
            route = SmartHost("mx.a.test", there.port, tls, wish=TlsWish.REQUIRED)
            assert isinstance(await sent(world, route, require_tls=True), Delivered)
            assert world.told("remote_tls")[-1]["verified"] is True


async def test_requiretls_waits_while_nobody_answers(certificates: Certificates) -> None:
    async with a_host(certificates, greeting=HANG_UP) as there:
        world = a_world(there, certificates)
        demand(world)
        assert isinstance(await sent(world, Direct(wish=TlsWish.REQUIRED), require_tls=True), Deferred)


async def test_a_message_that_needs_no_safe_way_goes_past_policies_and_memory(certificates: Certificates) -> None:
    async with a_host(certificates, offers=OFFERS) as there:
        world = a_world(there, certificates)
        demand(world)
        publish(world, certificates.tlsa(3, 1, 1))
        world.kept.seen["mx.a.test"] = world.clock.time
        assert isinstance(await sent(world, Direct(wish=TlsWish.OPTIONAL)), Delivered)
        assert world.web.fetched == []
        assert await world.counted() == []


async def test_what_a_route_demands_no_message_can_waive(certificates: Certificates) -> None:
    unknown = certificates.context(trustme.CA().issue_cert("mx.a.test"))
    async with a_host(certificates, tls=unknown) as there:
        world = a_world(there, certificates)
        assert isinstance(await sent(world, Direct(tls=Tls.STARTTLS, wish=TlsWish.OPTIONAL)), Deferred)


# --- memory of TLS


@pytest.mark.parametrize(
    "script",
    [{"offers": OFFERS}, {"answers": {b"STARTTLS": b"454 4.7.0 no\r\n"}}, {"answers": {b"STARTTLS": HANG_UP}}],
)
async def test_who_spoke_tls_is_sent_nothing_without(certificates: Certificates, script: dict[str, object]) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        assert isinstance(await sent(world), Delivered)
    async with a_host(certificates, **script) as there:
        again = a_world(there, certificates)
        again.kept.seen = world.kept.seen
        outcome = await sent(again)
        assert isinstance(outcome, Deferred)
        assert outcome.reply.status == "4.7.10"
        assert "it was reached with encryption on 2027-01-15" in outcome.text
        assert there.messages == []
        again = a_world(there, certificates)
        again.kept.seen = world.kept.seen
        again.clock.time += 31 * DAY
        assert isinstance(await sent(again), Delivered)
        again = a_world(there, certificates, tls_memory=0.0)
        again.kept.seen = world.kept.seen
        assert isinstance(await sent(again), Delivered)


async def test_tls_that_breaks_counts_as_tls_that_is_missing(certificates: Certificates) -> None:
    context = certificates.context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    async with a_host(certificates, tls=context) as there:
        world = a_world(there, certificates)
        world.contexts.opportunistic.maximum_version = ssl.TLSVersion.TLSv1_2
        assert isinstance(await sent(world), Delivered)
        assert world.told("plain_again")
        world.kept.seen["mx.a.test"] = world.clock.time
        world.deliverer.memory.forget("mx.a.test")
        assert isinstance(await sent(world), Deferred)


async def test_a_dns_that_fails_for_the_policy_makes_nothing_less_safe(certificates: Certificates) -> None:
    async with a_host(certificates, offers=OFFERS) as there:
        world = a_world(there, certificates)
        demand(world)
        assert isinstance(await sent(world), Deferred)
        world.dns.texts["_mta-sts.a.test"] = DnsTemporary("nobody answers")
        world.web.policies.clear()
        world.clock.time += 3_600
        assert isinstance(await sent(world), Deferred)
        del world.dns.texts["_mta-sts.a.test"]
        assert isinstance(await sent(world), Deferred)
        world.clock.time += DAY
        assert isinstance(await sent(world), Delivered)


# --- outlook


async def test_the_outlook_says_what_each_host_must_show(certificates: Certificates) -> None:
    async with a_host(certificates) as there:
        world = a_world(there, certificates)
        world.dns.mail["a.test"] = [(10, "mx.a.test"), (20, "mx2.a.test"), (30, "gone.a.test")]
        world.dns.hosts["mx2.a.test"] = ["127.0.0.2"]
        publish(world, certificates.tlsa(3, 1, 1))
        world.dns.secure |= {"mx2.a.test"}
        world.kept.seen["mx2.a.test"] = world.clock.time - DAY
        outlook = await world.deliverer.outlook("a.test")
        assert outlook.is_signed
        assert [host.level.value for host in outlook.hosts] == ["dane", "opportunistic"]
        assert outlook.hosts[0].words.startswith("DANE: it must show the certificate that mx.a.test has published")
        assert outlook.hosts[0].records.startswith("3 1 1 ")
        assert "it spoke TLS before" in outlook.hosts[1].words
        demand(world)
        outlook = await world.deliverer.outlook("a.test")
        assert outlook.sts is not None
        assert [host.host for host in outlook.hosts] == ["mx.a.test"]
        assert (await world.deliverer.outlook("nowhere.test")).trouble
        assert there.connections == 0
        await world.deliverer.close()
        world.deadlines.close()
