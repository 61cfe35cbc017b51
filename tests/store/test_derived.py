"""derived.db may be lost, damaged or busy at any time: mail does not mind, and what stood in it is computed again."""

import asyncio
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import apsw
import pytest

from pillarbox.store.interface import StoreError, StoreUnavailable
from pillarbox.store.sqlite import SqliteSettings, SqliteStore, derived_backlog, restore
from pillarbox.store.sqlite.derived_backlog import Backlog
from pillarbox.store.sqlite.derived_reading import DerivedReaders
from store.faulty_vfs import FaultyVfs
from store_contract.digests import digest
from store_contract.engines import Bench

R = TypeVar("R")


async def _filed(bench: Bench, number: int = 3) -> tuple[int, list[int]]:
    folder = await bench.folder_of(await bench.account())
    ids = []
    for _ in range(number):
        acceptance = bench.local(folder.account_id)
        await bench.store.accept(acceptance)
        ids.append(acceptance.message.id)
    return folder.id, ids


async def _full(bench: Bench) -> tuple[int, list[int]]:
    """All digested, and the file whole on the disk."""
    folder, ids = await _filed(bench)
    await bench.store.put_digests([digest(message, text="river " * 500) for message in ids])
    await bench.reopen()
    return folder, ids


def _names(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.folder.glob("derived*.db"))


async def test_it_is_made_at_the_first_use_and_private(bench: Bench) -> None:
    assert _names(bench) == []
    assert await bench.store.undigested(1) == []
    assert _names(bench) == ["derived.db"]
    if os.name == "posix":
        for path in bench.folder.glob("derived*"):
            assert stat.S_IMODE(path.stat().st_mode) == 0o600


async def test_a_lost_file_is_made_again(bench: Bench) -> None:
    _, ids = await _full(bench)
    await bench.store.close()
    for path in bench.folder.glob("derived*"):
        path.unlink()
    store = await bench.open()
    assert await store.undigested(10) == ids[::-1]
    await store.put_digests([digest(message) for message in ids])
    assert await store.undigested(10) == []


@pytest.mark.parametrize("what", ["garbage", "other shape", "cut short"])
async def test_a_file_that_is_none_gives_way_to_a_new_one(bench: Bench, what: str) -> None:
    _, ids = await _full(bench)
    await bench.store.close()
    path = bench.folder / "derived.db"
    if what == "garbage":
        path.write_bytes(b"no database at all" * 1000)
    elif what == "cut short":
        path.write_bytes(path.read_bytes()[:3000])
    else:
        other = apsw.Connection(str(path))
        other.pragma("user_version", 99)
        other.close()
    store = await bench.open()
    assert await store.undigested(10) == ids[::-1]
    assert _names(bench) == ["derived-1.db"]
    await store.put_digests([digest(message) for message in ids])
    assert await (await bench.reopen()).undigested(10) == []


def _damage(path: Path) -> None:
    """Make all pages but the first useless."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


async def test_damage_that_a_reader_finds_is_mended_at_once(bench: Bench) -> None:
    folder, ids = await _full(bench)
    _damage(bench.folder / "derived.db")
    with pytest.raises(StoreUnavailable, match="damaged"):
        await bench.store.digested(ids, "envelope")
    assert await bench.store.digested(ids, "envelope") == {}
    assert await bench.store.undigested(10) == ids[::-1]
    await bench.store.put_digests([digest(message) for message in ids])
    assert len(await bench.store.digested(ids, "envelope")) == len(ids)
    assert (await bench.store.uids_worded(folder, "body", "river", [1, 2])).sure == [1, 2]
    assert (await bench.store.message(ids[0])) is not None


async def test_damage_that_the_writer_finds_costs_nobody_anything(bench: Bench) -> None:
    _, ids = await _full(bench)
    _damage(bench.folder / "derived.db")
    await bench.store.put_digests([digest(ids[0])])
    assert await bench.store.digested(ids, "body") == {ids[0]: b"(body)"}
    assert await bench.store.undigested(10) == [ids[2], ids[1]]


async def test_many_readers_that_find_damage_make_one_new_file(bench: Bench) -> None:
    _, ids = await _full(bench)
    _damage(bench.folder / "derived.db")
    found = await asyncio.gather(*(bench.store.digested(ids, "envelope") for _ in range(10)), return_exceptions=True)
    assert any(isinstance(one, StoreUnavailable) for one in found)
    assert _names(bench) == ["derived-1.db"]


async def test_mail_is_accepted_while_it_cannot_be_written(bench: Bench) -> None:
    folder, _ = await _filed(bench)
    await bench.store.undigested(1)
    other = apsw.Connection(str(bench.folder / "derived.db"))
    other.execute("BEGIN IMMEDIATE")
    waiting = bench.store.put_digests([digest(1)])
    row = await bench.store.folder_by_id(folder)
    assert row is not None
    await bench.store.accept(bench.local(row.account_id))
    assert not waiting.done()
    other.execute("ROLLBACK")
    other.close()
    await waiting


async def test_what_cannot_be_written_is_told_and_can_be_tried_again(bench: Bench, vfs: FaultyVfs) -> None:
    _, ids = await _filed(bench)
    await bench.store.undigested(1)
    vfs.on, vfs.fail_write = "derived.db-wal", apsw.IOError
    with pytest.raises(StoreError):
        await bench.store.put_digests([digest(ids[0])])
    await bench.store.tell(ids[0], "[2]")
    vfs.heal()
    await bench.store.put_digests([digest(ids[0])])
    assert await bench.store.undigested(10) == [ids[2], ids[1]]


async def test_a_full_disk_stops_digests_only(bench: Bench, vfs: FaultyVfs) -> None:
    _, ids = await _filed(bench)
    await bench.store.undigested(1)
    vfs.on, vfs.fail_write = "derived.db-wal", apsw.FullError
    with pytest.raises(StoreError):
        await bench.store.put_digests([digest(ids[0])])
    assert await bench.store.digested(ids, "body") == {}
    vfs.heal()


class Once(DerivedReaders):
    """Fails in the middle of its work, once."""

    def __init__(self, readers: DerivedReaders, good_calls: int) -> None:
        self._inner = readers
        self._good_calls = good_calls

    async def read(self, query: Callable[[apsw.Connection], R]) -> R:
        self._good_calls -= 1
        if self._good_calls == -1:
            raise StoreUnavailable("made to fail")
        return await self._inner.read(query)


@pytest.mark.parametrize("good_calls", [0, 1, 2])
async def test_nothing_that_waits_is_forgotten_when_looking_fails(bench: Bench, good_calls: int) -> None:
    _, ids = await _filed(bench)
    assert isinstance(bench.store, SqliteStore)
    backlog = Backlog(Once(bench.store._derived.readers, good_calls))
    with pytest.raises(StoreUnavailable):
        await backlog.newest(10)
    assert await backlog.newest(10) == ids[::-1]


async def test_more_may_wait_than_is_known_at_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(derived_backlog, "KNOWN_AT_ONCE", 4)
    _, ids = await _filed(bench, 10)
    found: list[int] = []
    while some := await bench.store.undigested(3):
        found += some
        await bench.store.put_digests([digest(message) for message in some])
    assert sorted(found) == ids


async def test_a_backup_has_none_and_needs_none(bench: Bench, tmp_path: Path) -> None:
    _, ids = await _full(bench)
    await bench.store.backup(tmp_path / "backup")
    assert sorted(path.name for path in (tmp_path / "backup").iterdir()) == ["blobs", "pillarbox.db"]
    await bench.store.close()
    restore(tmp_path / "backup", tmp_path / "elsewhere", SqliteSettings())
    bench.folder = tmp_path / "elsewhere"
    store = await bench.open()
    assert await store.undigested(10) == ids[::-1]


async def test_nothing_is_written_after_the_end(bench: Bench) -> None:
    _, ids = await _filed(bench)
    store = bench.store
    await store.close()
    with pytest.raises(StoreUnavailable):
        await store.put_digests([digest(ids[0])])
    await bench.open()
