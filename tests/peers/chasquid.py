"""A running chasquid: hosts domains, takes submissions of its users (a smart host), sends by DNS."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from peers.need import program
from peers.process import Daemon, Endpoint, attached, in_world, run
from peers.world import Ground

# chasquid hands each message to a program: this one files it in a Maildir, renamed in when complete.
AGENT = """\
#!/bin/sh
set -eu
box="{room}/mail/$1"
mkdir -p "$box/new" "$box/tmp"
file="$(mktemp "$box/tmp/XXXXXXXX")"
cat >"$file"
mv "$file" "$box/new/"
"""


@dataclass(frozen=True, slots=True)
class Settings:
    """How one chasquid differs from another. ``users`` are addresses and their passwords; they may relay through
    ``submission`` after STARTTLS. ``tls`` is (certificate, key) for ``hostname``."""

    hostname: str
    listen: Endpoint
    submission: Endpoint
    users: Mapping[str, str]
    tls: tuple[Path, Path]
    remote_port: int = 25
    resolv_conf: Path | None = None


class Chasquid:
    """The running one: where it listens and where its mail lies."""

    def __init__(self, room: Path, settings: Settings) -> None:
        self.endpoint = settings.listen
        self.submission = settings.submission
        self.log = room / "maillog"
        self._mail = room / "mail"

    def maildir(self, address: str) -> Path:
        """The Maildir of a mailbox."""
        return self._mail / address


@contextmanager
def running(ground: Ground, name: str, settings: Settings) -> Iterator[Chasquid]:
    """chasquid, accepting connections, until the block ends. ``name`` is its folder's."""
    room = ground.room(name)
    config = room / "etc"
    _write(room, config, settings)
    for address, password in settings.users.items():
        run([program("chasquid-util"), f"--configdir={config}", "user-add", address, f"--password={password}"])
    argv = [program("chasquid"), f"-config_dir={config}", f"-testing__outgoing_smtp_port={settings.remote_port}"]
    daemon = Daemon(name, in_world(argv, settings.resolv_conf), room / "log")
    daemon.also_log(room / "maillog")
    with attached(daemon):
        daemon.wait_listening(settings.listen, settings.submission)
        yield Chasquid(room, settings)


def _write(room: Path, config: Path, settings: Settings) -> None:
    certs = config / "certs" / settings.hostname
    certs.mkdir(parents=True)
    (certs / "fullchain.pem").write_bytes(settings.tls[0].read_bytes())
    (certs / "privkey.pem").write_bytes(settings.tls[1].read_bytes())
    for address in settings.users:
        (config / "domains" / address.partition("@")[2]).mkdir(parents=True, exist_ok=True)
    agent = room / "agent"
    agent.write_text(AGENT.format(room=room))
    agent.chmod(0o755)
    (config / "chasquid.conf").write_text(
        f"""\
hostname: "{settings.hostname}"
smtp_address: "{settings.listen[0]}:{settings.listen[1]}"
submission_address: "{settings.submission[0]}:{settings.submission[1]}"
data_dir: "{room}/data"
mail_log_path: "{room}/maillog"
mail_delivery_agent_bin: "{agent}"
mail_delivery_agent_args: "%to%"
"""
    )
