"""One message of 25 MiB: how long until its 250, and how much memory for it?

Run alone: PYTHONPATH=tests python -m bench.large
"""

from bench.load import source, timed
from bench.measure import FAST, Sample, in_turns, show
from bench.servers import MaildirServer, Ours, running_pillarbox, running_postfix
from peers import proc
from peers.world import ground

SIZE = 25 * 1024 * 1024
MIB = 1024 * 1024
ROUNDS = 3 if FAST else 7


def main() -> None:
    """Measure and print."""
    with ground() as place, running_postfix(place) as theirs, running_pillarbox(place) as ours:
        before = proc.rss(ours.pid)
        proc.reset_peak(ours.pid)
        runners = {"Pillarbox": lambda: _send(ours), "Postfix": lambda: _send(theirs)}
        show("One message of 25 MiB into an inbox", in_turns(runners, ROUNDS))
        extra = (proc.peak_rss(ours.pid) - before) / MIB
        print(f"  Pillarbox took {extra:.1f} MiB of memory more than before at its highest")


def _send(server: Ours | MaildirServer) -> Sample:
    def work() -> None:
        source(server.endpoint, 1, size=SIZE, sessions=1)
        if isinstance(server, MaildirServer):
            server.wait_delivered(1)

    return timed(server.pid, 1, work)


if __name__ == "__main__":
    main()
