"""What waits in the store comes into memory: earliest first, bounded, and no crowd before all others."""

import asyncio
from dataclasses import replace

from pillarbox.deliver.outcome import Failure
from pillarbox.queue.claims import ClaimSettings
from pillarbox.queue.window import WindowSettings
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
