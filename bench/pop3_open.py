"""How long does a POP3 client wait before an inbox of 100,000 messages?

    PYTHONPATH=tests .venv/bin/python -m bench.pop3_open

Prints the median of five sessions: the bare drop, then over a socket from the password to the answer of STAT, then the
listings. The inbox is filled with short messages first, which is not counted.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from doors.foundation import PASSWORD, USER
from doors.pop3.house import House, Talk
from pillarbox.inbox.drop import Reader
from pillarbox.store.rows import Acceptance, Content, Filing, NewMessage

MESSAGE = b"Subject: one of many\r\n\r\nshort\r\n"
MESSAGES = 100_000
COPIES = 500
ROUNDS = 5


async def fill(house: House, messages: int) -> None:
    """Put so many messages into the inbox."""
    for first in range(0, messages, COPIES):
        now = house.clock.now()
        new = NewMessage(first + 1, now, "", Content(b"", MESSAGE, len(MESSAGE)), 24)
        filings = [Filing(house.account_id, USER, b"") for _ in range(min(COPIES, messages - first))]
        await house.store.accept(Acceptance(new, "[]", filings))


async def median(work: Callable[[], Awaitable[None]]) -> float:
    """Seconds that ``work`` takes."""
    spent = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await work()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent)


async def measure(messages: int) -> None:
    """Fill, measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        async with House(Path(folder)) as house:
            await fill(house, messages)
            reader = Reader(house.account_id, USER, "127.0.0.1")

            async def bare() -> None:
                (await house.drops.open(reader)).close()

            async def signed_in(*commands: str) -> None:
                talk = await house.talk()
                await talk.ask(f"USER {USER}")
                assert (await talk.ask(f"PASS {PASSWORD}")).startswith("+OK")
                for command in commands:
                    await listing(talk, command)
                await talk.ask("QUIT")

            async def listing(talk: Talk, command: str) -> None:
                await talk.ask(command)
                if command != "STAT":
                    await talk.rest()

            figures = {
                "drop opened": await median(bare),
                "session with STAT": await median(lambda: signed_in("STAT")),
                "session with STAT, UIDL and LIST": await median(lambda: signed_in("STAT", "UIDL", "LIST")),
            }
    print(f"{messages} messages")
    for name, seconds in figures.items():
        print(f"{name:34} {seconds:7.3f} s")


def main() -> None:
    """Measure."""
    asyncio.run(measure(MESSAGES))


if __name__ == "__main__":
    main()
