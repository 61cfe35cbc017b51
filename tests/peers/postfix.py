"""A running Postfix with a configuration, queue and log of its own: hosts virtual domains in Maildirs, sends by DNS."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from peers.need import program
from peers.process import Daemon, Endpoint, attached, in_world, run
from peers.world import Ground

DAEMONS = Path("/usr/lib/postfix/sbin")
NOBODY: Final = 65534

# service, type, private, unprivileged, wakeup, maxproc, command; nothing runs in a chroot.
MASTER = """\
{listen} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one Postfix differs from another. ``mailboxes`` are addresses; ``extra`` are main.cf settings.

    ``resolv_conf`` None leaves it without a resolver of its own. ``tls`` is (certificate, key).
    """

    hostname: str
    listen: Endpoint
    mailboxes: Sequence[str] = ()
    remote_port: int = 25
    resolv_conf: Path | None = None
    tls: tuple[Path, Path] | None = None
    extra: MappingProxyType[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Postfix:
    """The running one: where it listens and where its mail lies."""

    def __init__(self, room: Path, settings: Settings, daemon: Daemon) -> None:
        self.endpoint = settings.listen
        self.daemon = daemon
        self.log = room / "maillog"
        self._mail = room / "mail"

    def maildir(self, address: str) -> Path:
        """The Maildir of a mailbox."""
        return self._mail / address


@contextmanager
def running(ground: Ground, name: str, settings: Settings) -> Iterator[Postfix]:
    """Postfix, accepting connections, until the block ends. ``name`` is its folder's."""
    room = ground.room(name)
    _write(room, settings)
    run([program("postfix"), "-c", str(room / "etc"), "check"])  # makes the queue's folders
    # The master itself, not `postfix start-fg`: that is a shell script around it, which a signal would not pass.
    argv = [str(DAEMONS / "master"), "-c", str(room / "etc"), "-s"]
    if settings.resolv_conf is not None:
        argv = in_world(argv, settings.resolv_conf)
    daemon = Daemon(name, argv, room / "log")
    daemon.also_log(room / "maillog")
    with attached(daemon):
        daemon.wait_listening(settings.listen)
        yield Postfix(room, settings, daemon)


def _write(room: Path, settings: Settings) -> None:
    for part, owner in (("etc", "root"), ("queue", "root"), ("data", "postfix"), ("mail", NOBODY)):
        (room / part).mkdir(mode=0o755)
        shutil.chown(room / part, owner)
    (room / "etc/master.cf").write_text(MASTER.format(listen=":".join(map(str, settings.listen))))
    (room / "etc/mailboxes").write_text("".join(f"{address} {address}/\n" for address in settings.mailboxes))
    values = _defaults(room, settings) | dict(settings.extra)
    (room / "etc/main.cf").write_text("".join(f"{key} = {value}\n" for key, value in values.items()))


def _defaults(room: Path, settings: Settings) -> dict[str, str]:
    domains = sorted({address.partition("@")[2] for address in settings.mailboxes})
    values = {
        "compatibility_level": "3.7",
        "command_directory": "/usr/sbin",
        "daemon_directory": str(DAEMONS),
        "queue_directory": str(room / "queue"),
        "data_directory": str(room / "data"),
        "maillog_file": str(room / "maillog"),
        "maillog_file_prefixes": str(room),
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "myhostname": settings.hostname,
        "mydestination": "",
        "alias_maps": "",
        "local_recipient_maps": "",
        "local_transport": "error:no local mail here",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "smtpd_relay_restrictions": "permit_mynetworks,reject_unauth_destination",
        "smtpd_peername_lookup": "no",
        "virtual_mailbox_domains": ", ".join(domains),
        "virtual_mailbox_base": str(room / "mail"),
        "virtual_mailbox_maps": f"texthash:{room}/etc/mailboxes",
        "virtual_uid_maps": f"static:{NOBODY}",
        "virtual_gid_maps": f"static:{NOBODY}",
        "virtual_minimum_uid": "1",
        "message_size_limit": "104857600",
        "virtual_mailbox_limit": "0",
        "smtp_tcp_port": str(settings.remote_port),
        "smtp_bind_address": settings.listen[0],
        "smtp_tls_security_level": "may",
        "queue_run_delay": "2s",
        "minimal_backoff_time": "2s",
        "maximal_backoff_time": "4s",
    }
    if settings.tls is not None:
        values |= {
            "smtpd_tls_security_level": "may",
            "smtpd_tls_chain_files": f"{settings.tls[1]}, {settings.tls[0]}",
        }
    return values
