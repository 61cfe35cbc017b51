"""How many a second? Short visits by IMAP, APPEND and LMTP deliveries, against Dovecot.

A visit is LOGIN, SELECT INBOX, FETCH of one body, LOGOUT, on a connection of its own, as mail programs on phones and
web mail make them; it counts as one message below. Dovecot is also measured with processes that serve one login after
another, which is not its default.
Messages are appended and delivered into an INBOX that is emptied before each round: a Maildir slows down as it grows.
Run alone: PYTHONPATH=tests python -m bench.imap_many [Pillarbox|Dovecot]
"""

import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial

from bench.imap_mail import Mail
from bench.imap_servers import NAMES, ImapServer, running, running_dovecot
from bench.imap_wire import TAG, play
from bench.load import RECIPIENT, source, timed
from bench.measure import FAST, Sample, in_turns, more_files, show
from bench.servers import PASSWORD
from peers.process import PeerFailure
from peers.world import ground

INBOX = 1_000
CLIENTS = 10
ROUNDS = 2 if FAST else 5
# Enough for about a second of each.
VISITS = {"Pillarbox": 1_000, "Dovecot": 100}
VISITS_REUSED = 250
APPENDED = 400 if FAST else 1_000
DELIVERED = 500 if FAST else 2_000

_LOGIN = b'%b LOGIN "%b" "%b"\r\n' % (TAG, RECIPIENT.encode(), PASSWORD.encode())
_SELECT = b"%b SELECT INBOX\r\n" % TAG
_LOGOUT = b"%b LOGOUT\r\n" % TAG


def main(names: Sequence[str] = NAMES) -> None:
    """Measure and print."""
    more_files()
    with ground() as place, running(place, tuple(names), INBOX) as servers:
        with ExitStack() as extra:
            if "Dovecot" in names:
                reused = running_dovecot(place, place.folder / "mail", reuse=True)
                servers_of_visits = [*servers, extra.enter_context(reused)]
            else:
                servers_of_visits = servers
            title = f"LOGIN, SELECT, FETCH of a body, LOGOUT, {CLIENTS} clients"
            _measure(title, servers_of_visits, _visit)
        for clients in (1, CLIENTS):
            _measure(f"APPEND, 5 KiB, {clients} client(s)", servers, partial(_append, clients))
        for sessions in (1, CLIENTS):
            title = f"LMTP into the INBOX, 5 KiB, {sessions} connection(s) kept open"
            _measure(title, servers, partial(_deliver, sessions))


def _measure(title: str, servers: Sequence[ImapServer], work: Callable[[ImapServer], Sample]) -> None:
    show(title, in_turns({server.name: partial(work, server) for server in servers}, ROUNDS))


def _visit(server: ImapServer) -> Sample:
    count = VISITS.get(server.name, VISITS_REUSED)
    visits = [[_LOGIN, _SELECT, _fetch(number * 37 % INBOX + 1), _LOGOUT] for number in range(count)]
    return timed(server.pid, count, lambda: play(server.imap, CLIENTS, visits))


def _fetch(number: int) -> bytes:
    return b"%b FETCH %d (BODY.PEEK[])\r\n" % (TAG, number)


def _append(clients: int, server: ImapServer) -> Sample:
    _empty(server)
    mail = Mail()
    letters = [mail.message(number) for number in range(APPENDED)]
    commands = [b"%b APPEND INBOX {%d+}\r\n%b\r\n" % (TAG, len(letter), letter) for letter in letters]
    visits = [[_LOGIN, *commands[at::clients], _LOGOUT] for at in range(clients)]
    sample = timed(server.pid, APPENDED, lambda: play(server.imap, clients, visits))
    _expect(server, APPENDED)
    return sample


def _deliver(sessions: int, server: ImapServer) -> Sample:
    _empty(server)

    def load() -> None:
        source(server.lmtp, DELIVERED, sessions=sessions, reuse=True, lmtp=True)

    sample = timed(server.pid, DELIVERED, load)
    _expect(server, DELIVERED)
    return sample


def _empty(server: ImapServer) -> None:
    line = server.connect()
    if b"* 0 EXISTS" not in line.ask("SELECT INBOX"):
        line.ask("STORE 1:* +FLAGS.SILENT (\\Deleted)")
        line.ask("EXPUNGE")
    line.close()


def _expect(server: ImapServer, count: int) -> None:
    line = server.connect()
    if f"* {count} EXISTS".encode() not in line.ask("SELECT INBOX"):
        raise PeerFailure(f"{server.name} does not hold the {count} messages that it took")
    line.close()


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
