"""Where do the mail programs that speak IMAP go? To Pillarbox, and to Dovecot, which tells whether a test is right."""

import imaplib
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import dovecot
from peers.certificates import Authority
from peers.pillarbox import Pillarbox
from peers.process import Endpoint
from peers.world import Ground, free_port

PASSWORD = "correct-horse-battery-staple"
DOMAIN = "home.test"
SERVERS = ("pillarbox", "dovecot")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with an empty mailbox; ``root`` is the CA that the server's certificate comes from."""

    address: str
    imap: Endpoint
    imaps: Endpoint
    lmtp: Endpoint
    root: Path
    folder: Path

    def session(self) -> imaplib.IMAP4_SSL:
        """A session, signed in: what the tests themselves look with."""
        context = ssl.create_default_context(cafile=str(self.root))
        session = imaplib.IMAP4_SSL(*self.imaps, ssl_context=context, timeout=30)
        session.login(self.address, PASSWORD)
        return session


@dataclass(frozen=True, slots=True)
class Host:
    """A running server. ``user`` makes one with a name that nobody else has."""

    name: str
    user: Callable[[str], User]


@contextmanager
def running(ground: Ground, name: str) -> Iterator[Host]:
    """The server of that name (of `SERVERS`) on localhost, with STARTTLS, TLS and LMTP."""
    authority = Authority(ground.folder)
    certificate = authority.issue("localhost", "127.0.0.1")
    start = _dovecot if name == "dovecot" else _pillarbox
    with start(ground, certificate) as (imap, imaps, lmtp, add):

        def user(who: str) -> User:
            address = f"{who}@{DOMAIN}"
            add(address)
            return User(address, _local(imap), _local(imaps), _local(lmtp), authority.root, ground.room(who))

        yield Host(name, user)


def _local(endpoint: Endpoint) -> Endpoint:
    # The certificate is for a name, as certificates are.
    return ("localhost", endpoint[1])


Started = tuple[Endpoint, Endpoint, Endpoint, Callable[[str], None]]


@contextmanager
def _dovecot(ground: Ground, certificate: tuple[Path, Path]) -> Iterator[Started]:
    with dovecot.running(ground, "dovecot", dovecot.Settings(PASSWORD, certificate)) as running:
        yield running.imap, running.imaps, running.lmtp, lambda _: None


@contextmanager
def _pillarbox(ground: Ground, certificate: tuple[Path, Path]) -> Iterator[Started]:
    kinds = (("imap", "starttls"), ("imap", "implicit"), ("lmtp", "none"))
    endpoints = [("127.0.0.1", free_port()) for _ in kinds]
    config = f'[tls]\ncertificate = "{certificate[0]}"\nkey = "{certificate[1]}"\n' + "".join(
        f'[[listener]]\nkind = "{kind}"\naddress = "127.0.0.1:{port}"\ntls = "{tls}"\n'
        for (kind, tls), (_, port) in zip(kinds, endpoints, strict=True)
    )
    box = Pillarbox(ground.folder / "pillarbox")
    box.init("localhost", DOMAIN, config=config)
    with box.running():
        yield endpoints[0], endpoints[1], endpoints[2], lambda address: box.add_user(address, PASSWORD)
