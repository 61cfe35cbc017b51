"""Killed while a mailbox changes: all of the change is there, or none of it, and every name stays what it was."""

import poplib
import random
import signal
import smtplib
import time
from pathlib import Path

import pytest

from crash.mailserver import PASSWORD, USERS, Mailserver
from crash.messages import compose
from peers.process import Daemon

ANN = USERS[0]
NOWHERE = ("127.0.0.1", 9)
LETTERS = 150
ROUNDS = 4
LONGEST = 0.02  # seconds from QUIT to the kill; the commit takes a few milliseconds


@pytest.mark.crash
def test_deleting_is_all_or_nothing(tmp_path: Path) -> None:
    server, rng = Mailserver(tmp_path / "data", NOWHERE), random.Random(1)
    kept: list[bytes] = []
    for _ in range(ROUNDS):
        daemon = server.start()
        before = _fill(server, kept)
        _delete_all_and_kill(server, daemon, rng.uniform(0, LONGEST))
        daemon = server.start()
        kept = _names(server)
        assert kept in ([], before), f"{len(kept)} of {len(before)} are left, or they have other names"
        server.doctor()
        assert daemon.stop() == 0


def _fill(server: Mailserver, kept: list[bytes]) -> list[bytes]:
    """Have `LETTERS` messages in the inbox; their UIDLs, of which ``kept`` were there before."""
    with smtplib.SMTP(*server.smtp) as client:
        for number in range(len(kept), LETTERS):
            client.sendmail("client@load.test", [ANN], compose(number))
    names = _names(server)
    assert names[: len(kept)] == kept
    assert len(names) == LETTERS
    return names


def _names(server: Mailserver) -> list[bytes]:
    session = _open(server)
    names = [line.split()[1] for line in session.uidl()[1]]
    assert session.stat()[0] == len(names)
    session.quit()
    return names


def _open(server: Mailserver) -> poplib.POP3:
    session = poplib.POP3(*server.pop3, timeout=30)
    session.user(ANN)
    session.pass_(PASSWORD)
    return session


def _delete_all_and_kill(server: Mailserver, daemon: Daemon, seconds: float) -> None:
    session = _open(server)
    for number in range(LETTERS):
        session.dele(number + 1)
    session.sock.sendall(b"QUIT\r\n")
    time.sleep(seconds)
    daemon.stop(signal.SIGKILL)
    session.close()
