"""Is a report on TLS written as RFC 8460 §4.4 wants it, and read as others write it?"""

import json

import pytest

from pillarbox.senderauth.report_packing import ReportFault
from pillarbox.senderauth.tlsrpt import FailureType, PolicyType, TlsFailure, TlsPolicy, TlsReport
from pillarbox.senderauth.tlsrpt_json import TlsReportLimits, read, write

# The example of RFC 8460 Appendix B, made shorter.
EXAMPLE = {
    "organization-name": "Company-X",
    "date-range": {"start-datetime": "2016-04-01T00:00:00Z", "end-datetime": "2016-04-01T23:59:59Z"},
    "contact-info": "sts-reporting@company-x.example",
    "report-id": "5065427c-23d3-47ca-b6e0-946ea0e8c4be",
    "policies": [
        {
            "policy": {
                "policy-type": "sts",
                "policy-string": ["version: STSv1", "mode: testing", "mx: *.mail.company-y.example", "max_age: 86400"],
                "policy-domain": "company-y.example",
                "mx-host": ["*.mail.company-y.example"],
            },
            "summary": {"total-successful-session-count": 5326, "total-failure-session-count": 303},
            "failure-details": [
                {
                    "result-type": "certificate-expired",
                    "sending-mta-ip": "2001:db8:abcd:0012::1",
                    "receiving-mx-hostname": "mx1.mail.company-y.example",
                    "failed-session-count": 100,
                },
                {
                    "result-type": "validation-failure",
                    "sending-mta-ip": "198.51.100.62",
                    "receiving-ip": "203.0.113.58",
                    "receiving-mx-hostname": "mx-backup.mail.company-y.example",
                    "failed-session-count": 3,
                    "failure-reason-code": "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED",
                },
            ],
        }
    ],
}


def changed(**fields: object) -> bytes:
    return json.dumps({**EXAMPLE, **fields}).encode()


def test_the_example() -> None:
    report = read(json.dumps(EXAMPLE).encode())
    assert (report.organization, report.report_id) == ("Company-X", "5065427c-23d3-47ca-b6e0-946ea0e8c4be")
    assert (report.begin, report.end) == (1_459_468_800, 1_459_555_199)
    [policy] = report.policies
    assert (policy.kind, policy.domain, policy.successes, policy.failures) == ("sts", "company-y.example", 5326, 303)
    assert policy.mx_hosts == ("*.mail.company-y.example",)
    assert [(one.kind, one.count) for one in policy.details] == [
        (FailureType.CERTIFICATE_EXPIRED.value, 100), (FailureType.VALIDATION_FAILURE.value, 3)
    ]  # fmt: skip
    assert policy.details[1].code == "X509_V_ERR_PROXY_PATH_LENGTH_EXCEEDED"


def test_what_is_written_is_read() -> None:
    report = TlsReport(
        "Bücher", "tls@example.org", "1.a@example.org", 1_700_000_000, 1_700_086_399,
        (
            TlsPolicy(PolicyType.NONE.value, "a.example", successes=3),
            TlsPolicy(
                PolicyType.TLSA.value, "b.example", ("3 1 1 00",), (), 0, 2,
                (TlsFailure("tlsa-invalid", 2, "192.0.2.1", "mx.b.example", "mx", "192.0.2.2", "see there", "x"),),
            ),
        ),
    )  # fmt: skip
    octets = write(report)
    assert read(octets) == report
    document = json.loads(octets)
    assert document["date-range"]["start-datetime"] == "2023-11-14T22:13:20Z"
    assert "mx-host" not in document["policies"][0]["policy"]
    assert "failure-details" not in document["policies"][0]
    assert octets.isascii()


def test_the_example_written_again_is_the_example() -> None:
    assert json.loads(write(read(json.dumps(EXAMPLE).encode()))) == EXAMPLE


def test_odd_ones() -> None:
    report = read(
        changed(**{
            "organization-name": 7, "date-range": {"start-datetime": "2016-04-01", "end-datetime": "never"},
            "contact-info": "half \ud83d",
            "policies": [
                "x", {"policy": {"policy-type": "STS", "policy-string": "v", "mx-host-pattern": "*.x"}},
                {"summary": {"total-successful-session-count": "12", "total-failure-session-count": -1}},
                {"summary": {"total-successful-session-count": 10**30}, "failure-details": {"a": 1}},
            ],
        })
    )  # fmt: skip
    assert (report.organization, report.begin, report.end, report.contact) == ("", 1_459_468_800, 0, "half ?")
    assert [(one.kind, one.text, one.mx_hosts) for one in report.policies][1] == ("sts", ("v",), ("*.x",))
    assert [(one.successes, one.failures) for one in report.policies[2:]] == [(12, 0), (0, 0)]
    assert read(b"\xef\xbb\xbf" + json.dumps(EXAMPLE).encode()).organization == "Company-X"


@pytest.mark.parametrize(
    "document",
    [b"", b"x", b"[]", b"{}", b"1", b'{"policies": {}}', b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xff",
     b'{"policies": [], "a": ' + b"9" * 10_000 + b"}", b" " * (TlsReportLimits().octets + 1)],
)  # fmt: skip
def test_what_is_refused(document: bytes) -> None:
    with pytest.raises(ReportFault):
        read(document)


def test_everything_is_bounded() -> None:
    limits = TlsReportLimits(policies=2, details=3, lines=4, text=5)
    policy = {"policy": {"policy-string": ["x" * 50] * 50}, "failure-details": [{}] * 50}
    report = read(changed(policies=[policy] * 50), limits)
    assert [len(report.policies), len(report.policies[0].details), report.policies[0].text] == [2, 3, ("xxxxx",) * 4]
