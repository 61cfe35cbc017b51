"""The servers that are measured, set up alike: mail for bench.test is kept, mail for others is relayed to a sink.

Postfix is Debian's with the settings that its own documentation names for throughput; Pillarbox has its defaults.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from bench.load import RECIPIENT
from peers import postfix
from peers.pillarbox import Pillarbox
from peers.process import Endpoint, until
from peers.world import Ground, free_port

PASSWORD = "benchmark"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Server:
    """What a benchmark needs to know of a server."""

    name: str
    endpoint: Endpoint
    pid: int
    ready_seconds: float


@dataclass(frozen=True, slots=True)
class MaildirServer(Server):
    """A server that has delivered when the file is in its Maildir."""

    maildir: Path

    def wait_delivered(self, count: int) -> None:
        """Return when ``count`` files are there; then take them away."""
        new = self.maildir / "new"
        until("the last file", lambda: new.exists() and sum(1 for _ in new.iterdir()) >= count, 300)
        shutil.rmtree(new)
        new.mkdir()
        shutil.chown(new, postfix.NOBODY, postfix.NOBODY)


@contextmanager
def running_postfix(ground: Ground, name: str = "Postfix", relay: Endpoint | None = None) -> Iterator[MaildirServer]:
    """Postfix: Maildir for `RECIPIENT`; everything else to ``relay``."""
    extra = {
        "default_process_limit": "300",
        "disable_dns_lookups": "yes",
        "smtpd_client_connection_count_limit": "0",
        "default_destination_concurrency_limit": "20",
    }
    if relay is not None:
        extra["relayhost"] = f"[{relay[0]}]:{relay[1]}"
    endpoint = (LOOPBACK, free_port())
    settings = postfix.Settings(
        "postfix.bench.test", endpoint, mailboxes=(RECIPIENT,), extra=MappingProxyType(extra)
    )
    with postfix.running(ground, name, settings) as running:
        daemon = running.daemon
        yield MaildirServer("Postfix", endpoint, daemon.pid, daemon.ready_seconds, running.maildir(RECIPIENT))


@dataclass(frozen=True, slots=True)
class Ours(Server):
    """Pillarbox, with its other ports and its data folder."""

    box: Pillarbox
    pop3: Endpoint


def prepare(ground: Ground, name: str, relay: Endpoint | None) -> tuple[Pillarbox, Endpoint, Endpoint]:
    """A data folder with the account of `RECIPIENT`; the box, its SMTP and its POP3 endpoint."""
    smtp, pop3 = (LOOPBACK, free_port()), (LOOPBACK, free_port())
    box = Pillarbox(ground.folder / name)
    config = "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "{endpoint[0]}:{endpoint[1]}"\ntls = "none"\n{more}'
        for kind, endpoint, more in (("smtp", smtp, 'trusted = ["127.0.0.0/8"]\n'), ("pop3", pop3, ""))
    )
    if relay is not None:
        config += f'[[route]]\nsmart_host = "{relay[0]}:{relay[1]}"\ntls = "none"\n'
    box.init("pillarbox.bench.test", "bench.test", config=config + "[delivery]\nallow_loopback_targets = true\n")
    box.add_user(RECIPIENT, PASSWORD)
    return box, smtp, pop3


@contextmanager
def running_pillarbox(ground: Ground, name: str = "pillarbox", relay: Endpoint | None = None) -> Iterator[Ours]:
    """Pillarbox: an inbox for `RECIPIENT`; everything else to ``relay``."""
    box, smtp, pop3 = prepare(ground, name, relay)
    with box.running() as daemon:
        yield Ours("Pillarbox", smtp, daemon.pid, daemon.ready_seconds, box, pop3)
