"""Is this host's certificate the one that signed DNS names? TLSA records against a chain. RFC 6698, RFC 7671, RFC 7672.

Only the usages of mail are usable: DANE-EE (3), which is the host's own certificate or key, whatever names and dates it
shows, and DANE-TA (2), an authority in the chain that the host sends, which vouches for its name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256, sha512

from pillarbox.net.dns import Tlsa

from .certificates import Untrusted, public_key_info, verify_path

DANE_TA = 2
DANE_EE = 3
EXACT = 0
_DIGESTS = {1: sha256, 2: sha512}
_SIZES = {1: 32, 2: 64}


@dataclass(frozen=True, slots=True)
class Dane:
    """What a host has published. ``base``: the name that has the TLSA records, which TLS asks for (RFC 7672 §2.2.3,
    §8.1). ``names``: those that a certificate from an authority may be for (§3.2.2). ``records``: all of them."""

    base: str
    names: tuple[str, ...]
    records: tuple[Tlsa, ...]
    usable: tuple[Tlsa, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "usable", _strongest([record for record in self.records if is_usable(record)]))

    @property
    def lines(self) -> tuple[str, ...]:
        """The records as DNS writes them."""
        return tuple(map(str, self.records))


def is_usable(record: Tlsa) -> bool:
    """RFC 7672 §3.1.3: usages 0 and 1 (PKIX) mean nothing for mail, nor does what cannot be compared."""
    if record.usage not in {DANE_TA, DANE_EE} or record.selector not in {0, 1}:
        return False
    if record.matching == EXACT:
        return bool(record.data)
    return len(record.data) == _SIZES.get(record.matching)


def _strongest(records: Sequence[Tlsa]) -> tuple[Tlsa, ...]:
    """RFC 7671 §9: where a stronger digest of the same kind stands beside it, a weaker one is not looked at."""
    best: dict[tuple[int, int], int] = {}
    for record in records:
        kind = record.usage, record.selector
        best[kind] = max(best.get(kind, 0), record.matching)
    return tuple(r for r in records if r.matching in {EXACT, best[r.usage, r.selector]})


def check(dane: Dane, chain: Sequence[bytes], now: float) -> Tlsa:
    """The record that ``chain`` (DER, the host's own certificate first) fits; Untrusted says why none does."""
    if not chain:
        raise Untrusted("the host showed no certificate")
    own = next((record for record in dane.usable if record.usage == DANE_EE and _fits(record, chain[0])), None)
    if own is not None:
        return own  # RFC 7672 §3.1.1: neither names nor dates count
    return _by_authority(dane, chain, now)


def _by_authority(dane: Dane, chain: Sequence[bytes], now: float) -> Tlsa:
    """RFC 7672 §3.1.2: some authority of the chain is the one in DNS, and the chain leads to it by valid signatures."""
    refusal = Untrusted("the host's certificate is not the one that is published in signed DNS")
    for record in dane.usable:
        anchors = [der for der in chain[1:] if record.usage == DANE_TA and _fits(record, der)]
        for anchor in anchors:
            try:
                verify_path(chain, anchor, dane.names, now)
            except Untrusted as error:
                refusal = error
            else:
                return record
    raise refusal


def _fits(record: Tlsa, certificate: bytes) -> bool:
    """RFC 6698 §2.1: the whole certificate, or its public key; itself, or its digest."""
    try:
        chosen = certificate if record.selector == 0 else public_key_info(certificate)
    except ValueError:
        return False
    digest = _DIGESTS.get(record.matching)
    return record.data == (chosen if digest is None else digest(chosen).digest())


def told(records: Iterable[Tlsa]) -> str:
    """Records for people, shortened."""
    shown = [str(record) for record in records]
    return ", ".join(text if len(text) <= 40 else f"{text[:36]}…" for text in shown[:8])
