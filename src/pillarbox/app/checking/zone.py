"""Which records must DNS have for a domain of ours? RFC 7208, 6376, 9989, 8461, 8460, 7672 and 6186, as zone lines."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple

from pillarbox.net.dns import Tlsa

STRING_MAX = 255  # octets of one string of a TXT record (RFC 1035 §3.3.14)
DANE_KEY = (3, 1, 1)  # RFC 7672 §3.1: the host's own key, by SHA-256

# RFC 6186 §3.1, RFC 8314 §5.1: the service of a kind of listener, with STARTTLS and with TLS from the first octet.
_SERVICES = {"submission": ("_submission", "_submissions"), "imap": ("_imap", "_imaps"), "pop3": ("_pop3", "_pop3s")}


class Line(NamedTuple):
    """One record: its owner (no last dot), its type, its value as a zone file has it, and what it is for."""

    name: str
    kind: str
    value: str
    why: str

    def __str__(self) -> str:
        return f"{self.name}. IN {self.kind} {self.value}"


@dataclass(frozen=True, slots=True)
class Service:
    """A listener that mail programs use: its kind, its port, and whether it speaks TLS from the first octet."""

    kind: str
    port: int
    implicit: bool


@dataclass(frozen=True, slots=True)
class Domain:
    """What is to be shown. ``keys``: (owner, text, state) of each DKIM key; ``policy_id``: of the MTA-STS policy, ""
    when none is served; ``pins``: SHA-256 of our public keys, the one in use first, then the next."""

    name: str
    hostname: str
    addresses: tuple[IPv4Address | IPv6Address, ...] = ()
    keys: tuple[tuple[str, str, str], ...] = ()
    policy_id: str = ""
    pins: tuple[bytes, ...] = ()
    services: tuple[Service, ...] = ()


def lines(domain: Domain) -> list[Line]:
    """All records of ``domain`` and of the host that takes its mail."""
    name, host = domain.name, domain.hostname
    return [
        Line(name, "MX", f"10 {host}.", "mail for the domain comes here"),
        *_host(domain),
        Line(name, "TXT", quoted(spf(name, host)), "SPF: who may send for the domain"),
        *(Line(owner, "TXT", quoted(text), f"DKIM: a key, {state}") for owner, text, state in domain.keys),
        Line(f"_dmarc.{name}", "TXT", quoted(dmarc(name)), "DMARC: what becomes of mail that is not ours"),
        *_transport(domain),
        *_services(domain),
    ]


def spf(name: str, host: str) -> str:
    """The domain's mail leaves from its mail hosts, and from nowhere else. The host's own record is for HELO."""
    return "v=spf1 a -all" if name == host else "v=spf1 mx -all"


def dmarc(name: str) -> str:
    """RFC 9989 §4.7."""
    return f"v=DMARC1; p=quarantine; rua=mailto:postmaster@{name}"


def tlsrpt(name: str) -> str:
    """RFC 8460 §3."""
    return f"v=TLSRPTv1; rua=mailto:postmaster@{name}"


def mta_sts(policy_id: str) -> str:
    """RFC 8461 §3.1."""
    return f"v=STSv1; id={policy_id};"


def tlsa(pin: bytes) -> Tlsa:
    """The record of a public key whose SHA-256 is ``pin``."""
    return Tlsa(*DANE_KEY, pin)


def quoted(text: str) -> str:
    """A TXT record's value: strings of at most 255 octets, in quotes (RFC 1035 §5.1)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    parts: Sequence[str] = [escaped[at : at + STRING_MAX] for at in range(0, len(escaped), STRING_MAX)] or [""]
    return " ".join(f'"{part}"' for part in parts)


def zone_file(found: Iterable[Line]) -> Iterator[str]:
    """Lines for a zone file, each group under a comment that says what it is for."""
    why = ""
    for line in found:
        if line.why != why:
            why = line.why
            yield f"; {why}"
        yield str(line)


def _host(domain: Domain) -> Iterator[Line]:
    for address in domain.addresses:
        kind = "A" if address.version == 4 else "AAAA"
        yield Line(domain.hostname, kind, str(address), "where the mail host is; its reverse name must lead back")
    if domain.hostname != domain.name:
        text = quoted(spf(domain.hostname, domain.hostname))
        yield Line(domain.hostname, "TXT", text, "SPF: what the host calls itself when it sends")


def _transport(domain: Domain) -> Iterator[Line]:
    name, host = domain.name, domain.hostname
    if domain.policy_id:
        why = "MTA-STS: mail for the domain travels with TLS"
        yield Line(f"mta-sts.{name}", "CNAME", f"{host}.", why)
        yield Line(f"_mta-sts.{name}", "TXT", quoted(mta_sts(domain.policy_id)), why)
    yield Line(f"_smtp._tls.{name}", "TXT", quoted(tlsrpt(name)), "TLSRPT: where trouble with TLS is reported")
    for pin in domain.pins:
        yield Line(
            f"_25._tcp.{host}", "TLSA", str(tlsa(pin)), "DANE: the host's key, and its next (the zone is signed)"
        )


def _services(domain: Domain) -> Iterator[Line]:
    """Mail programs find the way by themselves. TLS from the first octet goes before STARTTLS (RFC 8314 §3)."""
    why = "where mail programs read and send"
    for service in domain.services:
        label = _SERVICES[service.kind][service.implicit]
        priority = 0 if service.implicit else 10
        yield Line(f"{label}._tcp.{domain.name}", "SRV", f"{priority} 1 {service.port} {domain.hostname}.", why)
