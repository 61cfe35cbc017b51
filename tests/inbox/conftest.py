"""A real store with Ann's folders, and all that brings messages in and out."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from inbox.wood import Wood
from pillarbox.inbox.append import Appender, AppendSettings
from pillarbox.inbox.exporting import Exporter
from pillarbox.inbox.importing import Importer, ImportSettings
from pillarbox.mail.ids import IdSource
from pillarbox.store.interface import Store
from pillarbox.store.rows import AccountRow
from store_contract.engines import Bench


@dataclass
class Shelf:
    """Ann's account in a store, with small bounds so that files and batches come into play."""

    bench: Bench
    pool: ThreadPoolExecutor
    ann: AccountRow
    ids: IdSource = field(default_factory=IdSource)

    @property
    def store(self) -> Store:
        return self.bench.store

    @property
    def appender(self) -> Appender:
        return Appender(self.store, self.ids, self.bench.clock, self.pool, AppendSettings(append_memory=4_000))

    def importer(self, **settings: int) -> Importer:
        return Importer(self.store, self.appender, self.pool, ImportSettings(**settings))  # type: ignore[arg-type]

    @property
    def exporter(self) -> Exporter:
        return Exporter(self.store, self.pool)

    async def messages(self, folder: str = "INBOX") -> list[bytes]:
        """What lies in a folder, in the order of UIDs."""
        row = await self.bench.folder_of(self.ann.id, folder)
        found = []
        for entry in await self.store.entries(row.id):
            prefix = await self.store.entry_prefix(row.id, entry.uid)
            found.append(prefix + b"".join([part async for part in self.store.read_slices(entry.message_id)]))
        return found


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.fixture
async def shelf(tmp_path: Path, pool: ThreadPoolExecutor) -> AsyncIterator[Shelf]:
    bench = Bench("sqlite", tmp_path / "store", asyncio.get_running_loop())
    await bench.open()
    number = await bench.account("ann")
    ann = await bench.store.account_by_id(number)
    assert ann is not None
    yield Shelf(bench, pool, ann)
    await bench.close()


@pytest.fixture
async def wood(tmp_path: Path) -> AsyncIterator[Wood]:
    bench = Bench("sqlite", tmp_path / "store", asyncio.get_running_loop())
    await bench.open()
    yield await Wood.grown(bench)
    await bench.close()
