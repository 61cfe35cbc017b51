"""Where does a test world live? In a folder that every user may enter, and on a loopback network of its own.

Each world takes a random 127.x.y.0/24, so that worlds that run at the same time never meet and every peer can listen
on the same port, as the real ones do on 25.
"""

import secrets
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SMTP_PORT = 2525


@dataclass(frozen=True, slots=True)
class Ground:
    """A folder and a network for one world. ``port`` is where every mail server of it listens."""

    folder: Path
    network: str
    port: int = SMTP_PORT

    def address(self, host: int) -> str:
        """The IPv4 address of host 1..254."""
        return f"{self.network}.{host}"

    def room(self, name: str) -> Path:
        """A folder of this name, made now."""
        room = self.folder / name
        room.mkdir(mode=0o755)
        return room

    @property
    def resolver(self) -> str:
        """Where the world's resolver listens, always on port 53: resolv.conf knows no other."""
        return self.address(53)

    @property
    def resolv_conf(self) -> Path:
        """A resolv.conf that names the world's resolver; see `peers.process.in_world`."""
        path = self.folder / "resolv.conf"
        if not path.exists():
            path.write_text(f"nameserver {self.resolver}\noptions timeout:2 attempts:2\n")
        return path


@contextmanager
def ground() -> Iterator[Ground]:
    """A fresh folder and network, the folder gone at the end."""
    with tempfile.TemporaryDirectory(prefix="pillarbox-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)  # the peers' own users must get in
        yield Ground(Path(folder), f"127.{secrets.randbelow(200) + 20}.{secrets.randbelow(250) + 1}")


def free_port(address: str = "127.0.0.1") -> int:
    """A port that nobody listens on just now, for a program that must be told its port before it starts."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
