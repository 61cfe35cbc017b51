"""The main job among real mail systems: in through localhost, out to the world, back into the inbox.

Reports on what could not be delivered are in `test_bounces_say_why`; see `interop.world` for who is who.
"""

import re
import smtplib
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interop.inbox import Reader
from interop.world import HOME, PROGRAMS, SMART_HOST_LOGIN, World, world
from peers import maildir, need
from peers.maildir import Mail
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, run
from peers.world import free_port

pytestmark = pytest.mark.interop

ME, PASSWORD = "me@home.test", "a password for me"
# RFC 5322 allows lines of 998 octets; a dot that begins a line is doubled on the wire; 8-bit text needs 8BITMIME.
BODY = (
    "Grüße an alle, ёлка, 木\r\n.\r\n..two dots\r\n.leading dot\r\n\r\n\ttab and trailing space \r\n"
    + "long " * 199
    + "end\r\nFrom here it looks like mbox\r\nlast line\r\n"
).encode()
HEADER = (
    f"From: Me <{ME}>\r\nTo: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <ann@alpha.test>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
    "Subject: folded\r\n  over two lines\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\nX-Odd:no space,  two  spaces\r\n"
).encode()
DELIVERED = (
    "ann@alpha.test", "bob@beta.test", "gus@gamma.test", "gray@gamma.test", "eve@epsilon.test", "dot@delta.test",
    "zoe@zeta.test",
)  # fmt: skip
FAILING = ("nobody@gamma.test", "someone@null.test", "someone@nowhere.test")


@dataclass(frozen=True, slots=True)
class Home:
    """Pillarbox for home.test in the middle of the world."""

    world: World
    box: Pillarbox
    submission: Endpoint
    pop3: Endpoint

    def maildir(self, address: str) -> Path:
        """Where a peer keeps the mail of ``address``."""
        domain = address.partition("@")[2]
        if domain in ("gamma.test", "epsilon.test"):
            return self.world.exim.maildir(address)
        if domain == "delta.test":
            return self.world.chasquid.maildir(address)
        return self.world.postfix.maildir(address)

    def arrival(self, address: str, message_id: str) -> Mail:
        """The message with this Message-ID in the mailbox of ``address``."""
        field = f"Message-ID: <{message_id}>\n".encode()
        return maildir.wait_for(self.maildir(address), lambda mail: field in mail.header)

    def reader(self) -> Reader:
        """The inbox of `ME`."""
        return Reader(self.pop3, ME, PASSWORD, self.world.authority.root)


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    need.peers(*PROGRAMS, "msmtp", "curl", "fetchmail")
    need.root("mail systems change to users of their own")
    with world() as peers:
        box = Pillarbox(peers.ground.folder / "home")
        submission, pop3 = ("localhost", free_port()), ("localhost", free_port())
        box.env["SSL_CERT_FILE"] = str(peers.authority.root)
        box.env["SMART_HOST_PASSWORD"] = SMART_HOST_LOGIN[1]
        box.init("mx.home.test", "home.test", config=_config(peers, submission, pop3))
        box.add_user(ME, PASSWORD)
        with box.running():
            yield Home(peers, box, submission, pop3)


def _config(peers: World, submission: Endpoint, pop3: Endpoint) -> str:
    ground = peers.ground
    certificate, key = peers.authority.issue("localhost", "mx.home.test")
    listeners = "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "{address}:{port}"\n'
        for kind, address, port in (
            ("smtp", ground.address(HOME), ground.port),
            ("submission", "127.0.0.1", submission[1]),
            ("pop3", "127.0.0.1", pop3[1]),
        )
    )
    return f"""\
{listeners}
[tls]
certificate = "{certificate}"
key = "{key}"
[dns]
servers = ["{ground.resolver}"]
[delivery]
port = {ground.port}
retry = ["1s"]
allow_loopback_targets = true
[[route]]
recipient_domain = "zeta.test"
smart_host = "mx.delta.test:2587"
tls = "starttls"
username = "{SMART_HOST_LOGIN[0]}"
password_env = "SMART_HOST_PASSWORD"
"""


def by_msmtp(home: Home, recipients: tuple[str, ...], content: bytes) -> None:
    """Submit as msmtp does: STARTTLS, AUTH, certificate checked."""
    rc = home.world.ground.folder / "msmtprc"
    rc.write_text(
        f"account default\nhost {home.submission[0]}\nport {home.submission[1]}\nfrom {ME}\n"
        f"auth on\nuser {ME}\npassword {PASSWORD}\ntls on\ntls_trust_file {home.world.authority.root}\n"
    )
    rc.chmod(0o600)
    run(["msmtp", "-C", str(rc), *recipients], stdin=content.replace(b"\r\n", b"\n"))


def by_smtplib(home: Home, recipients: tuple[str, ...], content: bytes) -> None:
    """Submit as Python's smtplib does: STARTTLS, AUTH, certificate checked."""
    with smtplib.SMTP(*home.submission) as client:
        client.starttls(context=ssl.create_default_context(cafile=str(home.world.authority.root)))
        client.login(ME, PASSWORD)
        client.sendmail(ME, recipients, content, mail_options=["BODY=8BITMIME"])


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
    told = _told(home, arrived)
    assert "4.7.1 Greylisted, come back in a second" in told or "250 OK id=" in told
    assert "mx.gamma.test" in told


def test_dead_first_mx_is_told(home: Home) -> None:
    by_smtplib(home, ("ann@alpha.test",), HEADER + b"Message-ID: <dead@home.test>\r\n\r\nthe second MX has it\r\n")
    told = _told(home, home.arrival("ann@alpha.test", "dead@home.test"))
    assert "dead.alpha.test" in told
    assert "mx.alpha.test" in told
    assert "queued as" in told  # Postfix's own reply, verbatim


def _told(home: Home, mail: Mail) -> str:
    """The story of a delivered message, found by the id that our Received line carries."""
    ours = re.search(rb"by mx\.home\.test[^;]*?\bid ([0-9a-z]{12})", mail.header)
    assert ours is not None, mail.header
    return "\n".join(str(event) for event in home.box.why(ours[1].decode()))


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
        ("dot@delta.test", _signed_in(home)),
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


def _signed_in(home: Home) -> smtplib.SMTP:
    client = smtplib.SMTP(*home.world.chasquid.submission)
    client._host = "mx.delta.test"  # type: ignore[attr-defined]
    client.starttls(context=ssl.create_default_context(cafile=str(home.world.authority.root)))
    client.login(*SMART_HOST_LOGIN)
    return client


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
