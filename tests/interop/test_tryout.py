"""The first five minutes: `pillarbox` alone, mail to anybody lands in one inbox, and mail programs read it there."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from peers import need
from peers.pillarbox import COMMAND
from peers.process import Daemon, attached, run
from peers.world import free_port

pytestmark = pytest.mark.interop


@dataclass(frozen=True, slots=True)
class Tryout:
    """A running try-out server; ``password`` is the one it printed."""

    folder: Path
    ports: dict[str, int]
    password: str
    seconds: float


@pytest.fixture(scope="module")
def tryout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tryout]:
    folder = tmp_path_factory.mktemp("tryout")
    ports = {name: free_port() for name in ("SMTP", "SUBMISSION", "SUBMISSIONS", "POP3", "POP3S")}
    env = {f"PILLARBOX_TRYOUT__{name}": str(port) for name, port in ports.items()}
    env |= {"XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    daemon = Daemon("pillarbox", [str(COMMAND)], folder / "screen", env)
    with attached(daemon):
        daemon.wait_ready(lambda: "ready" in daemon.log.read_text())
        found = re.search(r"password (\S+)", daemon.log.read_text())
        assert found is not None
        yield Tryout(folder, ports, found[1], daemon.ready_seconds)


def _by_pop3(tryout: Tryout, path: str) -> str:
    return run(["curl", "-sS", "-u", f"you@localhost:{tryout.password}", f"pop3://localhost:{tryout.ports['POP3']}/{path}"])


def test_listeners_are_up_within_a_second_or_so(tryout: Tryout) -> None:
    assert tryout.seconds < 3, "half a second on a quiet machine"


def test_any_recipient_lands_in_the_inbox(tryout: Tryout) -> None:
    need.peers("swaks", "curl", "msmtp", "mutt")
    smtp, submission = (f"localhost:{tryout.ports[name]}" for name in ("SMTP", "SUBMISSION"))
    run(["swaks", "--server", smtp, "--from", "app@shop.test", "--to", "customer@example.org", "--body", "by swaks"])
    run(["swaks", "--server", smtp, "-tls", "--from", "a@b.test", "--to", "c@d.test", "--body", "by swaks with TLS"])
    letter = tryout.folder / "letter"
    letter.write_bytes(b"From: <a@b.test>\r\nSubject: letter\r\n\r\nby curl\r\n")
    run(["curl", "-sS", f"smtp://{smtp}", "--mail-from", "a@b.test", "--mail-rcpt", "e@f.test", "-T", str(letter)])
    host, port = submission.split(":")
    login = ["--auth=on", "--user=you@localhost", f"--passwordeval=echo {tryout.password}"]
    tls = ["--tls=on", "--tls-certcheck=off"]
    run(["msmtp", f"--host={host}", f"--port={port}", "--from=you@localhost", *login, *tls, "x@y.test"],
        stdin=b"From: you@localhost\nSubject: hi\n\nby msmtp\n")  # fmt: skip
    rc = tryout.folder / "muttrc"
    rc.write_text(f'set from="me@there.test"\nset copy=no\nset ssl_starttls=no\nset ssl_force_tls=no\nset smtp_url="smtp://{smtp}/"\n')
    run(["env", f"HOME={tryout.folder}", "mutt", "-n", "-F", str(rc), "-s", "s", "--", "z@z.test"], stdin=b"by mutt\n")

    numbers = [line.split()[0] for line in _by_pop3(tryout, "").splitlines() if line.strip()]
    read = "".join(_by_pop3(tryout, number) for number in numbers)
    for mark in ("by swaks\r\n", "by swaks with TLS", "by curl", "by msmtp", "by mutt"):
        assert mark in read


def test_fetchmail_reads_it(tryout: Tryout) -> None:
    need.peers("swaks", "fetchmail")
    smtp = f"localhost:{tryout.ports['SMTP']}"
    run(["swaks", "--server", smtp, "--from", "a@b.test", "--to", "f@m.test", "--body", "for fetchmail"])
    rc, box = tryout.folder / "fetchmailrc", tryout.folder / "mbox"
    rc.write_text(
        f"poll localhost service {tryout.ports['POP3']} protocol pop3 username you@localhost "
        f"password {tryout.password} sslproto '' mda \"cat >>{box}\" fetchall keep\n"
    )
    rc.chmod(0o600)
    env = ["env", f"FETCHMAILHOME={tryout.folder}", f"HOME={tryout.folder}", f"PATH={os.environ['PATH']}"]
    run([*env, "fetchmail", "-f", str(rc), "--nodetach", "--nosyslog"])
    assert b"for fetchmail" in box.read_bytes()
