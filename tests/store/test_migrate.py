"""Does an old or a newer database say what it is?"""

import asyncio
import os
import stat
from pathlib import Path

import apsw
import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.sqlite.connect import DATABASE
from pillarbox.store.sqlite.migrate import migrate, migrations, version
from store_contract.engines import Bench


async def test_a_new_store_has_todays_shape(bench: Bench) -> None:
    connection = apsw.Connection(str(bench.folder / DATABASE))
    assert version(connection) == migrations()[-1][0]
    assert connection.pragma("journal_mode") == "wal"
    connection.close()


async def test_a_store_of_a_newer_program_is_refused_in_words(bench: Bench) -> None:
    await bench.close()
    connection = apsw.Connection(str(bench.folder / DATABASE))
    connection.execute("UPDATE meta SET value = 1000 WHERE name = 'version'")
    connection.close()
    with pytest.raises(StoreError, match="newer Pillarbox"):
        await bench.open()


def test_a_step_that_fails_leaves_nothing() -> None:
    connection = apsw.Connection(":memory:")
    connection.execute("CREATE TABLE queue (id)")  # in the way of the first step
    with pytest.raises(apsw.SQLError):
        migrate(connection)
    assert not connection.table_exists("main", "meta")
    assert version(connection) == 0
    connection.close()


def test_the_steps_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


async def test_two_programs_may_open_a_store_at_once(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    server, tool = Bench("sqlite", tmp_path / "store", loop), Bench("sqlite", tmp_path / "store", loop)
    await asyncio.gather(server.open(), tool.open())
    account = await server.account()
    acceptances = [bench.local(account) for bench in (server, tool) for _ in range(20)]
    for number, acceptance in enumerate(acceptances):
        acceptance.message.id = number + 1
    results = await asyncio.gather(
        *(server.store.accept(acceptance) for acceptance in acceptances[:20]),
        *(tool.store.accept(acceptance) for acceptance in acceptances[20:]),
    )
    assert sorted(result.filed[0].uid for result in results) == list(range(1, 41))
    await tool.close()
    await server.close()


async def test_a_folder_that_cannot_be_one_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file")
    with pytest.raises(StoreError, match="cannot be opened"):
        await Bench("sqlite", tmp_path / "store", asyncio.get_running_loop()).open()


async def test_a_file_that_is_no_database_is_told(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / DATABASE).write_bytes(b"this is no database" * 1000)
    with pytest.raises(StoreError, match="not a database"):
        await Bench("sqlite", tmp_path / "store", asyncio.get_running_loop()).open()


@pytest.mark.skipif(os.name == "nt", reason="modes are POSIX; Windows has lists of rights")
async def test_only_the_owner_may_read(bench: Bench) -> None:
    await bench.account()
    for path in [bench.folder, *bench.folder.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
