"""Two Pillarbox servers and Postfix, each with its key in signed DNS: all mail between them travels verified (DANE)."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from peers import dns, maildir, need, postfix
from peers.certificates import Authority
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, until
from peers.world import Ground, free_port, ground

pytestmark = pytest.mark.interop
PASSWORD = "a password"
HOSTS = {"one.test": 2, "two.test": 3, "post.test": 10}
DANE = MappingProxyType({
    "smtp_dns_support_level": "dnssec", "smtp_tls_security_level": "dane", "smtp_tls_loglevel": "1",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Box:
    """A running Pillarbox and the port for its user ``u``."""

    domain: str
    box: Pillarbox
    submission: Endpoint
    root: Path

    def submit(self, recipient: str) -> str:
        """The number of the message that ``u`` sends."""
        with smtplib.SMTP("localhost", self.submission[1]) as client:
            client.starttls(context=ssl.create_default_context(cafile=str(self.root)))
            client.login(f"u@{self.domain}", PASSWORD)
            client.mail(f"u@{self.domain}")
            client.rcpt(recipient)
            code, reply = client.data(f"From: u@{self.domain}\r\nSubject: to {recipient}\r\n\r\nhello\r\n")
        assert code == 250, reply
        return reply.decode().rpartition(" ")[2]

    def told(self, number: str) -> str:
        """The story of a message that has gone."""
        self.box.wait_empty()
        return "\n".join(event["text"] for event in self.box.why(number))


@dataclass(frozen=True, slots=True)
class World:
    """All three."""

    one: Box
    two: Box
    postfix: postfix.Postfix


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    need.peers("postfix", "knotd", "keymgr", "unbound", "unshare", "setpriv")
    need.root("mail systems change to users of their own")
    with ExitStack() as running:
        g = running.enter_context(ground())
        authority = Authority(g.room("certificates"))
        certificates = {domain: authority.issue(f"mx.{domain}", "localhost") for domain in HOSTS}
        zones = [dns.Zone(domain, _zone(g, domain, certificates[domain][0])) for domain in HOSTS]
        running.enter_context(dns.serving(g, *zones, dns.Zone("bogus.test", "@ A 192.0.2.1", bogus=True)))
        settings = postfix.Settings(
            "mx.post.test",
            (g.address(HOSTS["post.test"]), g.port),
            mailboxes=("u@post.test",),
            remote_port=g.port,
            resolv_conf=g.resolv_conf,
            tls=certificates["post.test"],
            extra=DANE,
        )
        boxes = [
            running.enter_context(_pillarbox(g, domain, certificates[domain], authority.root))
            for domain in ("one.test", "two.test")
        ]
        yield World(boxes[0], boxes[1], running.enter_context(postfix.running(g, "postfix", settings)))


def _zone(g: Ground, domain: str, chain: Path) -> str:
    key = x509.load_pem_x509_certificates(chain.read_bytes())[0].public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    return f"@ MX 10 mx\nmx A {g.address(HOSTS[domain])}\n_{g.port}._tcp.mx TLSA 3 1 1 {digest}\n"


@contextmanager
def _pillarbox(g: Ground, domain: str, certificate: tuple[Path, Path], root: Path) -> Iterator[Box]:
    submission = ("127.0.0.1", free_port())
    box = Pillarbox(g.folder / domain)
    box.init(
        f"mx.{domain}",
        domain,
        config=f"""\
[[listener]]
kind = "smtp"
address = "{g.address(HOSTS[domain])}:{g.port}"
[[listener]]
kind = "submission"
address = "{submission[0]}:{submission[1]}"
[tls]
certificate = "{certificate[0]}"
key = "{certificate[1]}"
[dns]
servers = ["{g.resolver}"]
probe_bogus = ["bogus.test"]
probe_signed = "{domain}"
[delivery]
port = {g.port}
allow_loopback_targets = true
""",
    )
    box.add_user(f"u@{domain}", PASSWORD)
    with box.running():
        yield Box(domain, box, submission, root)


@pytest.mark.parametrize(("sender", "recipient"), [("one", "two"), ("two", "one"), ("one", "post"), ("two", "post")])
def test_what_we_send_is_verified(world: World, sender: str, recipient: str) -> None:
    box = {"one": world.one, "two": world.two}[sender]
    story = box.told(box.submit(f"u@{recipient}.test"))
    assert f"DANE: the host's certificate is the one that mx.{recipient}.test has published in signed DNS" in story
    if recipient == "post":
        maildir.wait_for(world.postfix.maildir("u@post.test"), lambda mail: f"u@{sender}.test".encode() in mail.header)


@pytest.mark.parametrize("recipient", ["one", "two"])
def test_what_postfix_sends_us_is_verified(world: World, recipient: str) -> None:
    with smtplib.SMTP(*world.postfix.endpoint) as client:
        client.sendmail("u@post.test", [f"u@{recipient}.test"], "From: u@post.test\r\nSubject: x\r\n\r\nhello\r\n")
    line = re.compile(rf"(\w+) TLS connection established to mx\.{recipient}\.test\[.*")
    found = until("Postfix' TLS", lambda: line.search(world.postfix.log.read_text(errors="replace")))
    assert found[1] == "Verified", found[0]
    sent = re.compile(rf"to=<u@{recipient}\.test>,.*status=(\w+)")
    done = until("Postfix to have sent it", lambda: sent.search(world.postfix.log.read_text(errors="replace")))
    assert done[1] == "sent", done[0]
