"""A queue is read page by page, and no message is told in two parts."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from pillarbox.app.calling import ask
from pillarbox.app.control import ControlServer
from pillarbox.app.mailq import mailq
from pillarbox.app.orders import Orders
from pillarbox.app.waiting import messages, record
from pillarbox.mail import ids
from pillarbox.net.clock import SystemClock
from pillarbox.net.platform import current
from pillarbox.observe.log import silent
from pillarbox.store.interface import Queue
from pillarbox.store.rows import MessageRow, QueueFilter, QueueItem

ALL = QueueFilter(everything=True)
# How many recipients each message in the queue still has.
SIZES = [1, 3, 1, 7, 2, 1, 1, 4]


def item(number: int, message: int, *, held: bool = False, due: float | None = 50.0, reply: str = "") -> QueueItem:
    row = MessageRow(message, 10.0, "ann@example.test", 1234, 100, "7BIT", False, None, None, None, True)
    return QueueItem(
        number,
        row,
        f"r{number}@far.test",
        "far.test",
        None,
        None,
        None,
        due,
        False,
        held,
        99.0,
        number % 3,
        reply,
        False,
    )


class Rows:
    """As much of a store as reading the queue needs."""

    def __init__(self) -> None:
        self.items: list[QueueItem] = []
        for message, size in enumerate(SIZES, 1):
            self.items += [item(len(self.items) + n + 1, message << 20) for n in range(size)]

    def queue_rows(self, _where: QueueFilter, after: int = 0, limit: int = 1000) -> "asyncio.Future[list[QueueItem]]":
        found: asyncio.Future[list[QueueItem]] = asyncio.get_running_loop().create_future()
        found.set_result([each for each in self.items if each.id > after][:limit])
        return found


@pytest.mark.parametrize("page", [1, 2, 3, 5, 20, 1000])
async def test_each_message_comes_once_and_whole(page: int) -> None:
    found = [items async for items in messages(cast(Queue, Rows()), ALL, page)]
    assert [len(items) for items in found] == SIZES


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[Path]:
    """A control channel that gives the queue out three rows at a time."""
    control = ControlServer(tmp_path, current().private_files, "token", silent())

    async def text() -> str:
        return ""

    async def status() -> dict[str, object]:
        return {}

    def nothing(*_what: object) -> None:
        """Nobody listens."""

    rows = cast(Queue, Rows())
    orders = Orders(rows, text, SystemClock(), nothing, nothing, nothing, nothing, nothing, status, page=3)
    control.commands |= orders.commands()
    await control.open({})
    yield tmp_path
    await control.close()


async def test_a_page_ends_with_a_message(served: Path) -> None:
    pages, after = [], 0
    while True:
        answer = await asyncio.to_thread(ask, served, "queue", after=after)
        pages.append([len(each["recipients"]) for each in answer["messages"]])
        after = answer["after"]
        if not after:
            break
    assert [size for page in pages for size in page] == SIZES
    assert len(pages) > 3


async def test_mailq_reads_all_pages(served: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    await asyncio.to_thread(mailq, ["--json", "--data", str(served)])
    records = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [len(each["recipients"]) for each in records] == SIZES


def test_what_is_told_of_a_message() -> None:
    told = record(
        [item(1, 7 << 20, held=True), item(2, 7 << 20, due=70.0, reply="450 later"), item(3, 7 << 20, due=60.0)]
    )
    assert told["id"] == ids.encode(7 << 20)
    assert (told["state"], told["next_attempt"], told["attempts"], told["last_reply"]) == (
        "waiting",
        60.0,
        2,
        "450 later",
    )
    details = told["details"]
    assert isinstance(details, list)
    assert details[0] == {
        "recipient": "r1@far.test", "state": "held", "next_attempt": None, "expires": 99.0, "attempts": 1,
        "last_reply": "",
    }  # fmt: skip
    assert record([item(1, 7, held=True)])["next_attempt"] is None
