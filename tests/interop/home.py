"""Pillarbox as the mail server of home.test in the middle of the small internet, and two programs that submit to it."""

import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from interop.inbox import Reader
from interop.world import HOME, SMART_HOST_LOGIN, World, world
from peers import maildir
from peers.maildir import Mail
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, run
from peers.world import free_port

ME, PASSWORD = "me@home.test", "a password for me"
HEADER = (
    f"From: Me <{ME}>\r\nTo: =?utf-8?q?Gr=C3=BC=C3=9Fe?= <ann@alpha.test>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n"
    "Subject: folded\r\n  over two lines\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\nX-Odd:no space,  two  spaces\r\n"
).encode()


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


@contextmanager
def at_home() -> Iterator[Home]:
    """The world with Pillarbox in it."""
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


def at_smart_host(home: Home) -> smtplib.SMTP:
    """A client that has signed in at chasquid."""
    client = smtplib.SMTP(*home.world.chasquid.submission)
    client._host = "mx.delta.test"  # type: ignore[attr-defined]
    client.starttls(context=ssl.create_default_context(cafile=str(home.world.authority.root)))
    client.login(*SMART_HOST_LOGIN)
    return client


def told(home: Home, mail: Mail) -> str:
    """The story of a delivered message, found by the id that our Received line carries."""
    ours = re.search(rb"by mx\.home\.test[^;]*?\bid ([0-9a-z]{12})", mail.header)
    assert ours is not None, mail.header
    return "\n".join(str(event) for event in home.box.why(ours[1].decode()))
