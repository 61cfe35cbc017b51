"""What waits in the store comes into memory: earliest first, bounded, and no crowd before all others."""

import asyncio
from dataclasses import replace

import pytest

from pillarbox.deliver.outcome import Failure
from pillarbox.queue.claims import ClaimSettings
from pillarbox.queue.window import WindowSettings
from pillarbox.store.interface import StoreUnavailable
from pillarbox.store.sqlite import queue as store_queue
from queue_scene.scene import START, TIMED_OUT, Scene

FAR = "mx.far.example"
UNREACHABLE = Failure(TIMED_OUT, FAR, "192.0.2.1")


async def test_rows_without_room_in_memory_wait_in_the_store(scene: Scene) -> None:
    scene.settings = replace(scene.settings, window=WindowSettings(window=8), claims=ClaimSettings(claim=4))
    scene.assemble()
    gate = scene.host(FAR).gate = asyncio.Event()
    await scene.begin()
    for number in range(30):
        await scene.hand_over(f"u{number}@far.example")
    assert scene.in_work() <= 8
    gate.set()
    await scene.until(lambda: len(scene.hosts[FAR].received()) == 30)
    await scene.until(lambda: not scene.in_work())
    assert sorted(scene.hosts[FAR].received()) == sorted(f"u{number}@far.example" for number in range(30))
    assert await scene.rows() == []


async def test_a_dead_destination_with_10_000_rows_does_not_delay_a_live_one(scene: Scene) -> None:
    scene.host("mx.dead.example").unreachable = UNREACHABLE
    gate = scene.host("mx.dead.example").connect_gate = asyncio.Event()
    for number in range(100):
        await scene.store_rows(*(f"u{number}-{n}@dead.example" for n in range(100)))
    for number in range(20):
        await scene.store_rows(f"u{number}@live.example")
    await scene.begin()
    live = scene.host("mx.live.example")
    await scene.let_pass(3)
    assert len(live.received()) == 20
    assert not scene.hosts["mx.dead.example"].jobs

    gate.set()
    await scene.let_pass(150)
    rows = await scene.rows()
    assert len(rows) == 10_000
    assert all(row.attempts for row in rows)
    assert scene.hosts["mx.dead.example"].connects <= 6  # not one for each row, nor for each message
    await scene.hand_over("one-more@live.example")
    await scene.until(lambda: len(live.received()) == 21)


async def test_a_crowd_of_one_domain_does_not_fill_the_window(scene: Scene) -> None:
    scene.settings = replace(scene.settings, window=WindowSettings(window=40))
    scene.assemble()
    gate = scene.host("mx.slow.example").gate = asyncio.Event()
    for number in range(300):
        await scene.store_rows(f"u{number}@slow.example")
    await scene.store_rows("bob@far.example", due=START + 1)
    scene.clock.time = START + 2
    await scene.begin()
    await scene.let_pass(3)
    assert scene.host(FAR).received() == ["bob@far.example"]
    assert scene.queue.runner.window.count("slow.example") <= 30
    gate.set()
    await scene.let_pass(300, until=lambda: len(scene.hosts["mx.slow.example"].received()) == 300)
    assert len(scene.hosts["mx.slow.example"].received()) == 300


async def test_a_stored_row_is_claimed_and_the_octets_are_freed(scene: Scene) -> None:
    message_id = await scene.store_rows("bob@far.example")
    await scene.begin()
    await scene.settled(1)
    assert await scene.rows() == []
    message = await scene.store.message(message_id)
    assert message is not None
    assert not message.kept


async def test_rows_are_put_off_in_bulk_a_portion_a_second(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_queue, "PARKED_AT_ONCE", 20)
    scene.settings = replace(scene.settings, window=WindowSettings(window=40))
    scene.assemble()
    scene.host("mx.slow.example").gate = asyncio.Event()
    for number in range(200):
        await scene.store_rows(f"u{number}@slow.example")
    await scene.store_rows("bob@far.example", due=START + 1)
    scene.clock.time = START + 2
    await scene.begin()
    for _ in range(3):
        claimed = scene.store.claimed
        scene.pass_seconds(1)
        while scene.queue.runner.is_busy:
            await scene.store.renew([], 0.0)
        assert scene.store.claimed <= claimed + 2
    await scene.let_pass(20)
    assert scene.hosts["mx.far.example"].received() == ["bob@far.example"]


async def test_a_row_that_is_claimed_again_while_it_is_here_leaves_once(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object) -> "asyncio.Future[None]":
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        failed.set_exception(StoreUnavailable("the disk is broken"))
        return failed

    gate = scene.host("mx.far.example").gate = asyncio.Event()
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: scene.hosts["mx.far.example"].busy == 1)
    await scene.quiet()
    with monkeypatch.context() as patch:
        patch.setattr(scene.store, "renew", away)
        claimed = scene.store.claimed
        scene.pass_seconds(901)
        await scene.until(lambda: scene.store.claimed > claimed)
        await scene.until(lambda: bool(scene.kinds("renew_failed")))
    await scene.quiet()
    gate.set()
    await scene.settled(1)
    await scene.quiet()
    assert scene.hosts["mx.far.example"].received() == ["bob@far.example"]
