"""The main job among real mail systems: in through localhost, out to the world, back into the inbox.

Reports on what could not be delivered are in `test_bounces_say_why`; see `interop.world` for who is who.
"""

import smtplib
from collections.abc import Callable

import pytest

from interop.home import HEADER, ME, PASSWORD, Home, at_smart_host, by_msmtp, by_smtplib, told
from interop.world import HOME
from peers import maildir
from peers.process import run

pytestmark = pytest.mark.interop

# RFC 5322 allows lines of 998 octets; a dot that begins a line is doubled on the wire; 8-bit text needs 8BITMIME.
BODY = (
    "Grüße an alle, ёлка, 木\r\n.\r\n..two dots\r\n.leading dot\r\n\r\n\ttab and trailing space \r\n"
    + "long " * 199
    + "end\r\nFrom here it looks like mbox\r\nlast line\r\n"
).encode()
DELIVERED = (
    "ann@alpha.test", "bob@beta.test", "gus@gamma.test", "gray@gamma.test", "eve@epsilon.test", "dot@delta.test",
    "zoe@zeta.test",
)  # fmt: skip
FAILING = ("nobody@gamma.test", "someone@null.test", "someone@nowhere.test")


@pytest.mark.parametrize("submit", [by_msmtp, by_smtplib])
def test_all_arrive_byte_for_byte(home: Home, submit: Callable[[Home, tuple[str, ...], bytes], None]) -> None:
    message_id = f"{submit.__name__}@home.test"
    submit(home, DELIVERED, HEADER + f"Message-ID: <{message_id}>\r\n\r\n".encode() + BODY)
    for recipient in DELIVERED:
        arrived = home.arrival(recipient, message_id)
        assert arrived.body == BODY.replace(b"\r\n", b"\n"), recipient
        assert HEADER.replace(b"\r\n", b"\n") in arrived.header, recipient
    home.box.wait_empty()


def test_smart_host_was_used_with_a_login(home: Home) -> None:
    by_smtplib(home, ("zoe@zeta.test",), HEADER + b"Message-ID: <smart@home.test>\r\n\r\nthrough chasquid\r\n")
    arrived = home.arrival("zoe@zeta.test", "smart@home.test")
    assert b"by mx.delta.test (chasquid) with ESMTPSA" in arrived.header
    assert "auth succeeded for dot@delta.test" in home.world.chasquid.log.read_text()


def test_bounces_say_why(home: Home) -> None:
    by_msmtp(home, (*FAILING, "gus@gamma.test"), HEADER + b"Message-ID: <fail@home.test>\r\n\r\nfor nobody\r\n")
    home.arrival("gus@gamma.test", "fail@home.test")  # one refused recipient harms no other
    refused, null, nowhere = (home.reader().report_on(recipient) for recipient in FAILING)

    assert refused.fields["Action"] == "failed"
    assert refused.fields["Status"].startswith("5.1.1")
    assert "550 5.1.1 <nobody@gamma.test> is nobody we know" in refused.fields["Diagnostic-Code"]
    assert "550 5.1.1 <nobody@gamma.test> is nobody we know" in refused.words
    assert "mx.gamma.test" in refused.words

    assert null.fields["Status"] in ("5.1.10", "5.7.27")  # RFC 7505 §4.1, §4.2
    assert "someone@null.test" in null.words
    assert nowhere.fields["Status"] in ("5.1.2", "5.4.4")
    assert "nowhere.test" in nowhere.words
    assert all(report.message["Subject"] for report in (refused, null, nowhere))


def test_greylisting_is_waited_out_and_told(home: Home) -> None:
    sender_is_new = HEADER + b"Message-ID: <gray@home.test>\r\n\r\nlater, please\r\n"
    by_smtplib(home, ("gray@gamma.test",), sender_is_new)
    arrived = home.arrival("gray@gamma.test", "gray@home.test")
    story = told(home, arrived)
    assert "4.7.1 Greylisted, come back in a second" in story or "250 OK id=" in story
    assert "mx.gamma.test" in story


def test_dead_first_mx_is_told(home: Home) -> None:
    by_smtplib(home, ("tom@theta.test",), HEADER + b"Message-ID: <dead@home.test>\r\n\r\nthe second MX has it\r\n")
    story = told(home, home.arrival("tom@theta.test", "dead@home.test"))
    assert "dead.theta.test" in story
    assert "mx.alpha.test" in story
    assert "queued as" in story  # Postfix's own reply, verbatim


def test_unverifiable_names_are_waited_for(home: Home) -> None:
    by_smtplib(home, ("x@bogus.test",), HEADER + b"Message-ID: <bogus@home.test>\r\n\r\nno answer\r\n")
    waiting = [item for item in home.box.queue() if "x@bogus.test" in str(item["recipients"])]
    assert len(waiting) == 1
    home.box.command("queue", "drop", waiting[0]["id"])
    home.box.wait_empty()


def test_peers_send_back(home: Home) -> None:
    """Each mail system looks home.test up and delivers; the octets arrive as the peer sent them."""
    exim = home.world.exim.endpoint
    submissions: list[tuple[str, smtplib.SMTP]] = [
        ("ann@alpha.test", smtplib.SMTP(*home.world.postfix.endpoint)),
        ("gus@gamma.test", smtplib.SMTP(*exim, source_address=(exim[0], 0))),
        ("dot@delta.test", at_smart_host(home)),
    ]
    for sender, client in submissions:
        with client:
            content = f"From: {sender}\r\nSubject: back from {sender}\r\n\r\n".encode() + BODY
            client.sendmail(sender, [ME], content, mail_options=["BODY=8BITMIME"] if "dot" not in sender else [])
    for sender, _ in submissions:
        field = f"Subject: back from {sender}\r\n".encode()
        arrived = home.reader().wait_for(lambda content, field=field: field in content)  # type: ignore[misc]
        assert arrived.partition(b"\r\n\r\n")[2] == BODY
        assert f"Return-Path: <{sender}>".encode() in arrived.partition(b"\r\n\r\n")[0]


def test_unknown_user_is_refused_by_us_and_bounced_by_them(home: Home) -> None:
    with smtplib.SMTP(*home.world.postfix.endpoint) as client:
        client.sendmail("ann@alpha.test", ["ghost@home.test"], b"Subject: ghost\r\n\r\nboo\r\n")
    bounce = maildir.wait_for(home.maildir("ann@alpha.test"), lambda mail: b"ghost@home.test" in mail.body)
    assert b"Status: 5.1.1" in bounce.body


def test_we_are_no_open_relay(home: Home) -> None:
    with smtplib.SMTP(home.world.ground.address(HOME), home.world.ground.port) as client:
        code, _ = client.docmd("EHLO relay.test")
        code, _ = client.mail("a@alpha.test")
        assert code == 250
        code, text = client.rcpt("gus@gamma.test")
    assert code in (550, 551, 554), text


def test_curl_and_fetchmail_read_it(home: Home) -> None:
    by_smtplib(home, (ME,), HEADER + b"Message-ID: <read@home.test>\r\n\r\nfor every reader\r\n")
    home.reader().wait_for(lambda content: b"<read@home.test>" in content)
    host, port = home.pop3
    root = str(home.world.authority.root)
    listing = run(
        ["curl", "-sS", "--ssl-reqd", "--cacert", root, "-u", f"{ME}:{PASSWORD}", f"pop3://{host}:{port}/"]
    )
    newest = listing.split()[-2]
    assert "for every reader" in run(
        ["curl", "-sS", "--ssl-reqd", "--cacert", root, "-u", f"{ME}:{PASSWORD}", f"pop3://{host}:{port}/{newest}"]
    )
    folder = home.world.ground.room("fetchmail")
    rc = folder / "fetchmailrc"
    rc.write_text(
        f'poll {host} service {port} protocol pop3 username "{ME}" password "{PASSWORD}" '
        f'sslproto "TLS1.2+" sslcertck sslcertfile "{root}" mda "cat >>{folder}/mbox" fetchall keep\n'
    )
    rc.chmod(0o600)
    run(["env", f"FETCHMAILHOME={folder}", "fetchmail", "-f", str(rc), "--nodetach", "--nosyslog"])
    assert b"for every reader" in (folder / "mbox").read_bytes()
