"""A folder in a real store, live, with all that searching needs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pillarbox.inbox.digest import Compute, DigestLimits, Wire
from pillarbox.inbox.digesting import Digesting
from pillarbox.inbox.live.mailboxes import LiveMailboxes
from pillarbox.inbox.live.view import View
from pillarbox.inbox.search.searcher import Searcher
from pillarbox.inbox.search.settings import SearchSettings
from pillarbox.mail.query import Criterion
from pillarbox.observe.log import Log, NoSink
from pillarbox.store.interface import Store
from pillarbox.store.rows import Acceptance, Content, Filing, NewMessage
from store_contract.engines import Bench

WIRE = Wire(lambda _: b"", lambda *_: b"", lambda *_: b"")


@dataclass
class Scene:
    """Ann's INBOX."""

    bench: Bench
    pool: ThreadPoolExecutor
    account: int = 0
    folder: int = 0
    limits: DigestLimits = field(default_factory=DigestLimits)
    settings: SearchSettings = field(default_factory=SearchSettings)

    @property
    def store(self) -> Store:
        return self.bench.store

    async def open(self) -> None:
        """Begin."""
        await self.bench.open()
        self.account = await self.bench.account("ann")
        self.folder = (await self.bench.folder_of(self.account)).id
        self.log = Log(NoSink(), lambda *_: "", self.bench.clock.now)
        self.live = LiveMailboxes(self.store, self.bench.clock, self.log)
        self.keep(self.limits)

    def keep(self, limits: DigestLimits) -> None:
        """Digest no more than ``limits`` say from now on."""
        compute = Compute(WIRE, limits)
        self.digesting = Digesting(self.store, compute, self.pool, self.bench.clock, self.log)

    async def close(self) -> None:
        """End."""
        self.live.stop()
        await self.bench.close()
        self.pool.shutdown()

    async def file(self, octets: bytes | Path, *, prefix: bytes = b"", flags: int = 0, keywords: str = "") -> int:
        """Put a message into the folder; its UID."""
        number = self.bench.message().id
        size = len(octets) if isinstance(octets, bytes) else octets.stat().st_size
        message = NewMessage(number, self.bench.clock.now(), "x@example.com", Content(b"", octets, size), size)
        filing = Filing(self.account, "user@example.org", prefix, flags=flags, keywords=keywords)
        accepted = await self.store.accept(Acceptance(message, "[1]", [filing]))
        return accepted.filed[0].uid

    async def view(self) -> View:
        """A session that has just selected the folder."""
        mailbox = await self.live.open(self.folder)
        await mailbox.refresh()
        return View(mailbox, read_only=False)

    def searcher(self, settings: SearchSettings | None = None) -> Searcher:
        """A searcher."""
        return Searcher(self.store, self.digesting, self.pool, self.bench.clock, settings or self.settings)

    async def search(self, criterion: Criterion, view: View | None = None, saved: Sequence[int] = ()) -> list[int]:
        """The numbers that a client is told."""
        found = await self.searcher().search(view or await self.view(), criterion, saved)
        return [position + 1 for position in found]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    scene = Scene(Bench("sqlite", tmp_path / "store", asyncio.get_running_loop()), ThreadPoolExecutor(1))
    await scene.open()
    yield scene
    await scene.close()
