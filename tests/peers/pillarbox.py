"""The server itself, from outside: its commands, its files and its sockets, nothing that Python could reach inside."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypedDict, cast

from peers.process import Daemon, PeerFailure, attached, until

COMMAND = Path(sys.executable).with_name("pillarbox")
READY = re.compile(rb"\bready\b")


class Event(TypedDict):
    """One event of a story, as `why --json` prints it; the evidence stands beside these."""

    at: float
    kind: str
    text: str


class Waiting(TypedDict):
    """One line of `queue ls --json`."""

    id: str
    sender: str
    recipients: list[str]
    size: int
    attempts: int
    last_reply: str | None


class Pillarbox:
    """One data folder and the commands that work on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder.with_name(folder.name + ".log")
        self.env: dict[str, str] = {}
        self.program = [str(COMMAND)]

    def command(self, *words: str, stdin: str = "", expect: int = 0) -> str:
        """What `pillarbox WORDS --data FOLDER` prints on stdout; PeerFailure when it does not exit with ``expect``."""
        return self._call([*words, "--data", str(self.folder)], stdin, expect)

    def init(self, hostname: str, *domains: str, config: str = "") -> None:
        """Make the folder; ``config``, when given, replaces pillarbox.toml below the hostname."""
        words = [word for domain in domains for word in ("--domain", domain)]
        self._call(["init", str(self.folder), "--hostname", hostname, *words], "", 0)
        if config:
            (self.folder / "pillarbox.toml").write_text(f'hostname = "{hostname}"\n{config}')

    def add_user(self, address: str, password: str) -> None:
        """A mailbox with a password."""
        self.command("user", "add", address, "--password-stdin", stdin=password + "\n")

    def queue(self) -> list[Waiting]:
        """What waits."""
        return [cast(Waiting, json.loads(line)) for line in self.command("queue", "ls", "--json").splitlines()]

    def why(self, message_id: str) -> list[Event]:
        """The story of a message."""
        return cast(list[Event], json.loads(self.command("why", message_id, "--json")))

    def wait_empty(self, seconds: float = 60) -> None:
        """Return when nothing waits in the queue; PeerFailure says what still does."""
        try:
            until("the queue to be empty", lambda: not self.queue(), seconds)
        except PeerFailure as failure:
            raise PeerFailure(f"{failure}: {self.queue()}") from None

    def launch(self) -> Daemon:
        """`pillarbox run`, perhaps not ready yet. Whoever launches it stops it; the log holds all runs."""
        return Daemon("pillarbox", [*self.program, "run", "--data", str(self.folder)], self.log, self.env)

    def start(self, *, seconds: float = 20) -> Daemon:
        """`pillarbox run`, ready."""
        before = self.log.stat().st_size if self.log.exists() else 0
        daemon = self.launch()
        try:
            daemon.wait_ready(lambda: READY.search(self._log_from(before)) is not None, seconds)
        except PeerFailure as failure:
            failure.add_note(daemon.tail())
            daemon.stop(signal.SIGKILL)
            raise
        return daemon

    @contextmanager
    def running(self) -> Iterator[Daemon]:
        """The server while the block runs; it must end with 0 at SIGTERM."""
        with attached(self.start()) as daemon:
            yield daemon
            status = daemon.stop()
            if status != 0:
                raise PeerFailure(f"pillarbox ended with {status}, not 0, at SIGTERM")

    def _log_from(self, start: int) -> bytes:
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read()

    def _call(self, words: list[str], stdin: str, expect: int) -> str:
        environment = {**os.environ, **self.env}
        done = subprocess.run(
            [str(COMMAND), *words],
            input=stdin, capture_output=True, text=True, timeout=60, env=environment, check=False,
        )  # fmt: skip
        if done.returncode != expect:
            said = f"{done.stdout}{done.stderr}"
            raise PeerFailure(f"pillarbox {' '.join(words)} ended with {done.returncode}, not {expect}:\n{said}")
        return done.stdout
