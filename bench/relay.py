"""Relay end to end: smtp-source to the server to smtp-sink, until the sink has all, against Postfix.

Run alone: PYTHONPATH=tests python -m bench.relay
"""

from bench.load import Sink, sink, source, timed
from bench.measure import FAST, Sample, in_turns, more_files, show
from bench.servers import LOOPBACK, Server, running_pillarbox, running_postfix
from peers.world import free_port, ground

COUNT = {"Pillarbox": 4_000 if FAST else 10_000, "Postfix": 1_000 if FAST else 2_000}
ROUNDS = 2 if FAST else 5
AWAY = "someone@far.test"


def main() -> None:
    """Measure and print."""
    more_files()
    with (
        ground() as place,
        sink(place.folder, (LOOPBACK, free_port())) as to_ours,
        sink(place.folder, (LOOPBACK, free_port())) as to_theirs,
        running_pillarbox(place, relay=to_ours.endpoint) as ours,
        running_postfix(place, relay=to_theirs.endpoint) as theirs,
    ):
        for title, reuse in (("one message per connection", False), ("connections kept open", True)):
            runners = {
                "Pillarbox": lambda r=reuse: _run(ours, to_ours, r),
                "Postfix": lambda r=reuse: _run(theirs, to_theirs, r),
            }
            show(f"Relay end to end, 5 KiB, 50 sessions, {title}", in_turns(runners, ROUNDS))


def _run(server: Server, target: Sink, reuse: bool) -> Sample:
    count = COUNT[server.name]

    def work() -> None:
        wanted = target.count() + count
        source(server.endpoint, count, reuse=reuse, to=AWAY)
        target.wait_for(wanted)

    return timed(server.pid, count, work)


if __name__ == "__main__":
    main()
