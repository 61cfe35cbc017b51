"""Where does the time of an accepted message go? Each part alone, then the whole, in microseconds of processor.

    dialogue   the SMTP state machine fed with the octets of one message, no sockets, nothing kept
    store      the store given a finished message, many at once, as in a busy server
    whole      the running server under smtp-source; what the parts do not explain is sockets, policy and story
    floor      smtp-sink, C, which answers and forgets: what the same conversation costs at least

Run alone: PYTHONPATH=tests python -m bench.parts
"""

import asyncio
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.load import sink, source, timed
from bench.measure import FAST, Sample, in_turns, more_files
from bench.servers import LOOPBACK, Server, running_pillarbox
from peers.world import free_port, ground
from pillarbox.mail.reply import START_INPUT, Reply
from pillarbox.proto.smtp.events import Body, DataRequested, Hello, Mail, Rcpt
from pillarbox.proto.smtp.server import Role, ServerConnection, ServerSettings
from pillarbox.store.rows import Acceptance, AccountRow, Content, Filing, NewMessage
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

COUNT = 2_000 if FAST else 10_000
ROUNDS = 2 if FAST else 3
SESSIONS = 50
BODY = (b"x" * 78 + b"\r\n") * 64
OK = Reply.of(250, "2.0.0", "OK")
DIALOGUE = (
    b"HELO client.test\r\n", b"MAIL FROM:<s@client.test>\r\n", b"RCPT TO:<u@bench.test>\r\n", b"DATA\r\n",
    BODY + b".\r\n", b"QUIT\r\n",
)  # fmt: skip


class _Clock:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.perf_counter)


def main() -> None:
    """Measure and print."""
    more_files()
    print("\nCPU for each accepted message, one a connection")
    _line("dialogue", [_dialogue() for _ in range(ROUNDS)])
    _line("store", [asyncio.run(_store()) for _ in range(ROUNDS)])
    with ground() as place, sink(place.folder, (LOOPBACK, free_port())) as floor, running_pillarbox(place) as ours:
        bare = Server("floor", floor.endpoint, floor.pid, 0.0)
        runners: dict[str, Callable[[], Sample]] = {"whole": lambda: _whole(ours), "floor": lambda: _whole(bare)}
        for series in in_turns(runners, ROUNDS):
            _line(series.name, [sample.cost for sample in series.samples])


def _line(name: str, costs: list[float]) -> None:
    print(f"  {name:<10}{statistics.median(costs):>7.1f} us  [{min(costs):.1f}-{max(costs):.1f}]")


def _whole(server: Server) -> Sample:
    return timed(server.pid, COUNT, lambda: source(server.endpoint, COUNT))


def _dialogue() -> float:
    settings = ServerSettings(hostname="pillarbox.bench.test", role=Role.MX)
    begin = time.process_time()
    for _ in range(COUNT):
        connection = ServerConnection(settings)
        connection.greet()
        for octets in DIALOGUE:
            connection.receive_data(octets)
            while (event := connection.next_event()) is not None:
                if isinstance(event, DataRequested):
                    connection.reply(START_INPUT)
                elif isinstance(event, (Hello, Mail, Rcpt)) or (isinstance(event, Body) and event.last):
                    connection.reply(OK)
            connection.take_output()
    return (time.process_time() - begin) / COUNT * 1e6


async def _store() -> float:
    with tempfile.TemporaryDirectory() as folder:
        loop = asyncio.get_running_loop()
        store = await SqliteStore.open(
            Path(folder), clock=_Clock(), random_bytes=os.urandom, settings=SqliteSettings(), loop=loop
        )
        row = AccountRow(0, "u@bench.test", "", None, None, 1 << 40, None, True, 0.0)
        account = await store.add_account(row, [("INBOX", None)])
        begin = time.process_time()
        await asyncio.gather(*(_session(store, account, first) for first in range(SESSIONS)))
        spent = time.process_time() - begin
        await store.close()
        return spent / COUNT * 1e6


async def _session(store: SqliteStore, account: int, first: int) -> None:
    for number in range(first, COUNT, SESSIONS):
        message = NewMessage(number + 1, time.time(), "s@client.test", Content(b"", BODY, len(BODY)), 0)
        await store.accept(Acceptance(message, "[]", [Filing(account, "u@bench.test", b"")]))


if __name__ == "__main__":
    main()
