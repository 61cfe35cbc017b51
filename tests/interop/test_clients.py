"""Do the mail programs people use get along with it? swaks, msmtp, mutt, curl, fetchmail, smtplib and poplib."""

import poplib
import smtplib
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from interop.inbox import Reader
from peers import need
from peers.certificates import Authority
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, run
from peers.world import free_port

pytestmark = pytest.mark.interop

ANN, PASSWORD = "ann@home.test", "correct horse battery staple"
KINDS = {
    "mx": ("smtp", "starttls"),
    "submission": ("submission", "starttls"),
    "submissions": ("submission", "implicit"),
    "lmtp": ("lmtp", "none"),
    "pop3": ("pop3", "starttls"),
    "pop3s": ("pop3", "implicit"),
}


@dataclass(frozen=True, slots=True)
class Host:
    """A server on localhost with one account. ``ports`` go by the names in `KINDS`."""

    folder: Path
    ports: dict[str, int]
    root: Path

    def endpoint(self, name: str) -> Endpoint:
        """Where that listener is."""
        return ("localhost", self.ports[name])

    def reader(self) -> Reader:
        """Ann's inbox."""
        return Reader(self.endpoint("pop3"), ANN, PASSWORD, self.root)

    def expect(self, mark: str) -> bytes:
        """The message that holds ``mark``, as it lies in the inbox."""
        return self.reader().wait_for(lambda content: mark.encode() in content, seconds=10)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("clients")
    authority = Authority(folder)
    certificate, key = authority.issue("localhost", "127.0.0.1")
    ports = {name: free_port() for name in KINDS}
    config = f'[tls]\ncertificate = "{certificate}"\nkey = "{key}"\n' + "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "127.0.0.1:{ports[name]}"\ntls = "{tls}"\n'
        for name, (kind, tls) in KINDS.items()
    )
    box = Pillarbox(folder / "data")
    box.init("localhost", "home.test", config=config)
    box.add_user(ANN, PASSWORD)
    with box.running():
        yield Host(folder, ports, authority.root)


LOGIN = ["--auth-user", ANN, "--auth-password", PASSWORD]


@pytest.mark.parametrize(
    ("listener", "options"),
    [
        ("mx", []),
        ("mx", ["-tls"]),
        ("mx", ["--pipeline"]),
        ("mx", ["-tls", "--pipeline"]),
        ("submission", ["-tls", "--auth", "PLAIN", *LOGIN]),
        ("submission", ["-tls", "--auth", "LOGIN", *LOGIN]),
        ("submission", ["-tls", "--auth", "PLAIN", *LOGIN, "--pipeline"]),
        ("submissions", ["--tls-on-connect", "--auth", "PLAIN", *LOGIN]),
        ("lmtp", ["--protocol", "LMTP"]),
    ],
    ids=lambda value: " ".join(word for word in value if word not in LOGIN) if isinstance(value, list) else value,
)
def test_swaks(host: Host, listener: str, options: list[str]) -> None:
    need.peers("swaks")
    mark = f"swaks {listener} {'-'.join(options)}".replace(PASSWORD, "")
    sender = ANN if listener.startswith("submission") else "x@elsewhere.test"
    words = ["--server", f"localhost:{host.ports[listener]}", "--from", sender, "--to", ANN, "--timeout", "10"]
    transcript = run(["swaks", *words, "--body", f"{mark}\n.leading dot", *options])
    assert "\n.leading dot\r\n" in host.expect(mark).decode()
    assert " 250 " in transcript or "<-  250" in transcript or "<~  250" in transcript


def test_swaks_with_a_wrong_password_is_refused(host: Host) -> None:
    need.peers("swaks")
    wrong = ["-tls", "--auth", "PLAIN", "--auth-user", ANN, "--auth-password", "wrong"]
    transcript = run(
        ["swaks", "--server", f"localhost:{host.ports['submission']}", "--from", ANN, "--to", ANN, *wrong], expect=28
    )  # 28: swaks' status for "authentication failed"
    assert "535" in transcript


def test_msmtp(host: Host) -> None:
    need.peers("msmtp")
    rc = host.folder / "msmtprc"
    rc.write_text(
        f"account default\nhost localhost\nport {host.ports['submission']}\nfrom {ANN}\nauth on\nuser {ANN}\n"
        f"password {PASSWORD}\ntls on\ntls_trust_file {host.root}\n"
    )
    rc.chmod(0o600)
    run(["msmtp", "-C", str(rc), ANN], stdin=f"From: {ANN}\nSubject: hi\n\nby msmtp\n.dot\n".encode())
    content = host.expect("by msmtp")
    assert content.endswith(b"by msmtp\r\n.dot\r\n")


def test_mutt_in_batch_mode(host: Host) -> None:
    need.peers("mutt")
    rc = host.folder / "muttrc"
    rc.write_text(
        f'set from="{ANN}"\nset use_envelope_from=yes\nset copy=no\nset ssl_starttls=yes\nset ssl_force_tls=yes\n'
        f'set certificate_file="{host.root}"\n'
        f'set smtp_url="smtp://ann%40home.test@localhost:{host.ports["submission"]}/"\nset smtp_pass="{PASSWORD}"\n'
        f'set smtp_authenticators="plain"\n'
    )
    attachment = host.folder / "attachment.bin"
    attachment.write_bytes(bytes(range(256)))
    words = ["mutt", "-n", "-F", str(rc), "-s", "by mutt", "-a", str(attachment), "--", ANN]
    run(["env", f"HOME={host.folder}", *words], stdin="Grüße by mutt\n".encode())
    content = host.expect("Subject: by mutt")
    assert b'filename="attachment.bin"' in content


def test_curl_sends_and_reads(host: Host) -> None:
    need.peers("curl")
    letter = host.folder / "letter"
    letter.write_bytes(f"From: {ANN}\r\nSubject: by curl\r\n\r\n.dot by curl\r\n".encode())
    secure = ["--cacert", str(host.root), "-u", f"{ANN}:{PASSWORD}"]
    sending = ["--mail-from", ANN, "--mail-rcpt", ANN, "-T", str(letter)]
    run(["curl", "-sS", "--ssl-reqd", *secure, *sending, f"smtp://localhost:{host.ports['submission']}"])
    run(["curl", "-sS", *secure, *sending, f"smtps://localhost:{host.ports['submissions']}"])
    host.expect(".dot by curl")
    for url in (f"pop3://localhost:{host.ports['pop3']}", f"pop3s://localhost:{host.ports['pop3s']}"):
        tls = ["--ssl-reqd"] if url.startswith("pop3:") else []
        newest = run(["curl", "-sS", *tls, *secure, f"{url}/"]).split()[-2]
        assert "by curl" in run(["curl", "-sS", *tls, *secure, f"{url}/{newest}"])


def test_fetchmail(host: Host) -> None:
    need.peers("fetchmail")
    with smtplib.SMTP(*host.endpoint("mx")) as client:
        client.sendmail("x@elsewhere.test", [ANN], b"Subject: fetch me\r\n\r\nfor fetchmail\r\n")
    host.expect("for fetchmail")
    box = host.folder / "mbox"
    rc = host.folder / "fetchmailrc"
    rc.write_text(
        f'poll localhost service {host.ports["pop3"]} protocol pop3 uidl username "{ANN}" password "{PASSWORD}" '
        f'sslproto "TLS1.2+" sslcertck sslcertfile "{host.root}" mda "cat >>{box}" fetchall keep\n'
    )
    rc.chmod(0o600)
    run(["env", f"FETCHMAILHOME={host.folder}", "fetchmail", "-f", str(rc), "--nodetach", "--nosyslog"])
    assert b"for fetchmail" in box.read_bytes()


@pytest.mark.parametrize("listener", ["submissions", "pop3s"])
def test_tls_from_the_first_octet_never_fails(host: Host, listener: str) -> None:
    """A client's first octets may come before the server is ready for a handshake: none may be lost."""
    context = ssl.create_default_context(cafile=str(host.root))
    for _ in range(150):
        with socket.create_connection(host.endpoint(listener), timeout=10) as plain:
            context.wrap_socket(plain, server_hostname="localhost").close()


def test_smtplib_and_poplib(host: Host) -> None:
    context = ssl.create_default_context(cafile=str(host.root))
    with smtplib.SMTP_SSL(*host.endpoint("submissions"), context=context) as client:
        client.login(ANN, PASSWORD)
        assert client.sendmail(ANN, [ANN], b"From: ann@home.test\r\nSubject: stdlib\r\n\r\nby smtplib\r\n") == {}
    host.expect("by smtplib")
    session = poplib.POP3_SSL(*host.endpoint("pop3s"), context=context)
    session.user(ANN)
    session.pass_(PASSWORD)
    count, octets = session.stat()
    listed = [line.split() for line in session.list()[1]]
    assert len(listed) == count
    assert sum(int(size) for _, size in listed) == octets
    assert len(session.uidl()[1]) == count
    assert session.top(1, 0)[1][-1] == b""
    session.dele(1)
    session.quit()
    assert len(host.reader().all()) == count - 1
