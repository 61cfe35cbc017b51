"""How many messages a second does the store accept, and what does one cost? Groups as they form, or of a given size.

    python bench/store_accept.py [--messages 20000] [--accounts 100] [--folder DIR] [--page-size N] [--relay] [--busy]

``--busy`` keeps the event loop busy for 50 us per message, as a server would; ``--relay`` queues each message and
settles it instead of filing it.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from pathlib import Path

from pillarbox.store.rows import Acceptance, AccountRow, Content, Enqueue, Filing, NewMessage, Settlement
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

BODY = (b"0123456789abcdef" * 4 + b"\r\n") * 78
HEAD = b"Received: from client.example ([192.0.2.1]) by mx.example with ESMTP id 0123456789ab;\r\n\tMon, 1 Jan 2024\r\n"
RECIPIENT = '[1700000000.123,"recipient",{"address":"someone@example.org","why":"an account of ours"}]'
CHAPTER = f"[{','.join([RECIPIENT] * 8)}]"


class Clock:
    now = staticmethod(time.time)
    monotonic = staticmethod(time.perf_counter)


def burn(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


class Load:
    """Sessions that each send the next message when the last one was acknowledged."""

    def __init__(self, store: SqliteStore, accounts: list[int], arguments: argparse.Namespace) -> None:
        self.store = store
        self.accounts = accounts
        self.arguments = arguments
        self.number = int(time.time() * 1000) << 18

    def acceptance(self) -> Acceptance:
        self.number += 1 << 18
        message = NewMessage(self.number, time.time(), "sender@example.com", Content(HEAD, BODY, len(BODY)), 400)
        if self.arguments.relay:
            row = Enqueue(
                "rcpt@example.org", "example.org", message.arrived, message.arrived + 9e5, lease=message.arrived
            )
            return Acceptance(message, CHAPTER, queued=[row])
        account = self.accounts[(self.number >> 18) % len(self.accounts)]
        prefix = b"Return-Path: <sender@example.com>\r\nDelivered-To: user%d@example.org\r\n" % account
        return Acceptance(message, CHAPTER, [Filing(account, f"user{account}@example.org", prefix)])

    async def session(self, count: int) -> None:
        for _ in range(count):
            if self.arguments.busy:
                burn(50e-6)
            acceptance = self.acceptance()
            accepted = await self.store.accept(acceptance)
            if self.arguments.relay:
                await self.store.settle(Settlement(acceptance.message.id, f"[{RECIPIENT}]", accepted.queue_ids))

    async def run(self, sessions: int, messages: int) -> None:
        started, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(self.session(messages // sessions) for _ in range(sessions)))
        wall, spent = time.perf_counter() - started, time.process_time() - cpu
        print(f"{sessions:4} sessions: {messages / wall:9,.0f} messages/s, {spent / messages * 1e6:6.1f} us CPU each")


async def main(arguments: argparse.Namespace) -> None:
    folder = Path(tempfile.mkdtemp(dir=arguments.folder))
    settings = SqliteSettings(page_size=arguments.page_size)
    loop = asyncio.get_running_loop()
    store = await SqliteStore.open(folder, clock=Clock(), random_bytes=os.urandom, settings=settings, loop=loop)
    try:
        rows = (
            AccountRow(0, f"user{n}@example.org", "", None, None, 1 << 40, None, True, 0.0)
            for n in range(arguments.accounts)
        )
        folders = [(name, None) for name in ("INBOX", "Drafts", "Sent", "Archive", "Junk", "Trash")]
        accounts = await asyncio.gather(*(store.add_account(row, folders) for row in rows))
        load = Load(store, list(accounts), arguments)
        for sessions in (1, 20, 50, 100):
            await load.run(sessions, arguments.messages // (8 if sessions == 1 else 1))
    finally:
        await store.close()
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--page-size", type=int, default=SqliteSettings().page_size)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--relay", action="store_true")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--uvloop", action="store_true")
    chosen = parser.parse_args()
    if chosen.uvloop:
        import uvloop

        uvloop.run(main(chosen))
    else:
        asyncio.run(main(chosen))
