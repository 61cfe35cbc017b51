"""Who answers for the names of a world? knot serves its zones, signed; unbound resolves and validates them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode

from peers.need import program
from peers.process import Daemon, attached, run
from peers.world import Ground

KNOT_PORT = 5354
TOP = "test"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone below ``test``. ``records`` are zone file lines relative to it.

    ``bogus`` gives the resolver a wrong trust anchor, so that every answer fails to validate: SERVFAIL.
    """

    name: str
    records: str
    bogus: bool = False


@dataclass(frozen=True, slots=True)
class Dns:
    """A running world of names: ``server`` answers recursive questions on port 53."""

    server: str
    zones: Mapping[str, Zone] = field(default_factory=dict)


@contextmanager
def serving(ground: Ground, *zones: Zone) -> Iterator[Dns]:
    """knot and unbound, up and answering for all of ``zones``; a name below ``test`` that is in none does not exist."""
    everything = (Zone(TOP, "".join(_delegation(ground, zone) for zone in zones)), *zones)
    with attached(_start_knot(ground, everything)) as knot:
        authority = ground.address(54)
        knot.wait_ready(lambda: all(_rcode(authority, KNOT_PORT, z.name) == dns.rcode.NOERROR for z in everything))
        with attached(_start_unbound(ground, everything)) as unbound:
            unbound.wait_ready(lambda: all(_resolves(ground.resolver, zone) for zone in everything))
            yield Dns(ground.resolver, {zone.name: zone for zone in zones})


def _delegation(ground: Ground, zone: Zone) -> str:
    """Without it the signed parent would prove that the child does not exist."""
    label = zone.name.removesuffix(f".{TOP}")
    return f"{label} NS ns.{label}\nns.{label} A {ground.address(54)}\n"


def _start_knot(ground: Ground, zones: tuple[Zone, ...]) -> Daemon:
    room = ground.room("knot")
    for zone in zones:
        (room / f"{zone.name}.zone").write_text(_zone_file(ground, zone))
    listed = "".join(f"  - domain: {zone.name}\n" for zone in zones)
    (room / "knot.conf").write_text(
        f"""\
server:
    listen: {ground.address(54)}@{KNOT_PORT}
    rundir: {room}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: {room}
log:
  - target: stderr
    any: info
policy:
  - id: world
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: {room}
    file: "%s.zone"
    zonefile-sync: -1
    journal-content: none
    dnssec-signing: on
    dnssec-policy: world
zone:
{listed}"""
    )
    return Daemon("knot", [program("knotd"), "-c", str(room / "knot.conf")], room / "log")


def _zone_file(ground: Ground, zone: Zone) -> str:
    return (
        f"$ORIGIN {zone.name}.\n$TTL 60\n"
        "@ SOA ns hostmaster 1 3600 600 86400 5\n"
        f"@ NS ns\nns A {ground.address(54)}\n{zone.records}\n"
    )


def _start_unbound(ground: Ground, zones: tuple[Zone, ...]) -> Daemon:
    room = ground.room("unbound")
    (room / "anchors").write_text("".join(_anchor(ground, zone) for zone in zones))
    stubs = "".join(
        f'stub-zone:\n    name: "{zone.name}."\n    stub-addr: {ground.address(54)}@{KNOT_PORT}\n' for zone in zones
    )
    (room / "unbound.conf").write_text(
        f"""\
server:
    interface: {ground.resolver}@53
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
    module-config: "validator iterator"
    trust-anchor-file: "{room}/anchors"
    # Nothing leaves the machine: only our own zones are looked up.
    local-zone: "." refuse
    local-zone: "{TOP}." transparent
remote-control:
    control-enable: no
{stubs}"""
    )
    return Daemon("unbound", [program("unbound"), "-d", "-c", str(room / "unbound.conf")], room / "log")


def _anchor(ground: Ground, zone: Zone) -> str:
    config = ground.folder / "knot" / "knot.conf"
    lines = run([program("keymgr"), "-c", str(config), zone.name, "ds"]).splitlines()
    sha256 = next(line for line in lines if line.split()[1:2] == ["DS"] and line.split()[4] == "2")
    owner, _, tag, algorithm, kind, digest = sha256.split()
    return f"{owner} IN DS {tag} {algorithm} {kind} {'00' * 32 if zone.bogus else digest}\n"


def _resolves(server: str, zone: Zone) -> bool:
    if zone.bogus:
        return _rcode(server, 53, zone.name) == dns.rcode.SERVFAIL
    reply = _ask(server, 53, zone.name)
    return reply is not None and reply.rcode() == dns.rcode.NOERROR and bool(reply.flags & dns.flags.AD)


def _rcode(server: str, port: int, name: str) -> dns.rcode.Rcode | None:
    reply = _ask(server, port, name)
    return None if reply is None else reply.rcode()


def _ask(server: str, port: int, name: str) -> dns.message.Message | None:
    try:
        return dns.query.udp(dns.message.make_query(name, "SOA", want_dnssec=True), server, timeout=0.3, port=port)
    except (OSError, dns.exception.DNSException):
        return None
