"""What does a mail program cost that is only there? Memory for each connection that idles in a selected mailbox.

Dovecot gives each connection a process, so fewer of them do; PSS divides what they share.
Run alone: PYTHONPATH=tests python -m bench.imap_idle [Pillarbox|Dovecot]
"""

import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager

from bench.imap_mail import write_maildir
from bench.imap_servers import NAMES, ImapServer, running_dovecot, running_pillarbox
from bench.measure import FAST, more_files
from peers import proc
from peers.world import Ground, ground

KIB, MIB = 1024, 1024 * 1024
MESSAGES = 1_000
CONNECTIONS = {"Pillarbox": 500 if FAST else 2_000, "Dovecot": 100}
# All of them are one user's, from one address.
MORE = "[imap]\nuser_connections = 5000\n"


def main(names: Sequence[str] = NAMES) -> None:
    """Measure and print."""
    more_files()
    print(f"\nIMAP connections, signed in, INBOX of {MESSAGES:,} messages selected, in IDLE")
    with ground() as place:
        write_maildir(place.folder / "mail", MESSAGES)
        for name in names:
            with _start(place, name) as server:
                _describe(server, CONNECTIONS[name])


def _start(place: Ground, name: str) -> AbstractContextManager[ImapServer]:
    mail = place.folder / "mail"
    return running_dovecot(place, mail) if name == "Dovecot" else running_pillarbox(place, mail, more=MORE)


def _describe(server: ImapServer, count: int) -> None:
    # One has been there before: what the mailbox itself needs in memory is not a connection's.
    lines = [server.connect()]
    lines[0].ask("SELECT INBOX")
    before = _memory(server)
    for _ in range(count):
        line = server.connect()
        line.ask("SELECT INBOX")
        line.idle()
        lines.append(line)
    grown = _memory(server) - before
    for line in lines:
        line.close()
    print(f"  {server.name:<10} {before / MIB:.1f} MiB with one connection", end="")
    print(f", {grown / KIB / count:,.1f} KiB more for each of {count:,}", flush=True)


def _memory(server: ImapServer) -> int:
    return sum(map(proc.pss, proc.family(server.pid)))


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
