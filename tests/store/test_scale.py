"""Does it stay quick with a long queue? Every statement finds its rows by an index; a million rows delay nothing."""

import asyncio
import json
import time
from pathlib import Path

import apsw
import pytest

from pillarbox.store.rows import Acceptance, Content, Deferral, Enqueue, NewMessage, QueueFilter, Settlement
from pillarbox.store.sqlite.connect import DATABASE
from pillarbox.store.sqlite.statements import ENTRY, FOLDER, MAILBOX, MESSAGE, QUEUE, SHARING
from store_contract.engines import START, Bench

FILL_MESSAGES = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows)
INSERT INTO message SELECT i, :start, 'sender@example.com', 100, 20, '7BIT', 0, NULL, NULL, NULL, 1, '[1]', NULL FROM n
"""
FILL_BODIES = "INSERT INTO body SELECT id, zeroblob(100), NULL, 0 FROM message"
FILL_QUEUE = """
INSERT INTO queue SELECT id, id, 'user' || id || '@x.example', 'd' || (id % 1000) || '.example', NULL, NULL, NULL,
    iif(id % 10 = 0, NULL, :start + id % 86400), 0, :start + 500000, 1, '451 4.3.0 later', 0, NULL FROM message
"""
# Statements on the way of a message, and what they would be given.
HOT = [
    (QUEUE["due"], (START, 100)),
    (QUEUE["lease"], (START, "[1, 2]")),
    (QUEUE["park"], (START, "[1, 2]")),
    (QUEUE["renew"], (START, "[1, 2]")),
    (QUEUE["unlease"], (START, "[1, 2]")),
    (QUEUE["unlease_all"], (START,)),
    (QUEUE["items"], ("[1, 2]",)),
    (QUEUE["waiting_ids"], ("[1, 2]",)),
    (QUEUE["remove"], ("[1, 2]",)),
    (QUEUE["defer"], (START, "", 0, 1, 1)),
    (QUEUE["next_due"], ()),
    (QUEUE["last_id"], ()),
    (QUEUE["matching"].format(condition="queue.message_id = 7"), {"after": 0, "limit": 10}),
    (MESSAGE["change_refs"], ("[[1, -1]]",)),
    (MESSAGE["unneeded_files"], ("[1, 2]",)),
    (MESSAGE["free_bodies"], ("[1, 2]",)),
    (MESSAGE["tell"], ("", 1)),
    (MESSAGE["later_chapters"], (1,)),
    (MESSAGE["forgettable"], (START, 10)),
    (MESSAGE["known_files"], ("[]",)),
    (MAILBOX["counters"], ('[[1, "INBOX"]]',)),
    (MAILBOX["set_counters"], ("[[1, 1, 1, 1, 1, 1]]",)),
    (MAILBOX["holding"], (1,)),
    (ENTRY["entries"], (1,)),
    (ENTRY["uids"], (1,)),
    (ENTRY["newest"], (1,)),
    (ENTRY["changed"], (1, 5, 5)),
    (ENTRY["gone"], (1, 5)),
    (ENTRY["octets"], ("[1, 2]", 1)),
    (ENTRY["marks"], {"folder": 1, "uids": "[1]"}),
    (ENTRY["set_marks"], {"folder": 1, "uids": "[1]", "flags": 1, "keywords": "", "modseq": 9}),
    (ENTRY["leaving"], {"folder": 1, "uids": "[1]"}),
    (
        ENTRY["copy"],
        {"folder": 1, "uids": "[1]", "target": 2, "uidnext": 1, "modseq": 9, "now": START, "flags": 31, "keywords": 1},
    ),
    (ENTRY["remove"], {"folder": 1, "uids": "[1]"}),
    (ENTRY["bury"], {"folder": 1, "uids": "[1]", "modseq": 9}),
    (FOLDER["folders"].format(condition="account_id = ? AND name = ?"), (1, "INBOX")),
    (FOLDER["folders"].format(condition="id = ?"), (1,)),
    (FOLDER["rename"], {"account": 1, "old": "a", "new": "b"}),
    (FOLDER["subscriptions"], (1,)),
    (SHARING["rights"], (1,)),
    (SHARING["shared_with"], {"account": 1}),
    (SHARING["notes"], (1, 1)),
    (MESSAGE["tell_all"], {"chapter": "", "messages": "[1]"}),
]


async def fill(bench: Bench, rows: int) -> None:
    """Close the store and put ``rows`` waiting messages into it."""
    await bench.store.close()
    connection = apsw.Connection(str(bench.folder / DATABASE))
    with connection:
        connection.execute(FILL_MESSAGES, {"rows": rows, "start": START})
        connection.execute(FILL_BODIES)
        connection.execute(FILL_QUEUE, {"start": START})
        connection.execute("UPDATE queue SET leased = 1, due = :start WHERE id % 1000 = 1", {"start": START})
    connection.close()
    await bench.open()


@pytest.mark.parametrize(("sql", "values"), HOT, ids=[sql.split("\n")[0][:50] for sql, _ in HOT])
async def test_statements_on_the_way_of_a_message_use_an_index(
    bench: Bench, sql: str, values: tuple[float, ...] | dict[str, float]
) -> None:
    await bench.store.close()
    connection = apsw.Connection(str(bench.folder / DATABASE))
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    connection.close()
    await bench.open()
    known = ("json_each", "wanted", "change", "new", "sqlite_sequence", "(subquery", "CONSTANT")
    scans = [step for step in plan if step.startswith("SCAN") and not any(word in step for word in known)]
    # Walking an index in its order is what LIMIT wants.
    assert [step for step in scans if "USING" not in step] == [], plan


async def rounds(bench: Bench, count: int) -> float:
    """Claim, defer and settle ``count`` times 100 rows; the seconds of the middle one."""
    took = []
    for n in range(count):
        began = time.perf_counter()
        claimed = await bench.store.claim(START + 86_400, START + 90_000, 100, {"d7.example": START + 99_000})
        assert len(claimed) == 100
        half = [
            bench.store.settle(Settlement(row.message.id, "[2]", done=[row.id]))
            if row.id % 2
            else bench.store.settle(
                Settlement(row.message.id, "", deferred=[Deferral(row.id, START + 200_000 + n, "451 later")])
            )
            for row in claimed
        ]
        await asyncio.gather(*half)
        took.append(time.perf_counter() - began)
    return sorted(took)[count // 2]


async def test_a_queue_of_twenty_thousand(bench: Bench) -> None:
    await fill(bench, 20_000)
    assert await bench.store.unlease_all(START) == 20
    assert await bench.store.queue_count() == 20_000
    assert len(await bench.store.queue_rows(QueueFilter(domain="d3.example"))) == 20
    await rounds(bench, 5)
    assert await bench.store.next_due() is not None


@pytest.mark.soak
async def test_a_queue_of_a_million(bench: Bench, tmp_path: Path) -> None:
    """Ready far below 2 s; claiming and settling cost what they cost with an empty queue."""
    small = Bench("sqlite", tmp_path / "small", bench.loop)
    await small.open()
    await fill(small, 20_000)
    few = await rounds(small, 20)
    await small.close()
    await fill(bench, 1_000_000)
    await bench.store.close()
    began = time.perf_counter()
    await bench.open()
    assert await bench.store.unlease_all(START) == 1000
    assert await bench.store.next_due() is not None
    ready = time.perf_counter() - began
    many = await rounds(bench, 20)
    began = time.perf_counter()
    message = NewMessage(1 << 50, START, "s@example.com", Content(b"", b"x", 1), 1)
    await bench.store.accept(Acceptance(message, "[1]", queued=[Enqueue("r@x.example", "x.example", START, START + 9)]))
    accept = time.perf_counter() - began
    print(json.dumps({"ready": ready, "round of 100, few": few, "many": many, "accept": accept}))
    assert ready < 0.5
    assert many < 5 * few + 0.05
    assert accept < 0.1
    assert await bench.store.queue_hold(QueueFilter(domain="d5.example")) != []
