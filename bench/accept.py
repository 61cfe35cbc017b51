"""Durable accept into local inboxes: 5 KiB messages, 50 sessions, against Postfix delivering to a Maildir.

Postfix counts until the last file is in the Maildir; Pillarbox until the last 250, which means: it is in the inbox.
Run alone: PYTHONPATH=tests python -m bench.accept
"""

import poplib

from bench.load import RECIPIENT, source, timed
from bench.measure import FAST, Sample, in_turns, more_files, show
from bench.servers import PASSWORD, MaildirServer, Ours, running_pillarbox, running_postfix
from peers.world import ground

COUNT = {"Pillarbox": 4_000 if FAST else 10_000, "Postfix": 1_000 if FAST else 2_000}
ROUNDS = 2 if FAST else 5


def main() -> None:
    """Measure and print."""
    more_files()
    with ground() as place, running_postfix(place) as theirs, running_pillarbox(place) as ours:
        for title, reuse in (("one message per connection", False), ("connections kept open", True)):
            runners = {"Pillarbox": lambda r=reuse: _ours(ours, r), "Postfix": lambda r=reuse: _theirs(theirs, r)}
            show(f"Durable accept into an inbox, 5 KiB, 50 sessions, {title}", in_turns(runners, ROUNDS))
        _check(ours, 2 * ROUNDS * COUNT["Pillarbox"])


def _ours(server: Ours, reuse: bool) -> Sample:
    count = COUNT["Pillarbox"]
    return timed(server.pid, count, lambda: source(server.endpoint, count, reuse=reuse))


def _theirs(server: MaildirServer, reuse: bool) -> Sample:
    count = COUNT["Postfix"]

    def work() -> None:
        source(server.endpoint, count, reuse=reuse)
        server.wait_delivered(count)

    return timed(server.pid, count, work)


def _check(server: Ours, wanted: int) -> None:
    """All of it must really be in the inbox."""
    session = poplib.POP3(*server.pop3, timeout=60)
    session.user(RECIPIENT)
    session.pass_(PASSWORD)
    found = session.stat()[0]
    session.quit()
    if found != wanted:
        raise SystemExit(f"{found} messages in the inbox, {wanted} were accepted")


if __name__ == "__main__":
    main()
