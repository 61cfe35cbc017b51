"""What stands in a signed answer, and which of it is proven? RFC 4035 §3.1."""

from dataclasses import dataclass

import dns.message
import dns.name
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
from dns.rdtypes.ANY.CNAME import CNAME
from dns.rdtypes.ANY.DNAME import DNAME
from dns.rdtypes.ANY.NSEC import NSEC
from dns.rdtypes.ANY.NSEC3 import NSEC3
from dns.rdtypes.ANY.RRSIG import RRSIG

from .dns import DnsBogus, Kind
from .dns_wire import negative_ttl
from .dnssec_denial import Denial, Evidence, Neighbours, Verdict
from .dnssec_nsec3 import HashedNeighbours
from .dnssec_signatures import Effort, Signed, Zone, verify

_DENIES = (dns.rdatatype.NSEC, dns.rdatatype.NSEC3)


@dataclass(frozen=True, slots=True)
class Denials:
    """Verified records of denial of ``zone``. ``ttl``: seconds to keep them; ``faults``: why others were left out."""

    zone: dns.name.Name
    evidence: Evidence
    ttl: int
    faults: tuple[str, ...]

    def of(self, name: dns.name.Name, kind: Kind, exists: bool) -> Denial:
        """What they say of a name that has no such record, or does not exist; DnsBogus when they do not say that."""
        denial = self.evidence.no_record(name, kind) if exists else self.evidence.no_name(name)
        return self._sure(denial, f"{name} has no {kind.name} record" if exists else f"{name} does not exist")

    def speak_for(self, name: dns.name.Name, signed: Signed) -> bool:
        """What was signed speaks for ``name``: a wildcard does where there is no such name (RFC 4035 §5.3.4).

        False: it may, but that cannot be proven. DnsBogus when the proof is missing.
        """
        if signed.closest is None:
            return True
        denial = self.evidence.no_closer(name, signed.closest)
        return self._sure(denial, f"a wildcard speaks for {name}").verdict is Verdict.PROVEN

    def _sure(self, denial: Denial, what: str) -> Denial:
        if denial.verdict is Verdict.UNPROVEN:
            faults = f": {'; '.join(self.faults)}" if self.faults else ""
            raise DnsBogus(f"{self.zone} does not prove that {what}{faults}")
        return denial


@dataclass(frozen=True, slots=True)
class Reply:
    """A message with DNSSEC's records."""

    message: dns.message.Message

    @property
    def exists(self) -> bool:
        """Not NXDOMAIN."""
        return self.message.rcode() != dns.rcode.NXDOMAIN

    def records(self, name: dns.name.Name, kind: Kind) -> dns.rrset.RRset | None:
        """The records of ``name`` itself in the answer section."""
        return _get(self.message, self.message.answer, name, dns.rdatatype.RdataType(kind))

    def signatures(self, rrset: dns.rrset.RRset) -> dns.rrset.RRset | None:
        """The signatures of ``rrset``, which is in the answer section."""
        return _signatures(self.message, self.message.answer, rrset)

    def redirection(self, name: dns.name.Name) -> dns.rrset.RRset | None:
        """The DNAME above ``name`` that makes it an alias (RFC 6672 §5.3.1: its CNAME is unsigned)."""
        return next(
            (
                rrset
                for rrset in self.message.answer
                if rrset.rdtype == dns.rdatatype.DNAME and rrset.name != name and name.is_subdomain(rrset.name)
            ),
            None,
        )

    @property
    def speaks_of_nothing(self) -> bool:
        """There is something in the authority section that says why there is no (more) answer."""
        return any(rrset.rdtype in {*_DENIES, dns.rdatatype.SOA} for rrset in self.message.authority)

    def signer_of_nothing(self, name: dns.name.Name) -> dns.name.Name | None:
        """The zone that says that ``name``, which must lie in it, has nothing to answer with."""
        for rrset in self.message.authority:
            if rrset.rdtype == dns.rdatatype.RRSIG and rrset.covers in {*_DENIES, dns.rdatatype.SOA}:
                signer = signer_of(rrset, name)
                if signer is not None:
                    return signer
        return None

    def denials(self, zone: Zone, now: float, effort: Effort) -> Denials:
        """What ``zone`` says does not exist."""
        faults: list[str] = []
        plain: list[tuple[dns.name.Name, NSEC]] = []
        hashed: list[tuple[dns.name.Name, NSEC3]] = []
        ttl = negative_ttl(self.message)
        rrsets = [rrset for rrset in self.message.authority if rrset.rdtype in _DENIES and len(rrset)]
        for rrset in rrsets[: effort.bounds.denials]:
            try:
                signed = verify(rrset, _signatures(self.message, self.message.authority, rrset), zone, now, effort)
            except DnsBogus as error:
                faults.append(str(error))
                continue
            if signed.closest is not None or not rrset.name.is_subdomain(zone.name):
                continue  # a wildcard's record under another name denies nothing (RFC 4035 §5.4)
            ttl = min(ttl, signed.ttl)
            match rrset[0]:
                case NSEC() as record:
                    plain.append((rrset.name, record))
                case NSEC3() as record:
                    hashed.append((rrset.name, record))
        evidence: Evidence = HashedNeighbours(zone.name, hashed, effort) if hashed else Neighbours(zone.name, plain)
        return Denials(zone.name, evidence, ttl, tuple(dict.fromkeys(faults)))


def signer_of(signatures: dns.rrset.RRset | None, name: dns.name.Name) -> dns.name.Name | None:
    """In which zone's name ``name``'s records are signed: the closest to it, where there are several."""
    signers = [s.signer for s in signatures or () if isinstance(s, RRSIG) and name.is_subdomain(s.signer)]
    return max(signers, key=len, default=None)


def redirected(name: dns.name.Name, rrset: dns.rrset.RRset) -> dns.name.Name:
    """Where a CNAME of ``name``, or a DNAME above it (RFC 6672 §2.2), sends it."""
    record = rrset[0]
    if isinstance(record, CNAME):
        return record.target
    assert isinstance(record, DNAME)
    return name.relativize(rrset.name).concatenate(record.target)


def _signatures(
    message: dns.message.Message, section: list[dns.rrset.RRset], rrset: dns.rrset.RRset
) -> dns.rrset.RRset | None:
    return _get(message, section, rrset.name, dns.rdatatype.RRSIG, rrset.rdtype)


def _get(
    message: dns.message.Message,
    section: list[dns.rrset.RRset],
    name: dns.name.Name,
    kind: dns.rdatatype.RdataType,
    covers: dns.rdatatype.RdataType = dns.rdatatype.NONE,
) -> dns.rrset.RRset | None:
    found = message.get_rrset(section, name, dns.rdataclass.IN, kind, covers)
    return found if found is not None and len(found) else None
