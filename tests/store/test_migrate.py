"""Does an old or a newer database say what it is?"""

import asyncio
import os
import stat
from pathlib import Path

import apsw
import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import CopyOrder, FlagChange, Flags
from pillarbox.store.sqlite.connect import DATABASE
from pillarbox.store.sqlite.migrate import migrate, migrations, version
from store_contract.engines import START, Bench


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


FIRST_SHAPE = """
INSERT INTO account (id, address, domain, name, enabled, created)
    VALUES (1, 'user@example.org', 'example.org', '', 1, 0.0);
INSERT INTO folder
    (id, account_id, name, uidvalidity, uidnext, modseq, messages, unseen, octets, special_use, subscribed)
    VALUES (1, 1, 'INBOX', 10, 8, 9, 4, 3, 20, NULL, 1), (2, 1, 'Sent', 11, 1, 1, 0, 0, 0, '\\Sent', 0);
INSERT INTO message (id, arrived, sender, size, header_size, body_type, smtputf8, refs, chapter)
    VALUES (77, 5.0, 's@example.com', 5, 1, '7BIT', 0, 4, '[1]');
INSERT INTO body (id, data, skip) VALUES (77, 'octet', 0);
INSERT INTO entry (folder_id, uid, message_id, modseq, flags, keywords, size, internal_date, prefix)
    VALUES (1, 2, 77, 8, 8, '', 5, 5.0, ''), (1, 3, 77, 4, 1, '', 5, 6.0, ''), (1, 5, 77, 6, 0, 'b', 5, 7.0, ''),
           (1, 7, 77, 9, 8, '', 5, 8.0, '');
INSERT INTO expunged VALUES (1, 7, 6);
UPDATE meta SET value = 1 WHERE name = 'version';
UPDATE meta SET value = 11 WHERE name = 'uidvalidity';
"""


def first_shape(folder: Path) -> None:
    """A store as the first version left it."""
    folder.mkdir()
    connection = apsw.Connection(str(folder / DATABASE))
    with connection:
        connection.execute(migrations()[0][1])
        connection.execute(FIRST_SHAPE.replace("'octet'", "x'6f63746574'").replace(", '')", ", x'')"))
    connection.close()


async def test_a_store_of_the_first_version_has_all_that_is_new(tmp_path: Path) -> None:
    first_shape(tmp_path / "store")
    bench = Bench("sqlite", tmp_path / "store", asyncio.get_running_loop())
    store = await bench.open()
    assert await store.check() == []
    inbox, sent = await store.folders(1)
    assert (inbox.subscribed, sent.subscribed, await store.subscriptions(1)) == (True, False, ["INBOX"])
    assert (inbox.messages, inbox.deleted, inbox.deleted_octets, inbox.recent) == (4, 2, 10, 1)
    entries = await store.entries(1)
    assert [(entry.uid, entry.modseq, entry.saved) for entry in entries] == [(2, 8, 5), (3, 4, 6), (5, 6, 7), (7, 9, 8)]
    changes = await store.changes(1, 5)
    assert changes is not None
    assert (changes.entries, changes.gone) == ([entries[0], entries[2], entries[3]], [6])
    # And it goes on from there.
    [place] = (await store.accept(bench.local(1))).filed
    await store.change_flags(FlagChange(1, [3], "+", Flags.FLAGGED))
    await store.copy(CopyOrder(1, [2, 3], sent.id))
    changes = await store.changes(1, 9)
    assert changes is not None
    assert [entry.uid for entry in changes.entries] == [3, place.uid]
    assert changes.entries[1].saved == START
    await bench.close()


async def test_an_upgrade_that_is_cut_off_is_done_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first_shape(tmp_path / "store")
    bench = Bench("sqlite", tmp_path / "store", asyncio.get_running_loop())
    (number, sql), broken = migrations()[1], [migrations()[0], (2, migrations()[1][1] + "; SELECT nonsense")]
    with monkeypatch.context() as patch:
        patch.setattr("pillarbox.store.sqlite.migrate.migrations", lambda: broken)
        with pytest.raises(StoreError, match="nonsense"):
            await bench.open()
    connection = apsw.Connection(str(tmp_path / "store" / DATABASE))
    assert (number, version(connection), sql in broken[1][1]) == (2, 1, True)
    connection.close()
    await bench.open()
    assert (await bench.store.folders(1))[0].deleted == 2
    await bench.close()


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
