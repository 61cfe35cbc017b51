"""An internet of names with a root of its own: knot serves zones that are signed in every way, right and wrong.

.            signed, NSEC
test.        signed, NSEC3 with opt-out
good.test    signed, NSEC: hosts, a wildcard, aliases into other zones
hashed.test  signed, NSEC3: the same names
dear.test    signed, NSEC3 of more iterations than anybody should compute
plain.test   not signed, which test. does not prove (opt-out)
open.good.test  not signed, which good.test proves
strange.test signed; the parent's DS names an algorithm that nobody knows
expired.test its signatures have expired
wrong.test   the parent vouches for another key
naked.test   the parent says that it is signed; it is not
holes.test   signed, but without its NSEC records
forged.test  signed, but a record was changed afterwards
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import dns.dnssec
import dns.name
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.DS
import dns.rrset
import dns.zone
import dns.zonefile
from cryptography.hazmat.primitives.asymmetric import ec

from peers.need import program
from peers.process import Daemon, attached, run
from peers.world import Ground, ground

KNOT_PORT, UNBOUND_PORT = 5354, 5353
KNOT, VALIDATING, FORWARDING = 54, 53, 55
DAY = 86_400

HOSTS = """\
@ MX 10 mx
mx A 192.0.2.25
mx AAAA 2001:db8::25
_25._tcp.mx TLSA 3 1 1 0000000000000000000000000000000000000000000000000000000000000000
*.wild TXT "wild"
there.wild A 192.0.2.1
deep.down A 192.0.2.2
"""
GOOD = (
    HOSTS
    + """\
across CNAME mx.hashed.test.
out CNAME mx.plain.test.
nowhere CNAME missing.hashed.test.
moved DNAME hashed.test.
open NS ns.open
ns.open A 192.0.2.53
"""
)
UNSIGNED = "@ MX 10 mx\nmx A 192.0.2.26\n"
SIGNED_BY_KNOT = {"good.test": GOOD, "hashed.test": HOSTS, "dear.test": HOSTS}
SIGNED_BY_US = ("expired.test", "wrong.test", "holes.test", "forged.test")


@dataclass(frozen=True, slots=True)
class Names:
    """``anchor``: the root's DS line. Servers as (address, port): one validates, the other only hands on."""

    anchor: str
    validating: tuple[str, int]
    forwarding: tuple[str, int]


@contextmanager
def names(now: float) -> Iterator[Names]:
    """All of it, up and answering; what has expired is so at ``now`` (POSIX seconds)."""
    with ExitStack() as running:
        g = running.enter_context(ground())
        room = g.room("knot")
        (room / "knot.conf").write_text(_knot(g, room))
        extra = "".join(_sign(g, room, zone, now) for zone in SIGNED_BY_US)
        for zone in ("plain.test", "open.good.test", "naked.test"):
            (room / f"{zone}.zone").write_text(_lines(g, zone, UNSIGNED))
        (room / "strange.test.zone").write_text(_lines(g, "strange.test", UNSIGNED))
        extra += "naked DS 1 13 2 " + "00" * 32 + "\nstrange DS 1 200 2 " + "00" * 32 + "\n"
        for zone, records in SIGNED_BY_KNOT.items():
            (room / f"{zone}.zone").write_text(_lines(g, zone, records))
            extra += _digest(room, zone, f"{zone.removesuffix('.test')}")
        zones = (*SIGNED_BY_KNOT, *SIGNED_BY_US, "naked.test", "plain.test", "strange.test")
        delegations = "".join(_delegation(g, zone.removesuffix(".test")) for zone in zones)
        (room / "test.zone").write_text(_lines(g, "test", delegations + extra))
        top = _delegation(g, "test") + _digest(room, "test", "test")
        (room / "root.zone").write_text(_lines(g, "", top))
        anchor = _digest(room, ".", ".")
        knot = Daemon("knot", [program("knotd"), "-c", str(room / "knot.conf")], room / "log")
        running.enter_context(attached(knot)).wait_ready(lambda: _answers(g.address(KNOT), KNOT_PORT))
        everything = (".", "test", *zones, "open.good.test")
        for host in (VALIDATING, FORWARDING):
            unbound = _unbound(g, host, anchor, everything)
            running.enter_context(attached(unbound)).wait_ready(partial(_answers, g.address(host), UNBOUND_PORT))
        yield Names(anchor, (g.address(VALIDATING), UNBOUND_PORT), (g.address(FORWARDING), UNBOUND_PORT))


def _answers(address: str, port: int) -> bool:
    import dns.exception
    import dns.message
    import dns.query

    try:
        reply = dns.query.udp(dns.message.make_query("good.test", "SOA"), address, timeout=0.3, port=port)
    except (OSError, dns.exception.DNSException):
        return False
    return bool(reply.answer)


def _delegation(g: Ground, label: str) -> str:
    return f"{label} NS ns.{label}\nns.{label} A {g.address(KNOT)}\n"


def _lines(g: Ground, zone: str, records: str) -> str:
    origin = f"{zone}."
    return (
        f"$ORIGIN {origin}\n$TTL 60\n@ SOA ns hostmaster 1 3600 600 86400 5\n"
        f"@ NS ns\nns A {g.address(KNOT)}\n{records}\n"
    )


def _digest(room: Path, zone: str, owner: str) -> str:
    """The DS line of a zone that knot signs; its key is made here."""
    keymgr = [program("keymgr"), "-c", str(room / "knot.conf"), zone]
    run([*keymgr, "generate", "algorithm=ecdsap256sha256", "ksk=yes", "zsk=yes"])
    lines = [line.split() for line in run([*keymgr, "ds"]).splitlines()]
    return next(f"{owner} {' '.join(words[1:])}\n" for words in lines if words[1:2] == ["DS"] and words[4] == "2")


def _sign(g: Ground, room: Path, zone: str, now: float) -> str:
    """Write the zone, signed here and then spoilt; the DS line for its parent."""
    name = dns.name.from_text(zone)
    key = ec.generate_private_key(ec.SECP256R1())
    public = dns.dnssec.make_dnskey(key.public_key(), "ECDSAP256SHA256", flags=257)
    made = dns.zone.from_text(_lines(g, zone, HOSTS), origin=name, relativize=False)
    until = now - DAY if zone == "expired.test" else now + 30 * DAY
    with made.writer() as writer:
        dns.dnssec.sign_zone(
            made, writer, keys=[(key, public)], dnskey_ttl=60, inception=int(now - 10 * DAY), expiration=int(until)
        )
    if zone == "holes.test":
        for node in made.nodes.values():
            node.delete_rdataset(dns.rdataclass.IN, dns.rdatatype.NSEC)
    text = made.to_text(relativize=False)
    if zone == "forged.test":
        text = text.replace("192.0.2.25", "192.0.2.66").replace("2001:db8::25", "2001:db8::66")
    (room / f"{zone}.zone").write_text(text)
    if zone == "wrong.test":
        other = ec.generate_private_key(ec.SECP256R1()).public_key()
        public = dns.dnssec.make_dnskey(other, "ECDSAP256SHA256", flags=257)
    return f"{zone.removesuffix('.test')} DS {dns.dnssec.make_ds(name, public, 'SHA256')}\n"


def _knot(g: Ground, room: Path) -> str:
    def policy(name: str, more: str = "") -> str:
        return f"  - id: {name}\n    algorithm: ecdsap256sha256\n    single-type-signing: on\n{more}"

    def zone(name: str, policy: str | None, file: str | None = None) -> str:
        signing = f"    dnssec-signing: on\n    dnssec-policy: {policy}\n" if policy else ""
        return f'  - domain: "{name}"\n    file: "{file or name + ".zone"}"\n{signing}'

    hashed = "    nsec3: on\n    nsec3-salt-length: 8\n    nsec3-iterations: {}\n"
    unsigned = (*SIGNED_BY_US, "plain.test", "open.good.test", "naked.test", "strange.test")
    return (
        f"server:\n    listen: {g.address(KNOT)}@{KNOT_PORT}\n    rundir: {room}\n"
        "    udp-workers: 1\n    tcp-workers: 1\n    background-workers: 1\n"
        f"database:\n    storage: {room}\nlog:\n  - target: stderr\n    any: info\npolicy:\n"
        + policy("plain")
        + policy("hashed", hashed.format(3))
        + policy("dear", hashed.format(100))
        + policy("opt-out", hashed.format(0) + "    nsec3-opt-out: on\n")
        + f"template:\n  - id: default\n    storage: {room}\n    zonefile-sync: -1\n    journal-content: none\n"
        "    semantic-checks: off\nzone:\n"
        + zone(".", "plain", "root.zone")
        + zone("test", "opt-out")
        + zone("good.test", "plain")
        + zone("hashed.test", "hashed")
        + zone("dear.test", "dear")
        + "".join(zone(name, None) for name in unsigned)
    )


def _unbound(g: Ground, host: int, anchor: str, zones: tuple[str, ...]) -> Daemon:
    room = g.room(f"unbound-{host}")
    (room / "anchors").write_text(anchor)
    modules = "validator iterator" if host == VALIDATING else "iterator"
    stubs = "".join(
        f'stub-zone:\n    name: "{zone}"\n    stub-addr: {g.address(KNOT)}@{KNOT_PORT}\n    stub-prime: no\n'
        for zone in zones
    )
    (room / "unbound.conf").write_text(
        f"""\
server:
    interface: {g.address(host)}@{UNBOUND_PORT}
    directory: "{room}"
    chroot: ""
    username: ""
    pidfile: ""
    use-syslog: no
    logfile: ""
    do-daemonize: no
    do-ip6: no
    num-threads: 1
    do-not-query-localhost: no
    qname-minimisation: no
    access-control: 127.0.0.0/8 allow
    module-config: "{modules}"
    trust-anchor-file: "{room}/anchors"
    # Its own test. is taken for a special name (RFC 6761 §6.2) otherwise.
    local-zone: "test." nodefault
remote-control:
    control-enable: no
{stubs}"""
    )
    return Daemon(f"unbound-{host}", [program("unbound"), "-d", "-c", str(room / "unbound.conf")], room / "log")
