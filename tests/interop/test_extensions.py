"""Do the extensions survive the way? Success reports (RFC 3461) and addresses beyond ASCII (RFC 6531)."""

import smtplib
import ssl

import pytest

from interop.home import HEADER, ME, PASSWORD, Home

pytestmark = pytest.mark.interop


def _client(home: Home) -> smtplib.SMTP:
    client = smtplib.SMTP(*home.submission)
    client.starttls(context=ssl.create_default_context(cafile=str(home.world.authority.root)))
    client.login(ME, PASSWORD)
    return client


def test_success_report_comes_from_the_peer_that_knows_dsn(home: Home) -> None:
    """Postfix offers DSN, so it is asked, and its report on the delivery comes back to our inbox."""
    with _client(home) as client:
        content = HEADER + b"Message-ID: <dsn-far@home.test>\r\n\r\nplease confirm\r\n"
        client.sendmail(ME, ["ann@alpha.test"], content, ["BODY=8BITMIME", "ENVID=marked"], ["NOTIFY=SUCCESS"])
    report = home.reader().report_on("ann@alpha.test")
    assert report.fields["Action"] == "delivered"
    assert "mx.alpha.test" in str(report.message["From"])
    assert b"Original-Envelope-Id: marked" in report.message.as_bytes()


def test_success_report_comes_from_us_when_the_peer_knows_no_dsn(home: Home) -> None:
    """RFC 3461 §5.2.2: relayed into a world that gives no reports."""
    with _client(home) as client:
        content = HEADER + b"Message-ID: <dsn-here@home.test>\r\n\r\nplease confirm\r\n"
        client.sendmail(ME, ["dot@delta.test"], content, ["BODY=8BITMIME", "ENVID=marked"], ["NOTIFY=SUCCESS"])
    report = home.reader().report_on("dot@delta.test")
    assert report.fields["Action"] == "relayed"
    assert report.fields["Status"].startswith("2.")
    assert "mx.home.test" in str(report.message["From"])


@pytest.mark.parametrize("recipient", ["jürgen@alpha.test", "jürgen@gamma.test"], ids=["Postfix", "Exim"])
def test_addresses_beyond_ascii_arrive(home: Home, recipient: str) -> None:
    number = recipient.partition("@")[2]
    with _client(home) as client:
        client.ehlo_or_helo_if_needed()
        content = HEADER + f"Message-ID: <utf8-{number}@home.test>\r\n\r\nfür {recipient}\r\n".encode()
        client.command_encoding = "utf-8"  # as send_message does for SMTPUTF8
        client.sendmail(ME, [recipient], content, ["BODY=8BITMIME", "SMTPUTF8"])
    arrived = home.arrival(recipient, f"utf8-{number}@home.test")
    assert arrived.body == f"für {recipient}\n".encode()
