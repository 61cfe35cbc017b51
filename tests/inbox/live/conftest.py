"""Ann's INBOX in a real store, live; the reading of it can be held up or fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pillarbox.inbox.live.mailbox import Mailbox
from pillarbox.inbox.live.mailboxes import LiveMailboxes
from pillarbox.inbox.live.settings import LiveSettings
from pillarbox.inbox.live.view import Updates, View
from pillarbox.observe.log import Log, NoSink
from pillarbox.store.interface import Store, StoreError
from pillarbox.store.rows import FlagChange, FlagsChanged, FolderChanges
from store_contract.engines import Bench, HandClock

State = dict[int, tuple[int, str]]
"""Flags and keywords by UID."""


@dataclass
class Reading:
    """The real store; what is read of it for live mailboxes passes here."""

    store: Store
    asked: list[int] = field(default_factory=list)
    error: StoreError | None = None
    free: asyncio.Event = field(default_factory=asyncio.Event)
    recent: list[int] = field(default_factory=list)
    listener: Callable[[frozenset[int]], None] = lambda _: None

    def __post_init__(self) -> None:
        self.free.set()

    def on_change(self, listener: Callable[[frozenset[int]], None]) -> None:
        self.listener = listener
        self.store.on_change(listener)

    async def changes(self, folder_id: int, modseq: int) -> FolderChanges | None:
        self.asked.append(modseq)
        changes = await self.store.changes(folder_id, modseq)
        await self.free.wait()
        if self.error is not None:
            raise self.error
        return changes

    def take_recent(self, folder_id: int) -> "asyncio.Future[int]":
        self.recent.append(folder_id)
        if self.error is not None:
            failed: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            failed.set_exception(self.error)
            return failed
        return self.store.take_recent(folder_id)


class Client:
    """What a mail program makes of what it is told: UIDs by number, flags by UID."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.uids = list(view.uids)
        self.flags: State = {}
        self.modseqs: dict[int, int] = {}
        self.exists = len(self.uids)
        self.look(range(len(self.uids)))

    def look(self, positions: Sequence[int]) -> None:
        """FETCH FLAGS and MODSEQ."""
        mailbox = self.view.mailbox
        for index in self.view.indices(positions):
            if index >= 0:
                uid = mailbox.uids[index]
                self.flags[uid] = mailbox.marks[index][:2]
                self.modseqs[uid] = mailbox.modseqs[index]

    def hear(self, *, expunges: bool = True) -> Updates:
        updates = self.view.poll(expunges)
        for uid, number in zip(updates.expunged, updates.numbers, strict=True):
            assert self.uids.pop(number - 1) == uid
            self.exists -= 1
            self.flags.pop(uid, None)
            self.modseqs.pop(uid, None)
        if updates.exists is not None:
            assert updates.exists > self.exists
            self.uids += self.view.uids[self.exists :]
            self.exists = updates.exists
            self.look(range(len(self.flags), self.exists))
        assert self.uids == list(self.view.uids)
        assert self.exists == len(self.uids)
        told = [self.modseqs[self.uids[position]] for position in updates.changed]
        self.look(updates.changed)
        now = [self.modseqs[self.uids[position]] for position in updates.changed]
        assert now == sorted(now)
        assert all(before <= after for before, after in zip(told, now, strict=True))
        return updates


@dataclass
class Scene:
    """One folder, whoever looks at it, and the hands that change it."""

    bench: Bench
    reading: Reading
    live: LiveMailboxes
    account: int
    folder: int
    lines: list[str]
    settings: LiveSettings

    @property
    def store(self) -> Store:
        return self.bench.store

    @property
    def clock(self) -> HandClock:
        return self.bench.clock

    async def append(self, count: int = 1) -> list[int]:
        """Messages come, committed together; their UIDs."""
        filed = await asyncio.gather(*(self.store.append(self.bench.local(self.account)) for _ in range(count)))
        return [each.filed[0].uid for each in filed]

    async def mark(self, uids: Sequence[int], mode: str, flags: int, *keywords: str) -> FlagsChanged:
        return await self.store.change_flags(FlagChange(self.folder, uids, mode, flags, keywords))

    async def expunge(self, *uids: int) -> None:
        await self.store.expunge(self.folder, uids, "")

    async def truth(self) -> State:
        return {row.uid: (row.flags, row.keywords) for row in await self.store.entries(self.folder)}

    async def mailbox(self) -> Mailbox:
        return await self.live.open(self.folder)

    async def look(self, *, read_only: bool = False) -> Client:
        """A session selects the folder."""
        return Client(View(await self.mailbox(), read_only))

    async def leave(self, client: Client) -> None:
        await client.view.close()
        self.live.close(client.view.mailbox)


async def told(view: View) -> None:
    """Wait until the view says that there is news."""
    news = asyncio.Event()
    view.on_change = news.set
    await news.wait()


async def make_scene(folder: Path, settings: LiveSettings) -> Scene:
    bench = Bench("sqlite", folder, asyncio.get_running_loop())
    store = await bench.open()
    account = await bench.account("ann")
    row = await bench.folder_of(account)
    lines: list[str] = []
    log = Log(NoSink(), lambda *_: "", lambda: 0.0)
    log.watch = lambda kind, _id, fields: lines.append(f"{kind} {fields}")
    reading = Reading(store)
    live = LiveMailboxes(reading, bench.clock, log, settings)
    return Scene(bench, reading, live, account, row.id, lines, settings)


@pytest.fixture
def live_settings() -> LiveSettings:
    return LiveSettings(retry=0.01)


@pytest.fixture
async def scene(tmp_path: Path, live_settings: LiveSettings) -> AsyncIterator[Scene]:
    scene = await make_scene(tmp_path / "store", live_settings)
    yield scene
    scene.live.stop()
    await scene.bench.close()
