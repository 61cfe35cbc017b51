"""Does the domain in the From vouch for the message, and what does it ask for when not? RFC 9989 §5.3.

What it asks for is advice (§5.4): nobody should reject a message for p=reject alone.
"""

from collections.abc import Generator, Hashable, Sequence
from dataclasses import dataclass
from enum import Enum

from .asking import Answer, Check, Kind, Question, Status
from .dkim_verify import DkimResult
from .dmarc_identifiers import Alignment, Identifier, align, identifiers, same
from .dmarc_record import Policy, Record
from .dmarc_walk import Found, Walk, Walker
from .dmarc_wording import failed, passed
from .organisation import Suffixes, canonical
from .spf import Spf


class DmarcResult(Enum):
    """RFC 8601 §2.7.4 with RFC 9989 §9.2: the words of Authentication-Results."""

    NONE = "none"
    PASS = "pass"  # noqa: S105  a word of the trade, no password
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DmarcSettings:
    """``suffixes``: the public suffix list, for domains without any record; None does without.

    ``author_domains``: different domains in one From that are looked at (RFC 9989 §11.5), more are an error.
    ``identifiers``: domains of SPF and signatures that are compared with each.
    """

    suffixes: Suffixes | None = None
    author_domains: int = 3
    identifiers: int = 20


@dataclass(frozen=True, slots=True)
class Dmarc:
    """What DMARC says of a message.

    ``domain``: the one in the From, as A-labels; ``org_domain``: its organisation; ``policy_found_at``: the domain
    whose record counts. ``policy``: what it asks for, by its tag ``policy_tag``; ``disposition``: what is advised after
    t=y, NONE unless the result is FAIL. ``aligned_spf``, ``aligned_dkim``: that passed, and for the same organisation.
    ``secure``: DNSSEC vouches for the record. ``reason`` is for people.
    """

    result: DmarcResult
    domain: str
    reason: str
    org_domain: str = ""
    policy_found_at: str = ""
    policy: Policy = Policy.NONE
    policy_tag: str = ""
    disposition: Policy = Policy.NONE
    aligned_spf: bool = False
    aligned_dkim: bool = False
    record: Record | None = None
    testing: bool = False
    secure: bool = False


Asking = Generator[Sequence[Question], Sequence[Answer], Dmarc]


def key(from_domains: Sequence[str], spf: Spf | None, dkims: Sequence[DkimResult]) -> Hashable:
    """What of the evidence ``evaluate`` looks at: where this is equal and DNS the same, so is its result."""
    allowed = None if spf is None else (spf.result, spf.domain)
    return tuple(from_domains), allowed, tuple([(one.result, one.domain, one.reason) for one in dkims])


def evaluate(
    from_domains: Sequence[str], spf: Spf | None, dkims: Sequence[DkimResult], settings: DmarcSettings
) -> Check[Dmarc]:
    """DMARC for a message whose From fields name ``from_domains``; ``spf`` is what SPF said of its reverse-path.

    Where a From names several domains, each must vouch (§11.5); what the strictest of those that do not asks for
    counts.
    """
    domains = list(dict.fromkeys(canonical(domain) or "" for domain in from_domains))
    if not domains:
        return Dmarc(DmarcResult.PERMERROR, "", "the message has no From with an address: nobody can vouch for it")
    if "" in domains:
        return Dmarc(DmarcResult.PERMERROR, "", "the From names a domain that cannot be in DNS")
    if len(domains) > settings.author_domains:
        return Dmarc(DmarcResult.PERMERROR, domains[0], f"the From names {len(domains)} different domains")
    walker = Walker(settings.suffixes)
    evidence = _Evidence(spf, dkims, identifiers(spf, dkims, settings.identifiers), walker)
    worst = yield from evidence.speak_for(domains[0])
    for domain in domains[1:]:
        worst = max(worst, (yield from evidence.speak_for(domain)), key=_weight)
    return worst


_SEVERITY = (DmarcResult.PASS, DmarcResult.NONE, DmarcResult.TEMPERROR, DmarcResult.PERMERROR, DmarcResult.FAIL)
_POLICIES = (Policy.NONE, Policy.QUARANTINE, Policy.REJECT)


def _weight(one: Dmarc) -> tuple[int, int]:
    return _SEVERITY.index(one.result), _POLICIES.index(one.disposition)


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of the message."""

    spf: Spf | None
    dkims: Sequence[DkimResult]
    identifiers: Sequence[Identifier]
    walker: Walker

    def speak_for(self, domain: str) -> Asking:
        """The result for one author domain."""
        walk = yield from self.walker.start(domain)
        if walk is None:
            own = self.walker.own(domain)
            alignment = same(domain, self.identifiers)
            if own is not None and own.record.applies and alignment.passes:
                return self._passed(domain, domain, own, alignment)
            walk = yield from self.walker.walk(domain)
        found = walk.policy
        if found is None and walk.failed is None:
            return Dmarc(DmarcResult.NONE, domain, f"{domain} publishes no DMARC record", walk.organisation)
        if found is None:
            return Dmarc(DmarcResult.TEMPERROR, domain, walk.failed or "", walk.organisation)
        if not found.record.applies:
            reason = f"the DMARC record at {found.domain} asks for nothing that can be read"
            return Dmarc(DmarcResult.NONE, domain, reason, walk.organisation, found.domain, record=found.record)
        alignment = yield from align(walk, found.record, self.identifiers, self.walker)
        if alignment.passes:
            return self._passed(domain, walk.organisation, found, alignment)
        if alignment.doubt is not None:
            # §5.3.6: with an answer missing it is neither a pass nor a fail, and no policy applies.
            return Dmarc(
                DmarcResult.TEMPERROR, domain, alignment.doubt, walk.organisation, found.domain, record=found.record
            )
        return (yield from self._failed(walk, found))

    def _passed(self, domain: str, organisation: str, found: Found, alignment: Alignment) -> Dmarc:
        tag, policy = found.record.policy_for(domain != found.domain, exists=True)
        return Dmarc(
            DmarcResult.PASS, domain, passed(domain, alignment), organisation, found.domain, policy, tag,
            aligned_spf=alignment.spf is not None, aligned_dkim=alignment.dkim is not None,
            record=found.record, testing=found.record.testing, secure=found.secure,
        )  # fmt: skip

    def _failed(self, walk: Walk, found: Found) -> Asking:
        domain, record = walk.start, found.record
        exists = True
        if domain != found.domain and record.np is not None:
            exists = yield from _exists(domain)
        tag, policy = record.policy_for(domain != found.domain, exists)
        return Dmarc(
            DmarcResult.FAIL, domain, failed(domain, self.spf, self.dkims), walk.organisation, found.domain,
            policy, tag, policy.milder if record.testing else policy,
            record=record, testing=record.testing, secure=found.secure,
        )  # fmt: skip


def _exists(domain: str) -> Generator[Sequence[Question], Sequence[Answer], bool]:
    """§3.2.13: a domain without A, AAAA and MX is none. One that DNS is silent about is taken to exist."""
    answers = yield [Question(kind, domain) for kind in (Kind.A, Kind.AAAA, Kind.MX)]
    return any(answer.status in {Status.FOUND, Status.FAILED} for answer in answers)
