"""A running Dovecot with a configuration, mail and log of its own: IMAP and LMTP for any user, mail in Maildirs."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from peers.need import program
from peers.process import Daemon, Endpoint, attached
from peers.world import Ground, free_port

NOBODY: Final = 65534
LOOPBACK: Final = "127.0.0.1"

CONFIGURATION = """\
base_dir = {room}/run
state_dir = {room}/state
log_path = {room}/maillog
instance_name = {name}
protocols = imap lmtp
listen = {loopback}
disable_plaintext_auth = no
auth_mechanisms = plain login
mail_location = maildir:{room}/mail/%Lu
first_valid_uid = 1
mail_max_userip_connections = 0
default_process_limit = {processes}
default_client_limit = 10000
{tls}
passdb {{
  driver = static
  args = password={{PLAIN}}{password}
}}
userdb {{
  driver = static
  args = uid={nobody} gid={nobody} home={room}/mail/%Lu
}}
namespace inbox {{
  inbox = yes
  separator = /
  mailbox Drafts {{
    auto = create
    special_use = \\Drafts
  }}
  mailbox Sent {{
    auto = create
    special_use = \\Sent
  }}
  mailbox Trash {{
    auto = create
    special_use = \\Trash
  }}
}}
service imap-login {{
  {login_mode}
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service imap {{
  {imap_mode}
}}
service lmtp {{
  inet_listener lmtp {{
    port = {lmtp}
  }}
  unix_listener lmtp {{
    mode = 0
  }}
}}
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one Dovecot differs from another. Every user has ``password``; ``tls`` is (certificate, key).

    ``reuse`` is what its manual calls the high-performance mode: processes serve one login after another.
    """

    password: str
    tls: tuple[Path, Path] | None = None
    processes: int = 200
    reuse: bool = False


class Dovecot:
    """The running one: where it listens and where its mail lies. ``imaps`` only with TLS."""

    def __init__(self, room: Path, daemon: Daemon, ports: tuple[int, int, int]) -> None:
        self.daemon = daemon
        self.imap: Endpoint = (LOOPBACK, ports[0])
        self.imaps: Endpoint = (LOOPBACK, ports[1])
        self.lmtp: Endpoint = (LOOPBACK, ports[2])
        self._mail = room / "mail"

    def maildir(self, user: str) -> Path:
        """The INBOX of a user."""
        return self._mail / user


@contextmanager
def running(ground: Ground, name: str, settings: Settings) -> Iterator[Dovecot]:
    """Dovecot, accepting connections, until the block ends. ``name`` is its folder's."""
    room = ground.room(name)
    ports = (free_port(LOOPBACK), free_port(LOOPBACK), free_port(LOOPBACK))
    make_maildirs(room / "mail")
    (room / "conf").write_text(_configuration(room, name, settings, ports))
    daemon = Daemon(name, [program("dovecot"), "-F", "-c", str(room / "conf")], room / "log")
    daemon.also_log(room / "maillog")
    with attached(daemon):
        daemon.wait_listening((LOOPBACK, ports[0]), (LOOPBACK, ports[2]))
        yield Dovecot(room, daemon, ports)


def make_maildirs(folder: Path) -> None:
    """A folder in which Dovecot's users may make their Maildirs."""
    folder.mkdir(mode=0o755)
    shutil.chown(folder, NOBODY, NOBODY)


def _configuration(room: Path, name: str, settings: Settings, ports: tuple[int, int, int]) -> str:
    if settings.tls is None:
        tls = "ssl = no"
    else:
        tls = f"ssl = yes\nssl_cert = <{settings.tls[0]}\nssl_key = <{settings.tls[1]}"
    return CONFIGURATION.format(
        room=room, name=name, loopback=LOOPBACK, nobody=NOBODY, processes=settings.processes, tls=tls,
        password=settings.password, imap=ports[0], imaps=ports[1] if settings.tls else 0, lmtp=ports[2],
        login_mode="service_count = 0\n  process_min_avail = 2" if settings.reuse else "",
        imap_mode="service_count = 256\n  process_min_avail = 2" if settings.reuse else "",
    )  # fmt: skip
