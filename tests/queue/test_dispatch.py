"""Connections: kept, shared, bounded, and left alone when nothing gets through."""

import asyncio
from dataclasses import replace

from pillarbox.deliver.outcome import Failure
from pillarbox.mail.reply import Reply
from pillarbox.queue.dispatch import DispatchSettings
from pillarbox.store.rows import QueueFilter
from queue_scene.scene import START, TIMED_OUT, Scene

FAR = "mx.far.example"
UNREACHABLE = Failure(TIMED_OUT, FAR, "192.0.2.1")


async def test_domains_on_one_host_are_one_transaction(scene: Scene) -> None:
    scene.deliverer.mx |= {"one.example": "mx.shared", "two.example": "mx.shared"}
    gate = scene.host("mx.shared").connect_gate = asyncio.Event()
    await scene.begin()
    await scene.hand_over("a@one.example", "b@two.example", "c@one.example")
    await scene.until(lambda: scene.hosts["mx.shared"].connects > 0)
    await scene.until(lambda: len(scene.deliverer.planned) == 2)
    gate.set()
    await scene.settled(1)
    assert scene.hosts["mx.shared"].received() == ["a@one.example", "c@one.example", "b@two.example"]
    assert len(scene.hosts["mx.shared"].jobs) == 1


async def test_connections_are_kept_and_closed_by_whoever_is_first(scene: Scene) -> None:
    await scene.begin()
    for number in range(3):
        message_id = await scene.hand_over("bob@far.example")
        await scene.settled(number + 1)
        kinds = [event.kind for event in await scene.told(message_id)]
        assert ("connection_kept" in kinds) is (number > 0)
        assert ("connected" in kinds) is (number == 0)
    assert scene.hosts[FAR].connects == 1
    scene.connections[0].end()
    await scene.until(lambda: scene.hosts[FAR].open == 0)
    await scene.hand_over("bob@far.example")
    await scene.settled(4)
    assert scene.hosts[FAR].connects == 2


async def test_a_kept_connection_that_was_dead_costs_no_attempt(scene: Scene) -> None:
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    scene.hosts[FAR].stale = 1
    message_id = await scene.hand_over("eve@far.example")
    await scene.settled(2)
    assert await scene.rows() == []
    assert scene.hosts[FAR].connects == 2
    assert "tried_again" in [event.kind for event in await scene.told(message_id)]


async def test_a_backlog_gets_more_connections_but_not_too_many(scene: Scene) -> None:
    gate = scene.host(FAR).gate = asyncio.Event()
    await scene.begin()
    for number in range(60):
        await scene.hand_over(f"u{number}@far.example")
    await scene.until(lambda: scene.hosts[FAR].busy == 3)
    gate.set()
    await scene.settled(60)
    assert 3 <= scene.hosts[FAR].most_open <= 20


async def test_the_number_of_connections_in_all_is_bounded_and_each_gets_its_turn(scene: Scene) -> None:
    scene.settings = replace(scene.settings, dispatch=DispatchSettings(connections=2))
    scene.assemble()
    await scene.begin()
    for number in range(10):
        await scene.hand_over(f"u@d{number}.example")
    await scene.settled(10)
    assert all(host.received() for host in scene.hosts.values())
    assert sum(host.open for host in scene.hosts.values()) <= 2


async def test_all_that_waits_for_an_unreachable_host_is_put_off_together(scene: Scene) -> None:
    host = scene.host(FAR)
    host.unreachable = UNREACHABLE
    gate = host.connect_gate = asyncio.Event()
    await scene.begin()
    for number in range(5):
        await scene.hand_over(f"u{number}@far.example")
    await scene.until(lambda: host.connects > 0)
    gate.set()
    await scene.settled(5)
    rows = await scene.rows()
    assert [row.attempts for row in rows] == [1] * 5
    assert host.connects <= 3
    assert [row.due for row in rows] == [START + 60] * 5
    # A fresh message is not tried while the host is left alone, and its story says so.
    message_id = await scene.hand_over("late@far.example")
    await scene.settled(6)
    assert [event.kind for event in await scene.told(message_id)][-2:] == ["braked", "deferred"]
    assert host.connects <= 3
    # When it is back, one connection tries first; then all goes out.
    host.unreachable = None
    await scene.later(61)
    await scene.settled(12)
    assert await scene.rows() == []


async def test_a_host_that_says_421_is_left_alone_after_some_losses(scene: Scene) -> None:
    host = scene.host(FAR)
    host.closing = Reply(421, "4.3.2", ("shutting down",))
    await scene.begin()
    for number in range(6):
        await scene.hand_over(f"u{number}@far.example")
    await scene.settled(6)
    assert host.connects <= 4
    assert scene.kinds("destination_braked")
    assert {row.attempts for row in await scene.rows()} == {1}


async def test_trying_now_ignores_the_brake(scene: Scene) -> None:
    host = scene.host(FAR)
    host.unreachable = UNREACHABLE
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    host.unreachable = None
    await scene.store.queue_retry(QueueFilter(everything=True), scene.clock.now())
    scene.queue.runner.retry()
    await scene.settled(2)
    assert host.received() == ["bob@far.example"]
