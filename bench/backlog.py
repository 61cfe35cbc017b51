"""A queue of 1,000,000 recipients: does the server still start at once, and does it stay small?

The rows are written into the store directly, all due tomorrow; then the server starts on them.
Run alone: PYTHONPATH=tests python -m bench.backlog
"""

import asyncio
import os
import random
import time
from pathlib import Path

from bench.measure import FAST
from bench.servers import prepare
from peers import proc
from peers.world import ground
from pillarbox.store.rows import Acceptance, Content, Enqueue, NewMessage
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

ROWS = 100_000 if FAST else 1_000_000
RECIPIENTS = 1_000
AT_ONCE = 20
DAY = 86_400.0
MIB = 1024 * 1024
BODY = b"Subject: waiting\r\n\r\n" + b"x" * 76 + b"\r\n"


class _Clock:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.perf_counter)


def main() -> None:
    """Measure and print."""
    with ground() as place:
        box, _, _ = prepare(place, "pillarbox", None)
        with box.running() as daemon:
            _report("no rows", daemon.ready_seconds, proc.rss(daemon.pid))
        begin = time.perf_counter()
        asyncio.run(_fill(box.folder))
        print(f"  {ROWS:,} rows written in {time.perf_counter() - begin:.1f} s")
        with box.running() as daemon:
            _report(f"{ROWS:,} rows", daemon.ready_seconds, proc.rss(daemon.pid))


def _report(what: str, ready: float, rss: int) -> None:
    print(f"  {what:<15} ready in {ready:.2f} s, RSS {rss / MIB:.1f} MiB")


async def _fill(folder: Path) -> None:
    loop = asyncio.get_running_loop()
    store = await SqliteStore.open(
        folder, clock=_Clock(), random_bytes=os.urandom, settings=SqliteSettings(), loop=loop
    )
    try:
        for first in range(0, ROWS // RECIPIENTS, AT_ONCE):
            last = min(first + AT_ONCE, ROWS // RECIPIENTS)
            await asyncio.gather(*(store.accept(_waiting(number + 1)) for number in range(first, last)))
    finally:
        await store.close()


def _waiting(number: int) -> Acceptance:
    """A message for `RECIPIENTS` recipients in as many domains, due tomorrow in no order."""
    now, rng = time.time(), random.Random(number)
    message = NewMessage(number, now, "s@client.test", Content(b"", BODY, len(BODY)), BODY.index(b"\r\n\r\n") + 4)
    queued = [
        Enqueue(f"u{n}@domain{n}.test", f"domain{n}.test", now + DAY + rng.uniform(0, DAY), now + 5 * DAY)
        for n in range(RECIPIENTS)
    ]
    return Acceptance(message, "[]", queued=queued)


if __name__ == "__main__":
    main()
