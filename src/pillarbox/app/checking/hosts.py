"""Is a mail host well set up, as others see it? Addresses, their names, DNSSEC, DANE, and the TLS that it speaks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pillarbox.deliver import dane, dane_lookup
from pillarbox.deliver.certificates import Untrusted
from pillarbox.net.dns import Address, Answer, Resolver

from . import names, zone
from .findings import Finding
from .greeting import Greeting, Prober

ADDRESSES = 8  # of one host that are spoken with
RSA_BITS = 2_048
EC_BITS = 224


@dataclass(frozen=True, slots=True)
class Host:
    """A mail host of ``domain``. ``pins``: of our keys, when it is this server. ``now``: POSIX seconds."""

    name: str
    domain: str
    pins: tuple[bytes, ...]
    now: float


async def look(resolver: Resolver, prober: Prober, host: Host) -> list[Finding]:
    """Everything about ``host``. DnsTemporary."""
    answer = await resolver.addresses(host.name)
    found = [*_addresses(host.name, answer), names.dnssec("dnssec of host", host.name, answer)]
    found += [await _reverse(resolver, host.name, address) for address in answer.records[:ADDRESSES]]
    greetings = [await prober.greet(host.name, address) for address in answer.records[:ADDRESSES]]
    for greeting in greetings:
        found += _greeting(greeting)
    chains = [greeting.chain for greeting in greetings if greeting.chain]
    found += _key(chains[0]) if chains else []
    return found + await _dane(resolver, host, answer, chains)


def _addresses(name: str, answer: Answer[Address]) -> Iterator[Finding]:
    shown = ", ".join(map(str, answer.records[:ADDRESSES])) or "none"
    if not answer.records:
        yield Finding("addresses", False, f"{name} has no address", "an A and an AAAA record", "add them to the zone")
        return
    six = any(address.version == 6 for address in answer.records)
    four = any(address.version == 4 for address in answer.records)
    cure = "" if six and four else f"add {'an A' if six else 'an AAAA'} record, if the machine has such an address"
    yield Finding("addresses", six and four, shown, "IPv4 and IPv6", cure)


async def _reverse(resolver: Resolver, name: str, address: Address) -> Finding:
    shown = [str(record) for record in (await resolver.ptr(address)).records]
    cure = "ask who gave you the address to set its reverse name; many servers take no mail without it"
    found = f"{address} is called {', '.join(shown) or 'nothing'}"
    return Finding("reverse name", name in shown, found, f"{address} called {name}", "" if name in shown else cure)


def _greeting(greeting: Greeting) -> Iterator[Finding]:
    where = str(greeting.address)
    if greeting.trouble:
        cure = "is the server up? does a firewall, here or at the provider, close port 25?"
        yield Finding("port 25", None if greeting.address.version == 6 else False, f"{where}: {greeting.trouble}",
                      "an answer", cure)  # fmt: skip
        return
    cure = 'give the [[listener]] on port 25 tls = "starttls"'
    if not greeting.starttls:
        yield Finding("starttls", False, f"{where} offers no STARTTLS", "STARTTLS", cure)
        return
    yield Finding("starttls", True, f"{where}: {greeting.version}, {greeting.cipher}")
    yield _good_tls(greeting, where)
    ca = "get a certificate of an authority: [acme] in pillarbox.toml; DANE does without"
    text = greeting.trusted or "an authority vouches for it"
    yield Finding("certificate", not greeting.trusted, f"{where}: {text}", "trusted", ca if greeting.trusted else "")
    if not greeting.requiretls:
        yield Finding("requiretls", None, f"{where} does not offer REQUIRETLS", "REQUIRETLS")


def _good_tls(greeting: Greeting, where: str) -> Finding:
    bad = {
        "TLS 1.0 or 1.1": greeting.old or greeting.version in {"TLSv1", "TLSv1.1"},
        "suites without forward secrecy": greeting.weak,
        "compression": greeting.compressed,
    }
    shown = [what for what, is_so in bad.items() if is_so]
    if shown:
        cure = "switch it off: no TLS below 1.2, only ECDHE or DHE with GCM or ChaCha20"
        return Finding("tls", False, f"{where} still speaks {', '.join(shown)}", "TLS 1.2 or newer", cure)
    return Finding("tls", True, f"{where} speaks nothing old")


def _key(chain: Sequence[bytes]) -> Iterator[Finding]:
    """The certificate's key and how it is signed."""
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey  # noqa: PLC0415

    try:
        leaf = x509.load_der_x509_certificate(chain[0])
        key, digest = leaf.public_key(), leaf.signature_hash_algorithm
    except ValueError as error:
        yield Finding("key", False, f"the certificate cannot be read: {error}", "a certificate", "get another one")
        return
    short = (isinstance(key, RSAPublicKey) and key.key_size < RSA_BITS) or (
        isinstance(key, EllipticCurvePublicKey) and key.key_size < EC_BITS
    )
    bits = key.key_size if isinstance(key, RSAPublicKey | EllipticCurvePublicKey) else 0
    broken = digest is not None and digest.name in {"md5", "sha1"}
    text = f"{type(key).__name__.removesuffix('PublicKey')}, {bits} bits, signed with {digest.name if digest else '-'}"
    cure = "make a new key (RSA of 2048 bits or P-256) and get a certificate for it" if short or broken else ""
    yield Finding("key", not (short or broken), text, "a strong key, SHA-256", cure)


async def _dane(
    resolver: Resolver, host: Host, answer: Answer[Address], chains: Sequence[tuple[bytes, ...]]
) -> list[Finding]:
    line = f"_25._tcp.{host.name}. TLSA "
    should = line + (str(zone.tlsa(host.pins[0])) if host.pins else "3 1 1 and the SHA-256 of the host's key")
    found = await dane_lookup.find(resolver, answer, 25, host.domain)
    if found is None:
        cure = "sign the zone of the host, then add the line that `pillarbox domain dns` prints"
        return [Finding("dane", False, f"signed DNS has no TLSA record for {host.name}", should, cure)]
    if not found.usable:
        told = f"no record that mail can use: {dane.told(found.records)}"
        return [Finding("dane", False, told, should, "use 3 1 1 or 2 1 1")]
    for chain in chains:
        try:
            fits = dane.check(found, chain, host.now)
        except Untrusted as error:
            return [Finding("dane", False, f"{error}: mail does NOT come in", should, "change the record at once")]
        return [Finding("dane", True, f"{fits} fits the certificate"), _rollover(found, host)]
    return [Finding("dane", None, f"{dane.told(found.records)}; no certificate was seen to compare", should)]


def _rollover(found: dane.Dane, host: Host) -> Finding:
    """Two records: so that a new key, or the authority, is known before it is used (RFC 7671 §8.1)."""
    if len(found.usable) > 1:
        return Finding("dane rollover", True, f"{len(found.usable)} records: the next key is known before it is used")
    should = f"_25._tcp.{host.name}. TLSA {zone.tlsa(host.pins[1])}" if len(host.pins) > 1 else "a second record"
    return Finding("dane rollover", None, "only one record", should, "publish the next key before it is used")
