"""What does a server cost that does nothing? Start, processes, memory, and memory for each idle connection.

Postfix gives each connection a process of its own, so it is asked for 100 connections only. Its start is that of its
master alone, without the checks that `postfix start` makes first.
Run alone: PYTHONPATH=tests python -m bench.idle
"""

import socket
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from bench.measure import FAST, more_files
from bench.servers import Server, running_pillarbox, running_postfix
from peers import proc
from peers.process import Endpoint
from peers.world import ground

KIB, MIB = 1024, 1024 * 1024
CONNECTIONS = {"Pillarbox": 1_000 if FAST else 5_000, "Postfix": 100}
STARTS = 3 if FAST else 7


def main() -> None:
    """Measure and print."""
    more_files()
    ready: dict[str, list[float]] = {"Pillarbox": [], "Postfix": []}
    print("\nIdle")
    for turn in range(STARTS):
        with ground() as place:
            for start in (running_pillarbox, running_postfix):
                with start(place) as server:
                    ready[server.name].append(server.ready_seconds)
                    if turn == 0:
                        _describe(server)
    for name, seconds in ready.items():
        print(f"  {name:<10} ready in {statistics.median(seconds):.2f} s  [{min(seconds):.2f}-{max(seconds):.2f}]")


def _describe(server: Server) -> None:
    processes = proc.family(server.pid)
    pss, rss = (sum(map(measure, processes)) / MIB for measure in (proc.pss, proc.rss))
    print(f"  {server.name:<10} {len(processes)} processes, PSS {pss:.1f} MiB, RSS {rss:.1f} MiB")
    count = CONNECTIONS[server.name]
    with _connected(server.endpoint, count):
        with_all = sum(map(proc.pss, proc.family(server.pid))) / MIB
    print(f"  {server.name:<10} {(with_all - pss) * KIB / count:,.1f} KiB for each of {count} idle connections")


@contextmanager
def _connected(endpoint: Endpoint, count: int) -> Iterator[None]:
    """``count`` connections that have said EHLO and been answered."""
    with ExitStack() as all_open:
        for _ in range(count):
            connection = all_open.enter_context(socket.create_connection(endpoint, timeout=30))
            _read_reply(connection)
            connection.sendall(b"EHLO client.test\r\n")
            _read_reply(connection)
        yield


def _read_reply(connection: socket.socket) -> None:
    data = b""
    while not (data.endswith(b"\n") and data.splitlines()[-1][3:4] == b" "):
        more = connection.recv(4096)
        if not more:
            raise SystemExit("the server closed an idle connection")
        data += more


if __name__ == "__main__":
    main()
