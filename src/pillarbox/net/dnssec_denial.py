"""Is it proven that there is no such name or record? The words of a proof, and NSEC: RFC 4035 §5.4, RFC 6840 §4.

NSEC names the neighbours of what does not exist in the canonical order of names (RFC 4034 §6.1).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import dns.name
import dns.rdatatype
from dns.rdtypes.ANY.NSEC import NSEC

from .dns import Kind

_NS, _CNAME, _SOA, _DNAME, _DS = 2, 5, 6, 39, Kind.DS


class Verdict(Enum):
    """What records of denial come to."""

    PROVEN = "proven"
    INSECURE = "nothing can be proven here: unsigned delegations are skipped, or hashing is too dear"
    UNPROVEN = "the proof is missing"


@dataclass(frozen=True, slots=True)
class Denial:
    """``types``: those that exist at the name, where a record for the name itself says so."""

    verdict: Verdict
    types: frozenset[int] = frozenset()

    @property
    def is_delegation(self) -> bool:
        """The name is where another zone begins (RFC 6840 §4.4)."""
        return _NS in self.types and _SOA not in self.types


UNPROVEN = Denial(Verdict.UNPROVEN)
INSECURE = Denial(Verdict.INSECURE)
PROVEN = Denial(Verdict.PROVEN)


class Evidence(Protocol):
    """Records of denial of one zone, their signatures verified."""

    def no_record(self, name: dns.name.Name, kind: Kind) -> Denial:
        """``name`` exists (or a wildcard does for it), but has no record of this kind, and is no alias."""

    def no_name(self, name: dns.name.Name) -> Denial:
        """``name`` does not exist, and no wildcard stands in for it."""

    def no_closer(self, name: dns.name.Name, closest: dns.name.Name) -> Denial:
        """There is no ``name``, so that the wildcard below ``closest`` stands in for it."""


def lacks(types: frozenset[int], kind: Kind, name: dns.name.Name) -> bool:
    """A record that lists ``types`` for ``name`` denies ``kind``.

    RFC 6840 §4.1: at a zone cut the parent's record speaks of DS alone, the child's of everything else.
    """
    if kind in types or _CNAME in types:
        return False
    if kind == _DS:
        return _SOA not in types or name == dns.name.root
    return _NS not in types or _SOA in types


def leads_away(types: frozenset[int]) -> bool:
    """What lies below a name with these types is another zone's, or moved (RFC 6840 §4.1): nothing is denied there."""
    return (_NS in types and _SOA not in types) or _DNAME in types


def types_of(windows: Iterable[tuple[int, bytes]]) -> frozenset[int]:
    """RFC 4034 §4.1.2."""
    return frozenset(
        window * 256 + at * 8 + bit
        for window, bitmap in windows
        for at, octet in enumerate(bitmap)
        for bit in range(8)
        if octet & (0x80 >> bit)
    )


@dataclass(frozen=True, slots=True)
class _Gap:
    owner: dns.name.Name
    next: dns.name.Name
    types: frozenset[int]

    def covers(self, name: dns.name.Name, apex: dns.name.Name) -> bool:
        """``name`` would stand between; the last record of a zone points back to its ``apex``."""
        if name.is_subdomain(self.owner) and leads_away(self.types):
            return False
        return bool(self.owner < name and (name < self.next or self.next == apex))

    def is_above(self, name: dns.name.Name) -> bool:
        """``name`` exists after all, with nothing but names below it (RFC 4592 §2.2.2)."""
        return bool(self.next.is_subdomain(name))

    def closest(self, name: dns.name.Name) -> dns.name.Name:
        """The longest part of ``name`` that is seen to exist: it has a neighbour below it."""
        common = max(name.fullcompare(neighbour)[2] for neighbour in (self.owner, self.next))
        return name.split(common)[1]


class Neighbours:
    """NSEC records of the zone ``apex``."""

    def __init__(self, apex: dns.name.Name, records: Sequence[tuple[dns.name.Name, NSEC]]) -> None:
        self._apex = apex
        self._gaps = [_Gap(owner, record.next, types_of(record.windows)) for owner, record in records]

    def no_record(self, name: dns.name.Name, kind: Kind) -> Denial:
        """See ``Evidence``."""
        own = self._at(name)
        if own is not None:
            return Denial(Verdict.PROVEN, own.types) if lacks(own.types, kind, name) else UNPROVEN
        gap = self._over(name)
        if gap is None:
            return UNPROVEN
        if gap.is_above(name):
            return PROVEN
        wild = _below("*", gap.closest(name))
        own, gap = self._at(wild), self._over(wild)
        lacking = lacks(own.types, kind, wild) if own is not None else gap is not None and gap.is_above(wild)
        return PROVEN if lacking else UNPROVEN

    def no_name(self, name: dns.name.Name) -> Denial:
        """See ``Evidence``."""
        gap = self._over(name)
        if gap is None or gap.is_above(name):
            return UNPROVEN
        wild = _below("*", gap.closest(name))
        gap = self._over(wild)
        return UNPROVEN if gap is None or gap.is_above(wild) else PROVEN

    def no_closer(self, name: dns.name.Name, closest: dns.name.Name) -> Denial:
        """See ``Evidence``."""
        gap = self._over(name)
        proven = gap is not None and gap.closest(name) == closest and not gap.is_above(name)
        return PROVEN if proven else UNPROVEN

    def _at(self, name: dns.name.Name) -> _Gap | None:
        return next((gap for gap in self._gaps if gap.owner == name), None)

    def _over(self, name: dns.name.Name) -> _Gap | None:
        return next((gap for gap in self._gaps if gap.covers(name, self._apex)), None)


def _below(label: str, name: dns.name.Name) -> dns.name.Name:
    return dns.name.from_text(label, name)
