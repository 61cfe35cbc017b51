"""Do reports travel as RFC 9990 §2.5.2 and RFC 8460 §5.3 want it, and are they found again where they arrive?"""

from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser

import pytest

from pillarbox.mail.address import Address
from pillarbox.senderauth.aggregate import AggregateReport, PolicyPublished, ReportMetadata, Row
from pillarbox.senderauth.report_found import reports
from pillarbox.senderauth.report_letter import Sending, aggregate_letter, tls_letter
from pillarbox.senderauth.tlsrpt import TlsPolicy, TlsReport

SENDING = Sending("mx.receiver.example", Address("dmarc", "receiver.example"), 1_700_090_000.0)
TO = Address("reports", "bank.example")
AGGREGATE = AggregateReport(
    ReportMetadata("Receiver", "dmarc@receiver.example", "17.ab-c@mx.receiver.example", 1_700_000_000, 1_700_086_399),
    PolicyPublished("bank.example", "reject"),
    tuple(Row(f"192.0.2.{number}", number, "none", number > 3, False, "bank.example") for number in range(1, 200)),
)
POLICY = TlsPolicy("sts", "b.example")
TLS = TlsReport("Receiver", "tls@receiver.example", "17.ab", 1_700_000_000, 1_700_086_399, (POLICY,))


def parsed(content: bytes) -> EmailMessage:
    assert b"\n" not in content.replace(b"\r\n", b"")
    return BytesParser(policy=policy.default).parsebytes(content)


def test_a_dmarc_report() -> None:
    letter = aggregate_letter(AGGREGATE, TO, SENDING)
    message = parsed(letter.content)
    assert message["Subject"] == (
        "Report Domain: bank.example Submitter: mx.receiver.example Report-ID: <17.ab-c@mx.receiver.example>"
    )
    assert (message["From"], message["To"]) == ("dmarc@receiver.example", "reports@bank.example")
    assert message["Auto-Submitted"] == "auto-generated"
    [text, attachment] = message.iter_parts()
    assert text.get_content_type() == "text/plain"
    assert "19894 of 19900 messages passed" in text.get_content()
    assert attachment.get_content_type() == "application/gzip"
    assert attachment.get_filename() == letter.file_name
    assert letter.file_name == "mx.receiver.example!bank.example!1700000000!1700086399!17abcmxreceiverexample.xml.gz"
    assert reports(letter.content) == [AGGREGATE]
    assert 0 < letter.attachment < len(letter.content)


def test_a_report_on_tls() -> None:
    letter = tls_letter(TLS, "b.example", TO, SENDING)
    message = parsed(letter.content)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "tlsrpt"
    assert (message["TLS-Report-Domain"], message["TLS-Report-Submitter"]) == ("b.example", "mx.receiver.example")
    assert message["TLS-Required"] == "No"
    [_, attachment] = message.iter_parts()
    assert attachment.get_content_type() == "application/tlsrpt+gzip"
    assert letter.file_name == "mx.receiver.example!b.example!1700000000!1700086399!17ab.json.gz"
    assert reports(letter.content) == [TLS]


def test_sent_again_it_is_the_same_letter() -> None:
    assert aggregate_letter(AGGREGATE, TO, SENDING) == aggregate_letter(AGGREGATE, TO, SENDING)


@pytest.mark.parametrize("evil", ["a\r\nBcc: x@y.example", "a b", "<x>", "", 'x"', "a@b@"])
def test_no_report_id_ends_a_field(evil: str) -> None:
    with pytest.raises(ValueError, match="report id"):
        tls_letter(replace(TLS, report_id=evil), "b.example", TO, SENDING)


@pytest.mark.parametrize("evil", ["b.example\r\nBcc: x@y.example", "b\u00fccher.example", "B.example", "", 'b"'])
def test_no_domain_ends_a_field(evil: str) -> None:
    with pytest.raises(ValueError, match="domains"):
        tls_letter(TLS, evil, TO, SENDING)
    with pytest.raises(ValueError, match="domains"):
        aggregate_letter(replace(AGGREGATE, policy=PolicyPublished(evil)), TO, SENDING)
