"""The IMAP servers that are measured, with the same mail in the same INBOX.

Dovecot is Debian's, on a Maildir, with its defaults but for the password, which is compared as it is: what hashing
costs is not measured. Pillarbox has its defaults.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.imap_mail import write_maildir
from bench.imap_wire import Connection
from bench.load import RECIPIENT
from bench.servers import LOOPBACK, PASSWORD
from peers import dovecot
from peers.pillarbox import Pillarbox
from peers.process import Endpoint
from peers.world import Ground, free_port

NAMES: Final = ("Pillarbox", "Dovecot")


@dataclass(frozen=True, slots=True)
class ImapServer:
    """What a benchmark needs to know of a server."""

    name: str
    imap: Endpoint
    lmtp: Endpoint
    pid: int

    def connect(self) -> Connection:
        """A connection, signed in."""
        return Connection(self.imap, RECIPIENT, PASSWORD)


@contextmanager
def running_dovecot(ground: Ground, mail: Path | None = None, *, reuse: bool = False) -> Iterator[ImapServer]:
    """Dovecot; ``mail`` is a Maildir that becomes the INBOX. ``reuse``: its high-performance mode."""
    settings = dovecot.Settings(PASSWORD, processes=3_000, reuse=reuse)
    name = "Dovecot, processes reused" if reuse else "Dovecot"
    with dovecot.running(ground, "dovecot-reuse" if reuse else "dovecot", settings) as running:
        if mail is not None:
            _give(mail, running.maildir(RECIPIENT))
        yield ImapServer(name, running.imap, running.lmtp, running.daemon.pid)


def _give(mail: Path, inbox: Path) -> None:
    # Links, not copies: neither server writes into a file of a message.
    shutil.copytree(mail, inbox, copy_function=os.link)
    for folder in (inbox, *inbox.iterdir()):
        shutil.chown(folder, dovecot.NOBODY, dovecot.NOBODY)


@contextmanager
def running_pillarbox(ground: Ground, mail: Path | None = None, *, more: str = "") -> Iterator[ImapServer]:
    """Pillarbox; ``mail`` is a Maildir that is imported into the INBOX. ``more`` stands at the end of its settings."""
    imap, lmtp = (LOOPBACK, free_port()), (LOOPBACK, free_port())
    box = Pillarbox(ground.folder / "pillarbox")
    listeners = "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "{endpoint[0]}:{endpoint[1]}"\ntls = "none"\n'
        for kind, endpoint in (("imap", imap), ("lmtp", lmtp))
    )
    box.init("pillarbox.bench.test", "bench.test", config=listeners + more)
    box.add_user(RECIPIENT, PASSWORD)
    if mail is not None:
        box.command("import", "maildir", str(mail), RECIPIENT)
    with box.running() as daemon:
        yield ImapServer("Pillarbox", imap, lmtp, daemon.pid)


@contextmanager
def running(ground: Ground, names: tuple[str, ...], messages: int) -> Iterator[list[ImapServer]]:
    """Those of `NAMES` that are asked for, each with ``messages`` in the INBOX."""
    mail: Path | None = None
    if messages:
        mail = ground.folder / "mail"
        write_maildir(mail, messages)
    with ExitStack() as servers:
        yield [servers.enter_context(_start(ground, name, mail)) for name in names]


def _start(ground: Ground, name: str, mail: Path | None) -> AbstractContextManager[ImapServer]:
    return running_dovecot(ground, mail) if name == "Dovecot" else running_pillarbox(ground, mail)
