"""Mail domains that say in DNS how safe the way to them must be: rightly, wrongly, and with the proofs broken.

.               signed
test.           signed
right.test      signed; its mail host publishes the key that it has (3 1 1)
authority.test  signed; its mail host publishes the authority of its certificate (2 1 1)
other.test      signed; its mail host publishes a key that it does not have
useless.test    signed; its mail host publishes records that mail cannot use
none.test       signed; no TLSA
mute.test       signed; nobody answers for the TLSA records of its mail host
expired.test    its signatures have expired
plain.test      not signed; its mail host is that of other.test, whose TLSA is signed
strict.test     not signed; has an MTA-STS policy, on a web server that the test runs at ``web``
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rdatatype
import dns.zone
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from peers import postfix
from peers.certificates import Authority
from peers.need import program
from peers.process import Daemon, attached
from peers.world import Ground, ground

KNOT, UNBOUND, HOST, WEB = 54, 53, 10, 20
KNOT_PORT, UNBOUND_PORT, WEB_PORT = 5354, 5353, 8443
DAY = 86_400
DOMAINS = ("right", "authority", "other", "useless", "none", "mute", "expired", "plain", "strict")
UNSIGNED = ("plain", "strict")


@dataclass(frozen=True, slots=True)
class SignedMail:
    """``anchor``: the root's DS line; ``server``: a resolver that hands on signatures; ``postfix`` takes all mail."""

    ground: Ground
    anchor: str
    server: tuple[str, int]
    authority: Authority
    postfix: postfix.Postfix

    @property
    def web(self) -> tuple[str, int]:
        """Where mta-sts.strict.test is."""
        return self.ground.address(WEB), WEB_PORT


@contextmanager
def signed_mail(now: float) -> Iterator[SignedMail]:
    """All of it, running; what has expired is so at ``now`` (POSIX seconds)."""
    with ExitStack() as running:
        g = running.enter_context(ground())
        authority = Authority(g.room("certificates"))
        hosts = [f"mx.{domain}.test" for domain in DOMAINS]
        chain, key = authority.issue(*hosts)
        chain.write_bytes(chain.read_bytes() + authority.root.read_bytes())  # DANE-TA: the authority is shown, too
        room = g.room("knot")
        anchor = _write_zones(g, room, _records(g, chain), now)
        knot = Daemon("knot", [program("knotd"), "-c", str(room / "knot.conf")], room / "log")
        running.enter_context(attached(knot)).wait_ready(lambda: _answers(g.address(KNOT), KNOT_PORT))
        unbound = _unbound(g)
        running.enter_context(attached(unbound)).wait_ready(lambda: _answers(g.address(UNBOUND), UNBOUND_PORT))
        settings = postfix.Settings(
            "mx.right.test",
            (g.address(HOST), g.port),
            mailboxes=tuple(f"u@{domain}.test" for domain in DOMAINS),
            tls=(chain, key),
        )
        yield SignedMail(
            g,
            anchor,
            (g.address(UNBOUND), UNBOUND_PORT),
            authority,
            running.enter_context(postfix.running(g, "postfix", settings)),
        )


def _records(g: Ground, chain: Path) -> dict[str, str]:
    """What each domain says."""
    own, *_, top = x509.load_pem_x509_certificates(chain.read_bytes())
    place = f"@ MX 10 mx\nmx A {g.address(HOST)}\n"
    tlsa = f"_{g.port}._tcp.mx TLSA"
    wrong = "00" * 32
    return {
        "right": f"{place}{tlsa} 3 1 1 {wrong}\n{tlsa} 3 1 1 {_digest(own)}\n",
        "authority": f"{place}{tlsa} 2 1 1 {_digest(top)}\n",
        "other": f"{place}{tlsa} 3 1 1 {wrong}\n",
        "useless": f"{place}{tlsa} 1 1 1 {wrong}\n",
        "none": place,
        "mute": f"{place}_tcp.mx NS ns.dead\nns.dead A {g.address(99)}\n",
        "expired": f"{place}{tlsa} 3 1 1 {_digest(own)}\n",
        "plain": "@ MX 10 mx.other.test.\n",
        "strict": f'{place}_mta-sts TXT "v=STSv1; id=1;"\nmta-sts A {g.address(WEB)}\n',
    }


def _digest(certificate: x509.Certificate) -> str:
    return sha256(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def _write_zones(g: Ground, room: Path, records: dict[str, str], now: float) -> str:
    """Zone files and knot's configuration; the root's DS line."""
    below = ""
    for domain, text in records.items():
        below += f"{domain} NS ns.{domain}\nns.{domain} A {g.address(KNOT)}\n"
        if domain in UNSIGNED:
            (room / f"{domain}.test.zone").write_text(_lines(g, f"{domain}.test", text))
        else:
            below += (
                f"{domain} {_sign(g, room, f'{domain}.test', text, now - DAY if domain == 'expired' else now + DAY)}"
            )
    top = f"test NS ns.test\nns.test A {g.address(KNOT)}\ntest {_sign(g, room, 'test', below, now + DAY)}"
    anchor = f". {_sign(g, room, '', top, now + DAY)}"
    zones = [".", "test", *(f"{domain}.test" for domain in records)]
    listed = "".join(f'  - domain: "{z}"\n    file: "{"root" if z == "." else z}.zone"\n' for z in zones)
    (room / "knot.conf").write_text(
        f"server:\n    listen: {g.address(KNOT)}@{KNOT_PORT}\n    rundir: {room}\n    udp-workers: 1\n"
        f"    tcp-workers: 1\n    background-workers: 1\ndatabase:\n    storage: {room}\n"
        f"log:\n  - target: stderr\n    any: info\ntemplate:\n  - id: default\n    storage: {room}\n"
        f"    zonefile-sync: -1\n    journal-content: none\n    semantic-checks: off\nzone:\n{listed}"
    )
    return anchor


def _lines(g: Ground, zone: str, records: str) -> str:
    return (
        f"$ORIGIN {zone}.\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 5\n"
        f"@ NS ns\nns A {g.address(KNOT)}\n{records}\n"
    )


def _sign(g: Ground, room: Path, zone: str, records: str, until: float) -> str:
    """Write the zone, signed; the rest of its DS line."""
    name = dns.name.from_text(f"{zone}.")
    key = ec.generate_private_key(ec.SECP256R1())
    public = dns.dnssec.make_dnskey(key.public_key(), "ECDSAP256SHA256", flags=257)
    made = dns.zone.from_text(_lines(g, zone, records), origin=name, relativize=False)
    with made.writer() as writer:
        dns.dnssec.sign_zone(
            made, writer, keys=[(key, public)], dnskey_ttl=60, inception=int(until - 10 * DAY), expiration=int(until)
        )
    (room / f"{zone or 'root'}.zone").write_text(made.to_text(relativize=False))
    return f"DS {dns.dnssec.make_ds(name, public, 'SHA256')}\n"


def _unbound(g: Ground) -> Daemon:
    room = g.room("unbound")
    zones = (".", "test", *(f"{domain}.test" for domain in DOMAINS))
    stubs = "".join(
        f'stub-zone:\n    name: "{zone}"\n    stub-addr: {g.address(KNOT)}@{KNOT_PORT}\n    stub-prime: no\n'
        for zone in zones
    )
    (room / "unbound.conf").write_text(
        f'server:\n    interface: {g.address(UNBOUND)}@{UNBOUND_PORT}\n    directory: "{room}"\n    chroot: ""\n'
        '    username: ""\n    pidfile: ""\n    use-syslog: no\n    logfile: ""\n    do-daemonize: no\n    do-ip6: no\n'
        "    num-threads: 1\n    do-not-query-localhost: no\n    qname-minimisation: no\n"
        '    access-control: 127.0.0.0/8 allow\n    module-config: "iterator"\n    local-zone: "test." nodefault\n'
        f"remote-control:\n    control-enable: no\n{stubs}"
    )
    return Daemon("unbound", [program("unbound"), "-d", "-c", str(room / "unbound.conf")], room / "log")


def _answers(address: str, port: int) -> bool:
    try:
        reply = dns.query.udp(dns.message.make_query("right.test", "SOA"), address, timeout=0.3, port=port)
    except (OSError, dns.exception.DNSException):
        return False
    return bool(reply.answer)
