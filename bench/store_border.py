"""From which size on is a body better kept in a file? Accepted messages a second and CPU of each, for both ways.

    python bench/store_border.py [--folder DIR]

A file is written and synced before it is handed over, as a spooled body is.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from itertools import count
from pathlib import Path

from pillarbox.store.rows import Acceptance, AccountRow, Content, Filing, NewMessage
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

SESSIONS = 20
OCTETS_EACH = 64 * 1024 * 1024


class Clock:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.perf_counter)


def spooled(store: SqliteStore, number: int, octets: bytes) -> Path:
    path = store.incoming() / str(number)
    with path.open("wb") as file:
        file.write(octets)
        file.flush()
        os.fsync(file.fileno())
    return path


async def measure(folder: Path, size: int, *, as_file: bool) -> None:
    loop = asyncio.get_running_loop()
    store = await SqliteStore.open(folder, clock=Clock(), random_bytes=os.urandom, settings=SqliteSettings(), loop=loop)
    account = await store.add_account(
        AccountRow(0, "user@example.org", "", None, None, None, None, True, 0.0), [("INBOX", None)]
    )
    numbers, octets, messages = count(1), os.urandom(size), max(200, min(4000, OCTETS_EACH // size))

    async def session() -> None:
        for _ in range(messages // SESSIONS):
            number = next(numbers)
            body = await loop.run_in_executor(None, spooled, store, number, octets) if as_file else octets
            message = NewMessage(number << 18, time.time(), "s@example.com", Content(b"", body, size), 100)
            await store.accept(Acceptance(message, "[]", [Filing(account, "user@example.org", b"")]))

    began, cpu = time.perf_counter(), time.process_time()
    await asyncio.gather(*(session() for _ in range(SESSIONS)))
    wall, spent = time.perf_counter() - began, time.process_time() - cpu
    await store.close()
    way = "file    " if as_file else "database"
    print(f"{size // 1024:6} KiB {way} {messages / wall:8,.0f} messages/s {spent / messages * 1e6:8,.0f} us CPU each")


async def main(folder: Path | None) -> None:
    for kib in (16, 32, 64, 128, 256, 512, 1024):
        for as_file in (False, True):
            place = Path(tempfile.mkdtemp(dir=folder))
            try:
                await measure(place / "store", kib * 1024, as_file=as_file)
            finally:
                shutil.rmtree(place)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=None)
    asyncio.run(main(parser.parse_args().folder))
