"""Pillarbox as the rig's victim: two local users, and one address that leads to the sink."""

import json
import os
import poplib
from pathlib import Path

from crash.load import Target
from peers.pillarbox import Pillarbox
from peers.process import Daemon, Endpoint
from peers.world import free_port

USERS = ("ann@home.test", "bob@home.test")
FAR = "far@home.test"
REMOTE = "sink@far.test"
PASSWORD = "correct horse battery staple"
# Every line of a message that POP3 hands over must fit: RFC 5322 §2.1.1 allows 998 octets.
poplib._MAXLINE = 4096  # type: ignore[attr-defined]


class Mailserver:
    """A data folder with accounts, its ports, and the rig's view of it. ``doctor`` runs before inboxes are emptied."""

    def __init__(self, folder: Path, remote: Endpoint, config: str = "") -> None:
        self.box = Pillarbox(folder)
        self.smtp: Endpoint = ("127.0.0.1", free_port())
        self.submission: Endpoint = ("127.0.0.1", free_port())
        self.pop3: Endpoint = ("127.0.0.1", free_port())
        self._seen: dict[str, set[bytes]] = {user: set() for user in USERS}
        self.box.init("home.test", "home.test", config=self._config(remote) + config)
        for user in USERS:
            self.box.add_user(user, PASSWORD)
        self.box.command("alias", "add", FAR, REMOTE)

    def targets(self) -> list[Target]:
        """Twenty clients: to one inbox, to both, to the world, to both worlds at once, signed in and not."""
        ann, bob = USERS
        login = Target(self.submission, (REMOTE, bob), (ann, PASSWORD), sender=ann)
        plain = [(ann,)] * 8 + [(ann, bob)] * 4 + [(FAR,)] * 3 + [(bob, FAR)] * 3
        return [login, login, *(Target(self.smtp, recipients) for recipients in plain)]

    def launch(self) -> Daemon:
        """Start and do not wait."""
        return self.box.launch()

    def start(self) -> Daemon:
        """Start; ready when this returns."""
        return self.box.start()

    def settle(self) -> None:
        """Return when the queue is empty."""
        self.box.wait_empty()

    def doctor(self) -> None:
        """The server's own opinion of its data must be good."""
        report = json.loads(self.box.command("doctor", "--json"))
        assert {check["check"]: check["ok"] for check in report["checks"]}["store"], report

    def inboxes(self) -> dict[str, list[bytes]]:
        """Read and delete everything by POP3; every message must have a UIDL that was never seen before."""
        return {user: self._empty(user) for user in USERS}

    def _empty(self, user: str) -> list[bytes]:
        session = poplib.POP3(*self.pop3, timeout=60)
        session.user(user)
        session.pass_(PASSWORD)
        count, octets = session.stat()
        listed = session.uidl()[1]
        names = {line.split()[1] for line in listed}
        assert len(names) == count, "two messages have one UIDL"
        assert not names & self._seen[user], "a UIDL was used again"
        self._seen[user] |= names
        contents = []
        for number in range(1, count + 1):
            contents.append(b"\r\n".join(session.retr(number)[1]) + b"\r\n")
            session.dele(number)
        assert sum(map(len, contents)) == octets, "STAT counts other octets than RETR gives"
        session.quit()
        return contents

    def _config(self, remote: Endpoint) -> str:
        listeners = "".join(
            f'[[listener]]\nkind = "{kind}"\naddress = "127.0.0.1:{endpoint[1]}"\ntls = "none"\n'
            for kind, endpoint in (("smtp", self.smtp), ("submission", self.submission), ("pop3", self.pop3))
        )
        return f"""\
{listeners}
[[route]]
recipient_domain = "far.test"
smart_host = "{remote[0]}:{remote[1]}"
tls = "none"
[delivery]
retry = ["1s"]
allow_loopback_targets = true
"""


def rounds(default: int) -> int:
    """How many rounds to play: PILLARBOX_CRASH_ROUNDS, else ``default``."""
    return int(os.environ.get("PILLARBOX_CRASH_ROUNDS", default))


def seed(default: int) -> int:
    """The seed of the moments of death: PILLARBOX_CRASH_SEED, else ``default``."""
    return int(os.environ.get("PILLARBOX_CRASH_SEED", default))
