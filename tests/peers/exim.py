"""A running Exim: hosts domains in Maildirs, can greylist, relays for clients that authenticate, sends by DNS."""

import pwd
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.need import program
from peers.process import Daemon, Endpoint, attached, in_world
from peers.world import Ground

USER = "Debian-exim"

CONFIG = """\
primary_hostname = {hostname}
local_interfaces = {address}
daemon_smtp_ports = {port}
spool_directory = {room}/spool
log_file_path = {room}/log/%slog
pid_file_path = {room}/exim.pid
tls_advertise_hosts = {tls_hosts}
tls_certificate = {certificate}
tls_privatekey = {key}
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
log_selector = -queue_run
add_environment =
deliver_drop_privilege
smtp_accept_max = 100
smtp_accept_queue_per_connection = 0
message_size_limit = 100M
accept_8bitmime = true
smtputf8_advertise_hosts = *
domainlist ours = {domains}
acl_smtp_rcpt = recipient
acl_smtp_data = accept
acl_smtp_mail = accept

begin acl
recipient:
  accept  authenticated = *
  accept  hosts = {address}
          !domains = +ours
  deny    !domains = +ours
          message = relay not permitted here
  deny    !local_parts = {users}
          message = 5.1.1 <$local_part@$domain> is nobody we know
  defer   local_parts = {greylisted}
          condition = ${{if exists{{{room}/seen/${{sha1:$sender_address:$local_part@$domain}}}}{{no}}{{yes}}}}
          set acl_m_mark = ${{run{{/usr/bin/touch {room}/seen/${{sha1:$sender_address:$local_part@$domain}}}}}}
          message = 4.7.1 Greylisted, come back in a second
  accept

begin routers
ours:
  driver = accept
  domains = +ours
  local_parts = {users}
  transport = maildir
remote:
  driver = dnslookup
  domains = ! +ours
  transport = remote
  no_more

begin transports
maildir:
  driver = appendfile
  directory = {room}/mail/$local_part_data@$domain_data
  create_directory
  maildir_format
  return_path_add
remote:
  driver = smtp
  port = {remote_port}
  interface = {address}
  hosts_try_dane =
  hosts_try_fastopen =

begin retry
* * F,1m,1s

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{username}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_set_id = $auth2
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one Exim differs from another. ``greylisted`` are users whose first mail from each sender is deferred.

    ``login`` is the (name, password) that may relay. ``tls`` is (certificate, key).
    """

    hostname: str
    listen: Endpoint
    domains: tuple[str, ...]
    users: tuple[str, ...]
    greylisted: tuple[str, ...] = ()
    login: tuple[str, str] = ("relay", "no relay without a password")
    remote_port: int = 25
    resolv_conf: Path | None = None
    tls: tuple[Path, Path] | None = None


class Exim:
    """The running one: where it listens and where its mail lies."""

    def __init__(self, room: Path, settings: Settings) -> None:
        self.endpoint = settings.listen
        self.log = room / "log/mainlog"
        self._mail = room / "mail"

    def maildir(self, address: str) -> Path:
        """The Maildir of a mailbox."""
        return self._mail / address


@contextmanager
def running(ground: Ground, name: str, settings: Settings) -> Iterator[Exim]:
    """Exim, accepting connections, until the block ends. ``name`` is its folder's."""
    room = ground.room(name)
    for part in ("spool", "log", "mail", "seen"):
        (room / part).mkdir()
        shutil.chown(room / part, USER, USER)
    config = room / "exim.conf"
    config.write_text(_config(room, settings))
    # -bdf: a daemon that stays; -q1s: its queue runner, every second.
    argv = [program("exim4"), "-C", str(config), "-bdf", "-q1s"]
    daemon = Daemon(name, in_world(as_user(argv), settings.resolv_conf), room / "out")
    daemon.also_log(room / "log/mainlog")
    with attached(daemon):
        daemon.wait_listening(settings.listen)
        yield Exim(room, settings)


def as_user(argv: list[str]) -> list[str]:
    """Exim's own user runs all of it: with -C it would give up root at its first re-execution anyway."""
    entry = pwd.getpwnam(USER)
    return ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *argv]


def _config(room: Path, settings: Settings) -> str:
    username, password = settings.login
    certificate, key = settings.tls or ("", "")
    return CONFIG.format(
        room=room,
        hostname=settings.hostname,
        address=settings.listen[0],
        port=settings.listen[1],
        tls_hosts="*" if settings.tls else "",
        certificate=certificate,
        key=key,
        domains=" : ".join(settings.domains),
        users=" : ".join(settings.users),
        greylisted=" : ".join(settings.greylisted),
        username=username,
        password=password,
        remote_port=settings.remote_port,
    )
