"""Does a row tell what happened to a message, and the report what the record says? RFC 9990 §2.1."""

import pytest

from pillarbox.senderauth.aggregate import (
    SIGNATURES_MAX,
    AggregateReport,
    Override,
    PolicyPublished,
    ReportMetadata,
    merged,
    passing,
    published,
    row,
)
from pillarbox.senderauth.dkim_signature import DkimVerdict
from pillarbox.senderauth.dkim_verify import DkimResult
from pillarbox.senderauth.dmarc import Dmarc, DmarcResult
from pillarbox.senderauth.dmarc_record import Policy, parse
from pillarbox.senderauth.spf import Spf
from pillarbox.senderauth.spf_record import SpfResult

SPF = Spf(SpfResult.PASS, "mailfrom", "Bounce.mailer.example", "all", "it may")


def dkim(domain: str, result: DkimVerdict = DkimVerdict.PASS) -> DkimResult:
    return DkimResult(result, domain, "s1", "", "rsa-sha256", "because")


def dmarc(result: DmarcResult, policy: Policy = Policy.REJECT, testing: bool = False) -> Dmarc:
    good = result is DmarcResult.PASS
    return Dmarc(result, "bank.example", "x", policy=policy, testing=testing, aligned_dkim=good)


def test_the_record_with_its_defaults() -> None:
    record = parse(b"v=DMARC1; p=reject; sp=none; adkim=s; t=y; fo=1")
    assert record is not None
    assert published("bank.example", record) == PolicyPublished(
        "bank.example", "reject", "none", "none", "s", "r", "1", "y", "treewalk"
    )


@pytest.mark.parametrize(
    ("result", "policy", "done", "disposition", "overrides"),
    [
        (DmarcResult.PASS, Policy.REJECT, Policy.NONE, "pass", []),
        (DmarcResult.PASS, Policy.NONE, Policy.NONE, "none", []),
        (DmarcResult.PASS, Policy.REJECT, Policy.QUARANTINE, "quarantine", ["local_policy"]),
        (DmarcResult.FAIL, Policy.REJECT, Policy.REJECT, "reject", []),
        (DmarcResult.FAIL, Policy.REJECT, Policy.QUARANTINE, "quarantine", ["local_policy"]),
        (DmarcResult.FAIL, Policy.NONE, Policy.NONE, "none", []),
    ],
)
def test_what_was_done(
    result: DmarcResult, policy: Policy, done: Policy, disposition: str, overrides: list[str]
) -> None:
    found = row(dmarc(result, policy), SPF, [], "192.0.2.1", done)
    assert (found.disposition, [one.kind for one in found.overrides]) == (disposition, overrides)
    assert (found.dkim, found.spf) == (result is DmarcResult.PASS, False)
    assert (found.header_from, found.envelope_from) == ("bank.example", "bounce.mailer.example")


def test_a_test_is_told_as_such() -> None:
    found = row(dmarc(DmarcResult.FAIL, Policy.REJECT, testing=True), None, [], "192.0.2.1", Policy.QUARANTINE)
    assert found.overrides == (Override("policy_test_mode"),)
    assert found.spf_results == ()


def test_signatures_in_the_order_of_what_they_tell() -> None:
    signatures = [
        dkim("bank.example", DkimVerdict.FAIL), dkim("mailer.example"), dkim("mail.bank.example"), dkim("bank.example")
    ]  # fmt: skip
    told = row(dmarc(DmarcResult.PASS), SPF, signatures, "192.0.2.1", Policy.NONE).dkim_results
    assert [(one.domain, one.result, one.human) for one in told] == [
        ("bank.example", "pass", ""), ("mail.bank.example", "pass", ""), ("mailer.example", "pass", ""),
        ("bank.example", "fail", "because"),
    ]  # fmt: skip
    many = [dkim("x.example")] * 200
    assert len(row(dmarc(DmarcResult.PASS), SPF, many, "192.0.2.1", Policy.NONE).dkim_results) == SIGNATURES_MAX


def test_equal_rows_are_counted_together() -> None:
    one = row(dmarc(DmarcResult.PASS), SPF, [], "192.0.2.1", Policy.NONE)
    two = row(dmarc(DmarcResult.FAIL), SPF, [], "192.0.2.1", Policy.REJECT)
    rows = merged([one, two, one, one])
    assert [found.count for found in rows] == [3, 1]
    report = AggregateReport(ReportMetadata("o", "e", "i", 0, 1), PolicyPublished("bank.example"), rows)
    assert passing(report) == (3, 4)
