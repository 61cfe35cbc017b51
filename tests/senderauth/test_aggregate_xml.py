"""Is what is written the XML of RFC 9990, and does it come back as it was?"""

from xml.etree import ElementTree as ET

from pillarbox.senderauth import aggregate_read, aggregate_xml
from pillarbox.senderauth.aggregate import (
    AggregateReport,
    DkimAuth,
    Override,
    PolicyPublished,
    ReportMetadata,
    Row,
    SpfAuth,
)

REPORT = AggregateReport(
    ReportMetadata(
        "Example & Söhne <mx>", "postmaster@example.org", "1.abc@mx.example.org", 1_700_000_000, 1_700_086_399,
        "https://example.org/?a&b", ("its tag t= cannot be read",), "Pillarbox 1",
    ),
    PolicyPublished("bank.example", "reject", "none", "reject", "s", "r", "1:d", "n", "treewalk"),
    (
        Row(
            "2001:db8::1", 7, "quarantine", True, False, "www.bank.example", "bounce.example", "example.org",
            (Override("local_policy", "it is known"), Override("other")),
            (DkimAuth("bank.example", "s1", "pass"), DkimAuth("x.example", "s2", "fail", "the body < was changed")),
            (SpfAuth("bounce.example", "softfail", human="it may not"),),
        ),
        Row("192.0.2.1", 1, "none", False, False, "bank.example"),
    ),
)  # fmt: skip


def test_what_is_written_is_read() -> None:
    assert aggregate_read.read(aggregate_xml.write(REPORT)) == REPORT


def test_names_and_order_are_those_of_the_schema() -> None:
    root = ET.fromstring(aggregate_xml.write(REPORT))
    space = f"{{{aggregate_xml.NAMESPACE}}}"
    assert root.tag == f"{space}feedback"
    assert [one.tag.removeprefix(space) for one in root] == [
        "version", "report_metadata", "policy_published", "record", "record"
    ]  # fmt: skip
    record = root[3]
    assert [one.tag.removeprefix(space) for one in record] == ["row", "identifiers", "auth_results"]
    evaluated = record[0].find(f"{space}policy_evaluated")
    assert evaluated is not None
    assert [one.tag.removeprefix(space) for one in evaluated] == ["disposition", "dkim", "spf", "reason", "reason"]
    assert [one.tag.removeprefix(space) for one in record[2]] == ["dkim", "dkim", "spf"]
    assert root[1].findtext(f"{space}generator") == "Pillarbox 1"
    assert record[1].findtext(f"{space}envelope_to") == "example.org"


def test_no_text_breaks_the_document() -> None:
    evil = "</domain>\0\x0b]]>&\ud800\uffff" + "x" * 5_000
    report = AggregateReport(REPORT.metadata, PolicyPublished(evil), REPORT.rows)
    found = aggregate_read.read(aggregate_xml.write(report)).policy.domain
    assert found.startswith("</domain>??]]>&??")
    assert len(found) == aggregate_xml.TEXT_MAX
