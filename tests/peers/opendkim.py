"""A running OpenDKIM: verifies what comes from strangers, signs what comes from loopback; asked as a milter."""

import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers import milter
from peers.need import program
from peers.process import Daemon, attached
from peers.world import Ground

LOOPBACK = "127.0.0.1"
AUTHSERV = "opendkim.test"

CONFIGURATION = """\
Mode sv
Socket local:{room}/socket
Background no
Syslog no
PidFile {room}/pid
AuthservID {authserv}
AlwaysAddARHeader yes
InternalHosts {loopback}
MultipleSignatures yes
Canonicalization {canonicalization}
OversignHeaders From
TestPublicKeys {room}/public
KeyTable {room}/keys
SigningTable {room}/signing
RequireSafeKeys no
MinimumKeyBits 1024
MaximumSignaturesToVerify 10
"""


@dataclass(frozen=True, slots=True)
class Key:
    """A private key in PEM, or for Ed25519 its 32 octets in base64, with which ``domain`` signs."""

    domain: str
    selector: str
    private: bytes


@dataclass(frozen=True, slots=True)
class Settings:
    """``published``: key records by name, instead of DNS. ``keys`` sign what loopback brings."""

    published: Mapping[str, str]
    keys: tuple[Key, ...] = ()
    canonicalization: str = "relaxed/simple"


@contextmanager
def running(ground: Ground, name: str, settings: Settings) -> Iterator[Path]:
    """The socket at which OpenDKIM listens, until the block ends. ``name`` is its folder's."""
    room = ground.room(name)
    _write(room, settings)
    daemon = Daemon(name, [program("opendkim"), "-f", "-x", str(room / "conf")], room / "log")
    with attached(daemon):
        daemon.wait_ready((room / "socket").exists)
        try:
            yield room / "socket"
        finally:
            daemon.stop(signal.SIGKILL)  # it would look for the usual signal only every five seconds


def pid_of(socket: Path) -> int:
    """The process that listens at ``socket``."""
    return int((socket.parent / "pid").read_text())


def publish(socket: Path, name: str, text: str) -> None:
    """One more key record, for the OpenDKIM at ``socket``."""
    with (socket.parent / "public").open("a") as file:
        file.write(f"{name} {text}\n")


def results(answer: milter.Answer) -> list[str]:
    """The words of Authentication-Results behind ``dkim=``, in their order."""
    text = b"".join(value for name, value in answer.added if name.lower() == b"authentication-results").decode()
    return [part.partition("dkim=")[2].split()[0] for part in text.split(";") if "dkim=" in part]


def signatures(answer: milter.Answer) -> bytes:
    """The fields that OpenDKIM puts on top, with their line ends."""
    return b"".join(name + b":" + value + b"\r\n" for name, value in answer.added if name == b"DKIM-Signature")


def _write(room: Path, settings: Settings) -> None:
    (room / "public").write_text("".join(f"{name} {text}\n" for name, text in settings.published.items()))
    keys, signing = "", ""
    for number, key in enumerate(settings.keys):
        file = room / f"{number}.private"
        file.write_bytes(key.private)
        file.chmod(0o600)
        keys += f"k{number} {key.domain}:{key.selector}:{file}\n"
        signing += f"{key.domain} k{number}\n"
    (room / "keys").write_text(keys)
    (room / "signing").write_text(signing)
    (room / "conf").write_text(
        CONFIGURATION.format(
            room=room, loopback=LOOPBACK, authserv=AUTHSERV, canonicalization=settings.canonicalization
        )
    )
