"""Did the zone's owner sign these records? RFC 4034 §3, RFC 4035 §5.3; bounded against KeyTrap (CVE-2023-50387)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import dns.dnssectypes
import dns.exception
import dns.name
import dns.rdataset
import dns.rdtypes.ANY.RRSIG
import dns.rrset
from dns.rdtypes.ANY.DNSKEY import DNSKEY
from dns.rdtypes.ANY.DS import DS
from dns.rdtypes.ANY.RRSIG import RRSIG

from .dns import DnsBogus

# RFC 9904 without what RFC 9905 and 9906 took out: RSASHA1 and GOST count as unknown, which makes a zone insecure.
ALGORITHMS = frozenset({8, 10, 13, 14, 15, 16})
DIGESTS = frozenset({2, 4})

_ZONE_KEY, _REVOKED = 0x0100, 0x0080  # RFC 4034 §2.1.1, RFC 5011 §3
_DNSSEC_PROTOCOL = 3  # RFC 4034 §2.1.2
# RFC 3110 §2: 4096 bits and an exponent of usual size; a longer key only costs time.
_KEY_OCTETS_MAX = 530


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much work one step of validation may cost. ``skew``: seconds that a signature's times may be off.

    ``signatures``: tried in all; ``keys``: of one zone; ``same_tag``: keys with one tag tried for one signature;
    ``hashes``: of names for NSEC3, each of at most ``iterations`` rounds, above which a zone counts as insecure
    (RFC 9276 §3.2); ``denials``: NSEC and NSEC3 records looked at.
    """

    signatures: int = 32
    keys: int = 24
    same_tag: int = 2
    hashes: int = 40
    iterations: int = 50
    denials: int = 8
    skew: int = 300


class Effort:
    """Counts what one step of validation has cost; DnsBogus above its bounds."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._signatures = bounds.signatures
        self._hashes = bounds.hashes

    def signature(self) -> None:
        """One more signature is computed."""
        self._signatures -= 1
        if self._signatures < 0:
            raise DnsBogus(f"more than {self.bounds.signatures} signatures would have to be tried")

    def hash(self) -> None:
        """One more name is hashed."""
        self._hashes -= 1
        if self._hashes < 0:
            raise DnsBogus(f"more than {self.bounds.hashes} names would have to be hashed")


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone whose keys are known to be right."""

    name: dns.name.Name
    keys: tuple[DNSKEY, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """These records are the zone's own. ``ttl``: seconds they may be kept (RFC 4035 §5.3.3).

    ``closest``: they were made from the wildcard below this name (RFC 4035 §5.3.4); None: they stand as they are.
    """

    ttl: int
    closest: dns.name.Name | None = None


def verify(
    rrset: dns.rrset.RRset, signatures: dns.rrset.RRset | None, zone: Zone, now: float, effort: Effort
) -> Signed:
    """What a signature of ``zone`` says of ``rrset``; DnsBogus says why none is good. ``now``: POSIX seconds."""
    reasons: list[str] = []
    for signature in _of_zone(signatures, zone):
        wrong = _unfit(signature, rrset, now, effort.bounds) or _fault(signature, rrset, zone, effort)
        if not wrong:
            ttl = min(rrset.ttl, signature.original_ttl, max(0, signature.expiration - int(now)))
            return Signed(int(ttl), _closest(signature, rrset.name))
        reasons.append(wrong)
    why = "; ".join(dict.fromkeys(reasons)) or f"they have no signature of {zone.name}"
    raise DnsBogus(f"the {rrset.rdtype.name} records of {rrset.name} are not to be trusted: {why}")


def _of_zone(signatures: dns.rrset.RRset | None, zone: Zone) -> Iterator[RRSIG]:
    for signature in signatures or ():
        if isinstance(signature, RRSIG) and signature.signer == zone.name:
            yield signature


def _unfit(signature: RRSIG, rrset: dns.rrset.RRset, now: float, bounds: Bounds) -> str:
    """RFC 4035 §5.3.1: why it cannot be a signature of these records just now."""
    if signature.labels > _labels(rrset.name):
        return "the signature is for another name"
    if signature.expiration + bounds.skew < now:
        return f"the signature expired on {_date(signature.expiration)}"
    if signature.inception - bounds.skew > now:
        return f"the signature is valid only from {_date(signature.inception)} on"
    return "" if signature.algorithm in ALGORITHMS else f"the signature's algorithm {signature.algorithm} is unknown"


def _fault(signature: RRSIG, rrset: dns.rrset.RRset, zone: Zone, effort: Effort) -> str:
    from dns import dnssec  # noqa: PLC0415  80 ms at the first time; who never asks never pays

    named = [key for key in zone.keys if key.algorithm == signature.algorithm and tag(key) == signature.key_tag]
    for key in named[: effort.bounds.same_tag]:
        effort.signature()
        keys = dns.rdataset.from_rdata(0, key)
        try:
            # Its times are checked already, with our own clock.
            dnssec.validate_rrsig(rrset, signature, {zone.name: keys}, None, signature.inception)
        except (dns.exception.DNSException, ValueError):
            continue
        return ""
    return "the signature does not fit" if named else f"{zone.name} has no key {signature.key_tag}"


def _labels(name: dns.name.Name) -> int:
    """RFC 4034 §3.1.3: neither the root nor the asterisk counts."""
    return len(name) - 1 - name.is_wild()


def _closest(signature: RRSIG, name: dns.name.Name) -> dns.name.Name | None:
    return name.split(signature.labels + 1)[1] if signature.labels < _labels(name) else None


def tag(key: DNSKEY) -> int:
    """RFC 4034 appendix B."""
    from dns import dnssec  # noqa: PLC0415  see above

    return dnssec.key_id(key)


def usable_keys(rrset: dns.rrset.RRset, bounds: Bounds) -> tuple[DNSKEY, ...]:
    """The keys that may sign a zone; no more than the bounds allow."""
    return tuple(
        key
        for _, key in zip(range(bounds.keys), rrset, strict=False)
        if isinstance(key, DNSKEY)
        and key.flags & _ZONE_KEY
        and not key.flags & _REVOKED
        and key.protocol == _DNSSEC_PROTOCOL
        and len(key.key) <= _KEY_OCTETS_MAX
    )


def usable_digests(rrset: dns.rrset.RRset, bounds: Bounds) -> tuple[DS, ...]:
    """The DS records that we can follow (RFC 4035 §5.2); SHA-256 or better."""
    return tuple(
        ds
        for _, ds in zip(range(bounds.keys), rrset, strict=False)
        if isinstance(ds, DS) and ds.algorithm in ALGORITHMS and ds.digest_type in DIGESTS
    )


def matches(ds: DS, name: dns.name.Name, key: DNSKEY) -> bool:
    """RFC 4034 §5.1.4: ``ds`` is the digest of ``key``."""
    from dns import dnssec  # noqa: PLC0415  see above

    if ds.algorithm != key.algorithm or ds.key_tag != tag(key):
        return False
    digest = dns.dnssectypes.DSDigest.make(ds.digest_type)
    return bool(dnssec.make_ds(name, key, digest, validating=True).digest == ds.digest)


def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
