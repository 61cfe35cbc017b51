"""How long does a mail program wait in a mailbox of 50,000 messages? IMAP commands, one connection, against Dovecot.

Both have seen each command once before it counts: Dovecot has filled its cache, Pillarbox has computed what it keeps.
How long the first time took stands beside it. Times are the client's, to the last octet of the answer.
Run alone: PYTHONPATH=tests python -m bench.imap [Pillarbox|Dovecot]
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from bench.imap_mail import RARE_EVERY, RARE_SENDER, RARE_WORD
from bench.imap_servers import NAMES, ImapServer, running
from bench.imap_wire import Connection
from bench.measure import FAST
from peers.process import PeerFailure
from peers.world import ground

MESSAGES = 5_000 if FAST else 50_000
STORED = MESSAGES // 5
BODIES = MESSAGES // 50
ROUNDS = 3 if FAST else 7

Command: TypeAlias = Callable[[Connection], float]


def main(names: Sequence[str] = NAMES) -> None:
    """Measure and print."""
    print(f"\nIMAP, a mailbox of {MESSAGES:,} messages of 5 KiB, milliseconds")
    with ground() as place:
        begin = time.perf_counter()
        with running(place, tuple(names), MESSAGES) as servers:
            print(f"  (mail made, servers filled: {time.perf_counter() - begin:.0f} s)", flush=True)
            _check(servers)
            for title, command in _commands().items():
                _show(title, _in_turns(command, servers))


@dataclass(slots=True)
class Taken:
    """Seconds that a command took at one server: the first time, then each time that counts."""

    name: str
    first: float
    counted: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        low, high = min(self.counted) * 1e3, max(self.counted) * 1e3
        return f"{self.name:<10}{self.median * 1e3:>10.1f}  [{low:.1f}-{high:.1f}]  first {self.first * 1e3:.0f}"

    @property
    def median(self) -> float:
        """The median of those that count."""
        return statistics.median(self.counted)


def _in_turns(command: Command, servers: Sequence[ImapServer]) -> list[Taken]:
    lines = {server.name: server.connect() for server in servers}
    for line in lines.values():
        line.ask("SELECT INBOX")
    taken = [Taken(name, command(line)) for name, line in lines.items()]
    for _ in range(ROUNDS):
        for one in taken:
            one.counted.append(command(lines[one.name]))
    for line in lines.values():
        line.close()
    return taken


def _check(servers: Sequence[ImapServer]) -> None:
    """All must hold the same mail and find the same in it, or their times mean nothing."""
    for server in servers:
        line = server.connect()
        if f"* {MESSAGES} EXISTS".encode() not in line.ask("SELECT INBOX"):
            raise PeerFailure(f"{server.name} does not have {MESSAGES} messages")
        for key in (f"FROM {RARE_SENDER}", f"TEXT {RARE_WORD}"):
            # Lines before it may tell how far the search is.
            found = len(line.ask(f"SEARCH {key}").partition(b"* SEARCH")[2].partition(b"\r\n")[0].split())
            if found != MESSAGES // RARE_EVERY:
                raise PeerFailure(f"{server.name} found {found} messages for {key}, not {MESSAGES // RARE_EVERY}")
        line.close()


def _show(title: str, taken: Sequence[Taken]) -> None:
    print(f"  {title}")
    for one in taken:
        print(f"    {one}")
    for other in taken[1:]:
        print(f"    = {taken[0].median / other.median:.2f} x the time of {other.name}", flush=True)


def _commands() -> dict[str, Command]:
    newest = f"{MESSAGES - 99}:{MESSAGES}"
    bodies = f"{MESSAGES // 2 + 1}:{MESSAGES // 2 + BODIES}"
    return {
        "SELECT, another mailbox before it": _select,
        "FETCH 1:* (FLAGS)": _asked("FETCH 1:* (FLAGS)"),
        "UID FETCH 1:* (FLAGS RFC822.SIZE INTERNALDATE)": _asked("UID FETCH 1:* (FLAGS RFC822.SIZE INTERNALDATE)"),
        "FETCH (ENVELOPE), the newest 100": _asked(f"FETCH {newest} (ENVELOPE)"),
        "FETCH 1:* (ENVELOPE)": _asked("FETCH 1:* (ENVELOPE)"),
        "FETCH 1:* (BODYSTRUCTURE)": _asked("FETCH 1:* (BODYSTRUCTURE)"),
        f"UID SEARCH FROM {RARE_SENDER}": _asked(f"UID SEARCH FROM {RARE_SENDER}"),
        f"SEARCH TEXT {RARE_WORD}": _asked(f"SEARCH TEXT {RARE_WORD}"),
        f"STORE +FLAGS (\\Flagged), {STORED:,} messages": _store,
        f"FETCH (BODY.PEEK[]), {BODIES:,} messages": _asked(f"FETCH {bodies} (BODY.PEEK[])"),
        "SORT (REVERSE DATE) UTF-8 ALL": _asked("SORT (REVERSE DATE) UTF-8 ALL"),
        "THREAD REFERENCES UTF-8 ALL": _asked("THREAD REFERENCES UTF-8 ALL"),
    }


def _asked(command: str) -> Command:
    return lambda line: line.timed(command)


def _select(line: Connection) -> float:
    line.ask("SELECT Drafts")
    return line.timed("SELECT INBOX")


def _store(line: Connection) -> float:
    taken = line.timed(f"STORE 1:{STORED} +FLAGS (\\Flagged)")
    line.ask(f"STORE 1:{STORED} -FLAGS.SILENT (\\Flagged)")
    return taken


if __name__ == "__main__":
    main(sys.argv[1:] or NAMES)
