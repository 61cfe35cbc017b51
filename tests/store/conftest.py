"""A SQLite store on a file system that can be made to fail."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pillarbox.store.sqlite import SqliteSettings
from store.faulty_vfs import FaultyVfs
from store_contract.engines import Bench


@pytest.fixture
def vfs(tmp_path: Path) -> Iterator[FaultyVfs]:
    vfs = FaultyVfs(f"faulty-{tmp_path.name}")
    yield vfs
    vfs.heal()
    vfs.unregister()


@pytest.fixture
async def bench(vfs: FaultyVfs, tmp_path: Path) -> AsyncIterator[Bench]:
    settings = SqliteSettings(vfs=vfs.name, reopen_pause=0.001, reopen_pause_max=0.01, checkpoint_octets=40_000)
    bench = Bench("sqlite", tmp_path / "store", asyncio.get_running_loop(), settings=settings)
    await bench.open()
    yield bench
    vfs.heal()
    await bench.close()
