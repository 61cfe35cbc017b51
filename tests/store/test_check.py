"""Is each kind of damage found and told in words?"""

import apsw
import pytest

from pillarbox.store.sqlite.connect import DATABASE
from store_contract.engines import Bench

DAMAGES = [
    ("UPDATE folder SET messages = 7 WHERE id = 1", "folder INBOX of account 1 counts 7 messages"),
    ("UPDATE folder SET unseen = 0 WHERE id = 1", "0 unseen"),
    ("UPDATE folder SET octets = octets + 1 WHERE id = 1", "octets, but holds 2"),
    ("UPDATE folder SET uidnext = 2 WHERE id = 1", "would give a UID or MODSEQ that was given before"),
    ("UPDATE folder SET modseq = 1 WHERE id = 1", "would give a UID or MODSEQ that was given before"),
    ("UPDATE message SET refs = refs + 1 WHERE id = (SELECT max(id) FROM message)", "counts 2 references, but has 1"),
    ("DELETE FROM message WHERE id = (SELECT message_id FROM queue)", "counts 0 references, but has 1"),
    ("DELETE FROM body WHERE id = (SELECT message_id FROM queue)", "has lost its octets"),
    ("UPDATE body SET data = x'00' WHERE id = (SELECT message_id FROM queue)", "but has 1"),
    ("INSERT INTO body (id, data, skip) VALUES (5, x'00', 0)", "octets of message 5 are kept"),
    ("UPDATE entry SET folder_id = 99", "folder 99, which does not exist"),
    ("DELETE FROM account", "belongs to account 1, which does not exist"),
]


async def fill(bench: Bench) -> int:
    account = await bench.account()
    large = bench.local(account, body=bench.large(b"x" * 1000))
    await bench.store.accept(large)
    await bench.store.accept(bench.local(account))
    await bench.store.accept(bench.remote("far@x.example"))
    return large.message.id


def damage(bench: Bench, sql: str) -> None:
    connection = apsw.Connection(str(bench.folder / DATABASE))
    connection.execute(sql)
    connection.close()


@pytest.mark.parametrize(("sql", "told"), DAMAGES)
async def test_damage_is_told(bench: Bench, sql: str, told: str) -> None:
    await fill(bench)
    damage(bench, sql)
    found = await bench.store.check()
    assert any(told in sentence for sentence in found), found
    await bench.store.close()
    bench.abandon()


async def test_a_missing_or_short_file_is_told(bench: Bench) -> None:
    await fill(bench)
    [path] = (bench.folder / "blobs").glob("*/*")
    octets = path.read_bytes()
    path.write_bytes(octets[:-1])
    [sentence] = await bench.store.check()
    assert "has 999 octets instead of 1000" in sentence
    path.unlink()
    [sentence] = await bench.store.check()
    assert "is missing" in sentence
    path.write_bytes(octets)


async def test_a_broken_page_is_told(bench: Bench) -> None:
    account = await bench.account()
    for _ in range(50):
        await bench.store.accept(bench.local(account, body=b"y" * 3000))
    await bench.store.close()
    database = bench.folder / DATABASE
    octets = bytearray(database.read_bytes())
    at = len(octets) // 2 // 4096 * 4096
    octets[at : at + 4096] = b"\xa5" * 4096
    database.write_bytes(octets)
    await bench.open()
    found = await bench.store.check()
    assert found
    assert all(sentence.startswith("the database is damaged: ") for sentence in found)
    await bench.store.close()
    bench.abandon()


async def test_what_is_told_is_bounded(bench: Bench) -> None:
    account = await bench.account()
    for _ in range(130):
        await bench.store.accept(bench.local(account))
    damage(bench, "DELETE FROM body")
    found = await bench.store.check()
    assert len(found) == 101
    assert found[-1] == "… and 30 more like these"
    await bench.store.close()
    bench.abandon()
