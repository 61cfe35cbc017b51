"""Is it proven that there is no such name, when names are hashed? NSEC3: RFC 5155 §8, bounded as RFC 9276 asks."""

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import dns.name
from dns.rdtypes.ANY.NSEC3 import NSEC3

from .dns import Kind
from .dnssec_denial import INSECURE, PROVEN, UNPROVEN, Denial, Verdict, lacks, leads_away, types_of
from .dnssec_signatures import Effort

_SHA1 = 1  # RFC 5155 §11: the only hash there is
_OPT_OUT = 1
_DIGEST_OCTETS = 20


@dataclass(frozen=True, slots=True)
class _Span:
    hash: bytes
    next: bytes
    types: frozenset[int]
    opt_out: bool

    def covers(self, hashed: bytes) -> bool:
        """RFC 5155 §1.3: between the two; the last one goes round to the first."""
        if self.hash < self.next:
            return self.hash < hashed < self.next
        return hashed > self.hash or hashed < self.next


@dataclass(frozen=True, slots=True)
class _Encloser:
    """RFC 5155 §8.3: the closest name that exists, and the span in which the next longer one does not."""

    closest: dns.name.Name
    gap: _Span


class HashedNeighbours:
    """NSEC3 records of the zone ``apex``. The first says how names are hashed; others must agree (RFC 5155 §8.2)."""

    def __init__(self, apex: dns.name.Name, records: Sequence[tuple[dns.name.Name, NSEC3]], effort: Effort) -> None:
        known = [(owner, record) for owner, record in records if record.algorithm == _SHA1 and record.flags <= _OPT_OUT]
        self._apex = apex
        self._effort = effort
        self._salt: bytes = known[0][1].salt if known else b""
        self._iterations: int = known[0][1].iterations if known else 0
        self._spans = [
            _Span(hashed, record.next, types_of(record.windows), bool(record.flags & _OPT_OUT))
            for owner, record in known
            if (record.salt, record.iterations) == (self._salt, self._iterations)
            and owner.parent() == apex
            and (hashed := _unhashed(owner)) is not None
        ]
        self._hashes: dict[dns.name.Name, bytes] = {}

    @property
    def _too_dear(self) -> bool:
        return self._iterations > self._effort.bounds.iterations

    def no_record(self, name: dns.name.Name, kind: Kind) -> Denial:
        """See ``Evidence``. RFC 5155 §8.5 to §8.7."""
        if self._too_dear:
            return INSECURE
        own = self._at(name)
        if own is not None:
            return Denial(Verdict.PROVEN, own.types) if lacks(own.types, kind, name) else UNPROVEN
        encloser = self._encloser(name)
        if encloser is None:
            return UNPROVEN
        wild = self._at(_wildcard(encloser.closest))
        if encloser.gap.opt_out:
            return INSECURE  # an unsigned delegation may be there (§8.6), or names above one (erratum 3441)
        return PROVEN if wild is not None and lacks(wild.types, kind, name) else UNPROVEN

    def no_name(self, name: dns.name.Name) -> Denial:
        """See ``Evidence``. RFC 5155 §8.4."""
        if self._too_dear:
            return INSECURE
        encloser = self._encloser(name)
        if encloser is None or self._over(_wildcard(encloser.closest)) is None:
            return UNPROVEN
        return INSECURE if encloser.gap.opt_out else PROVEN

    def no_closer(self, name: dns.name.Name, closest: dns.name.Name) -> Denial:
        """See ``Evidence``. RFC 5155 §8.8."""
        if self._too_dear:
            return INSECURE
        gap = self._over(name.split(len(closest) + 1)[1])
        if gap is None:
            return UNPROVEN
        return INSECURE if gap.opt_out else PROVEN

    def _encloser(self, name: dns.name.Name) -> _Encloser | None:
        """Walk up from ``name`` to a name that exists: the one passed last must be seen not to."""
        passed = name
        while passed != self._apex:
            candidate = passed.parent()
            own = self._at(candidate)
            if own is not None:
                gap = None if leads_away(own.types) else self._over(passed)
                return None if gap is None else _Encloser(candidate, gap)
            passed = candidate
        return None

    def _at(self, name: dns.name.Name) -> _Span | None:
        hashed = self._hash(name)
        return next((span for span in self._spans if span.hash == hashed), None)

    def _over(self, name: dns.name.Name) -> _Span | None:
        hashed = self._hash(name)
        return next((span for span in self._spans if span.covers(hashed)), None)

    def _hash(self, name: dns.name.Name) -> bytes:
        """RFC 5155 §5."""
        known = self._hashes.get(name)
        if known is None:
            self._effort.hash()
            known = hashlib.sha1(name.to_digestable() + self._salt, usedforsecurity=False).digest()
            for _ in range(self._iterations):
                known = hashlib.sha1(known + self._salt, usedforsecurity=False).digest()
            self._hashes[name] = known
        return known


def _wildcard(name: dns.name.Name) -> dns.name.Name:
    return dns.name.from_text("*", name)


def _unhashed(owner: dns.name.Name) -> bytes | None:
    try:
        digest = base64.b32hexdecode(owner.labels[0].upper())
    except binascii.Error:
        return None
    return digest if len(digest) == _DIGEST_OCTETS else None
