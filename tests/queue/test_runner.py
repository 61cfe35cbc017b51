"""The queue as a whole: a real store, scripted hosts, a clock turned by hand."""

import asyncio
from dataclasses import replace

from pillarbox.deliver.outcome import Failure
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import SmartHost
from pillarbox.queue.runner import RunnerSettings
from pillarbox.queue.window import WindowSettings
from pillarbox.store.rows import QueueFilter
from queue_scene.scene import START, Scene

FAR = "mx.far.example"


async def test_a_fresh_message_leaves_from_memory(scene: Scene) -> None:
    await scene.begin()
    claims = scene.store.claimed
    message_id = await scene.hand_over("bob@far.example")
    await scene.settled(1)
    assert scene.hosts[FAR].received() == ["bob@far.example"]
    assert await scene.rows() == []
    kinds = [event.kind for event in await scene.told(message_id)]
    assert kinds == ["dns", "connected", "said", "delivered"]
    assert scene.queue.runner.window.octets == 0
    assert scene.store.claimed <= claims + 1


async def test_nothing_is_admitted_before_the_leases_of_a_former_process_are_taken_back(scene: Scene) -> None:
    assert scene.queue.runner.admit("far.example") is None
    await scene.store_rows("bob@far.example", lease=START + 900)
    await scene.begin()
    await scene.settled(1)
    assert scene.hosts[FAR].received() == ["bob@far.example"]


async def test_large_content_is_read_back_from_the_store(scene: Scene) -> None:
    scene.settings = replace(scene.settings, window=WindowSettings(handover_octets=10))
    scene.assemble()
    await scene.begin()
    body = b"Subject: big\r\n\r\n" + b"x" * 400_000
    await scene.hand_over("bob@far.example", message=scene.message(body=body))
    await scene.settled(1)
    assert scene.hosts[FAR].jobs[0].content == body


async def test_routing_rules_that_must_be_read_first_hold_nothing_up(scene: Scene) -> None:
    scene.routing.is_slow = True
    scene.routing.by_sender["ann@isp.test"] = SmartHost("smtp.isp.test", why="route 1")
    await scene.begin()
    await scene.hand_over("bob@far.example", message=scene.message("ann@isp.test"))
    await scene.hand_over("bob@far.example", message=scene.message("eve@us.test"))
    await scene.settled(2)
    assert scene.hosts["smtp.isp.test"].received() == ["bob@far.example"]
    assert scene.hosts[FAR].received() == ["bob@far.example"]


async def test_dns_trouble_defers_and_no_such_domain_bounces(scene: Scene) -> None:
    await scene.account("ann@us.test")
    scene.deliverer.mx["gone.example"] = Failure(Reply(550, "5.1.2", ("there is no domain gone.example",)))
    scene.deliverer.mx["shaky.example"] = Failure(Reply(451, "4.4.3", ("DNS gave no answer",)))
    await scene.begin()
    message_id = await scene.hand_over("a@gone.example", "b@shaky.example", message=scene.message("ann@us.test"))
    await scene.settled(2)
    [row] = await scene.rows()
    assert row.recipient == "b@shaky.example"
    assert "bounced" in [event.kind for event in await scene.told(message_id)]


async def test_a_crash_between_the_remote_250_and_the_settlement_costs_one_duplicate(scene: Scene) -> None:
    await scene.begin()
    scene.store.fails = True
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: bool(scene.kinds("settle_failed")))
    first = scene.queue.runner
    await scene.crash()
    await scene.begin()
    await scene.until(lambda: len(scene.hosts[FAR].received()) == 2)
    await scene.settled(1)
    assert await scene.rows() == []
    first.window.leave(first.window.remaining())  # what the dead process remembers
    await first.stop()


async def test_stopping_lets_transactions_end_and_gives_back_the_rest(scene: Scene) -> None:
    scene.settings = replace(scene.settings, runner=RunnerSettings(heartbeat=36_000, drain=10))
    scene.assemble()
    gate = scene.host(FAR).gate = asyncio.Event()
    scene.host("mx.slow.example").connect_gate = asyncio.Event()
    await scene.begin()
    for number in range(10):
        await scene.hand_over(f"u{number}@far.example")
    await scene.hand_over("bob@slow.example")
    await scene.until(lambda: scene.hosts[FAR].busy == 3 and scene.hosts["mx.slow.example"].connects == 1)
    stopping = asyncio.ensure_future(scene.queue.runner.stop())
    await asyncio.sleep(0)
    gate.set()
    await stopping
    rows = await scene.rows()
    assert len(rows) == 8
    assert {(row.leased, row.due, row.attempts) for row in rows} == {(False, START, 0)}
    assert len(scene.hosts[FAR].received()) == 3


async def test_a_transaction_that_outlasts_the_drain_is_cut_off_and_its_row_is_kept(scene: Scene) -> None:
    scene.host(FAR).gate = asyncio.Event()
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: scene.hosts[FAR].busy == 1)
    await scene.queue.runner.stop()
    [row] = await scene.rows()
    assert (row.leased, row.attempts) == (False, 0)


async def test_leases_of_what_takes_long_are_renewed(scene: Scene) -> None:
    gate = scene.host(FAR).gate = asyncio.Event()
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: scene.hosts[FAR].busy == 1)
    for _ in range(10):
        scene.pass_seconds(301)
        await scene.until_async(lambda: leased_until(scene, scene.clock.time + 900))
    gate.set()
    await scene.settled(1)
    assert scene.hosts[FAR].received() == ["bob@far.example"]


async def leased_until(scene: Scene, time: float) -> bool:
    [row] = await scene.rows()
    return row.leased and row.due == time


async def test_rows_that_are_held_while_they_wait_in_memory_do_not_leave(scene: Scene) -> None:
    gate = scene.host(FAR).connect_gate = asyncio.Event()
    await scene.begin()
    held = await scene.hand_over("a@far.example")
    dropped = await scene.hand_over("b@far.example")
    await scene.hand_over("c@far.example")
    await scene.store.queue_hold(QueueFilter(message_id=held))
    await scene.store.queue_drop(QueueFilter(message_id=dropped), "[]")
    await scene.queue.runner.look_again()
    gate.set()
    await scene.settled(1)
    assert scene.hosts[FAR].received() == ["c@far.example"]
    [row] = await scene.rows()
    assert row.held
    await scene.store.queue_release(QueueFilter(message_id=held), scene.clock.now())
    await scene.queue.runner.look_again()
    await scene.settled(2)
    assert scene.hosts[FAR].received() == ["c@far.example", "a@far.example"]


async def test_one_of_two_recipients_dropped_leaves_the_other(scene: Scene) -> None:
    gate = scene.host(FAR).connect_gate = asyncio.Event()
    await scene.begin()
    await scene.hand_over("a@far.example", "b@far.example")
    await scene.store.queue_drop(QueueFilter(recipient="a@far.example"), "[]")
    await scene.queue.runner.look_again()
    gate.set()
    await scene.until(lambda: scene.hosts[FAR].received() == ["b@far.example"])
    await scene.until(lambda: not scene.in_work())
    assert await scene.rows() == []


async def test_recalling_a_message_takes_only_what_was_meant(scene: Scene) -> None:
    gate = scene.host(FAR).connect_gate = asyncio.Event()
    await scene.begin()
    message_id = await scene.hand_over("a@far.example", "b@far.example")
    await scene.store.queue_hold(QueueFilter(recipient="a@far.example"))
    scene.queue.runner.recall([message_id])
    assert scene.in_work() == 0
    await scene.later(1)
    gate.set()
    await scene.settled(1)
    assert scene.hosts[FAR].received() == ["b@far.example"]
    [row] = await scene.rows()
    assert row.held
