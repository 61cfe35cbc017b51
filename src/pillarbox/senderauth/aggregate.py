"""What does a DMARC aggregate report say? RFC 9990 §2.1: who sent mail in a domain's name, and what came of it.

The same values hold what we tell others and what others (RFC 7489 among them) tell us.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from .dkim_signature import DkimVerdict
from .dkim_verify import DkimResult
from .dmarc import Dmarc, DmarcResult
from .dmarc_record import Policy, Record
from .organisation import canonical
from .spf import Spf

SIGNATURES_MAX = 100
"""Signatures of one row that are told (RFC 9990 §2.1.3)."""

DISPOSITIONS = ("none", "pass", "quarantine", "reject")
OVERRIDES = (
    "local_policy", "mailing_list", "other", "policy_test_mode", "trusted_forwarder", "forwarded", "sampled_out"
)  # fmt: skip
DKIM_RESULTS = ("none", "pass", "fail", "policy", "neutral", "temperror", "permerror")
SPF_RESULTS = ("none", "neutral", "pass", "fail", "softfail", "temperror", "permerror")


@dataclass(frozen=True, slots=True)
class ReportMetadata:
    """Who reports (§2.1.1.3). ``begin`` and ``end``: POSIX seconds, what is told lies between."""

    org_name: str
    email: str
    report_id: str
    begin: int
    end: int
    extra_contact: str = ""
    errors: tuple[str, ...] = ()
    generator: str = ""


@dataclass(frozen=True, slots=True)
class PolicyPublished:
    """The record as it was found (§2.1.1.5); "" for what was not told. ``percent`` is of RFC 7489."""

    domain: str
    p: str = "none"
    sp: str = ""
    np: str = ""
    adkim: str = ""
    aspf: str = ""
    fo: str = ""
    testing: str = ""
    discovery: str = ""
    percent: str = ""


@dataclass(frozen=True, slots=True)
class Override:
    """Why something else was done than the policy asks for (§2.1.6)."""

    kind: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class DkimAuth:
    """What became of one signature (§2.1.1.12)."""

    domain: str
    selector: str
    result: str
    human: str = ""


@dataclass(frozen=True, slots=True)
class SpfAuth:
    """What SPF said (§2.1.1.13). ``scope``: "mfrom", or "helo" in old reports."""

    domain: str
    result: str
    scope: str = "mfrom"
    human: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """``count`` messages that came from one address and went the same way (§2.1.1.7 to §2.1.1.11).

    ``dkim`` and ``spf``: whether they passed and are aligned. ``disposition`` is one of DISPOSITIONS.
    """

    source_ip: str
    count: int
    disposition: str
    dkim: bool
    spf: bool
    header_from: str
    envelope_from: str = ""
    envelope_to: str = ""
    overrides: tuple[Override, ...] = ()
    dkim_results: tuple[DkimAuth, ...] = ()
    spf_results: tuple[SpfAuth, ...] = ()


@dataclass(frozen=True, slots=True)
class AggregateReport:
    """A whole report. ``truncated``: it had more rows than were read."""

    metadata: ReportMetadata
    policy: PolicyPublished
    rows: tuple[Row, ...]
    truncated: bool = False


def published(domain: str, record: Record) -> PolicyPublished:
    """What a report says of the ``record`` found at ``domain``, with defaults for what it leaves out (§2.1.1.5)."""
    sp = record.sp or record.p
    return PolicyPublished(
        domain, record.p.value, sp.value, (record.np or sp).value,
        "s" if record.strict_dkim else "r", "s" if record.strict_spf else "r",
        record.failure_options, "y" if record.testing else "n", "treewalk",
    )  # fmt: skip


def row(dmarc: Dmarc, spf: Spf | None, dkims: Sequence[DkimResult], source_ip: str, done: Policy) -> Row:
    """One message as a row. ``done``: what was done with it; where that is not what is asked for, the row says so."""
    passes = dmarc.result is DmarcResult.PASS
    asked = dmarc.policy if dmarc.result is DmarcResult.FAIL else Policy.NONE
    # Appendix A: "pass" is no action for mail that passed where a policy would have been enforced.
    spared = passes and dmarc.policy is not Policy.NONE and done is Policy.NONE
    return Row(
        source_ip, 1, "pass" if spared else done.value, dmarc.aligned_dkim, dmarc.aligned_spf, dmarc.domain,
        envelope_from=(canonical(spf.domain) or "") if spf is not None and spf.identity == "mailfrom" else "",
        overrides=_overrides(dmarc, asked, done),
        dkim_results=_signatures(dmarc.domain, dkims),
        spf_results=() if spf is None else (SpfAuth(canonical(spf.domain) or "", spf.result.value),),
    )  # fmt: skip


def _overrides(dmarc: Dmarc, asked: Policy, done: Policy) -> tuple[Override, ...]:
    if done is asked:
        return ()
    if dmarc.testing and done is asked.milder:
        return (Override("policy_test_mode"),)
    return (Override("local_policy", "DMARC alone decides nothing here: other evidence is heard, too"),)


def _signatures(author: str, dkims: Sequence[DkimResult]) -> tuple[DkimAuth, ...]:
    """§2.1.3: the most telling ones first."""

    def rank(one: DkimResult) -> int:
        domain = canonical(one.domain) or ""
        if one.result is not DkimVerdict.PASS:
            return 3
        related = domain.endswith(f".{author}") or author.endswith(f".{domain}")
        return 0 if domain == author else 1 if related else 2

    told = sorted((one for one in dkims if one.domain and one.selector), key=rank)[:SIGNATURES_MAX]
    return tuple(
        DkimAuth(one.domain, one.selector, one.result.value, "" if one.result is DkimVerdict.PASS else one.reason)
        for one in told
    )


def merged(rows: Iterable[Row]) -> tuple[Row, ...]:
    """Rows that differ in nothing but their number, as one (§2.1.1.6)."""
    counts: dict[Row, int] = {}
    for one in rows:
        key = replace(one, count=0)
        counts[key] = counts.get(key, 0) + one.count
    return tuple(replace(key, count=count) for key, count in counts.items())


def passing(report: AggregateReport) -> tuple[int, int]:
    """How many of the messages passed DMARC, and how many there were."""
    return sum(one.count for one in report.rows if one.dkim or one.spf), sum(one.count for one in report.rows)
