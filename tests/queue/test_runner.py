"""The queue as a whole: a real store, scripted hosts, a clock turned by hand."""

import asyncio
from dataclasses import replace

from pillarbox.deliver.outcome import Failure
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import SmartHost
from pillarbox.queue.dispatch import DispatchSettings
from pillarbox.queue.runner import RunnerSettings
from pillarbox.queue.window import WindowSettings
from pillarbox.store.rows import QueueFilter
from queue_scene.scene import LATER, NO, OK, START, TIMED_OUT, Scene

FAR = "mx.far.example"
UNREACHABLE = Failure(TIMED_OUT, FAR, "192.0.2.1")


# --- ways in --------------------------------------------------------------------------------------------------------


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


async def test_a_stored_row_is_claimed_and_the_octets_are_freed(scene: Scene) -> None:
    message_id = await scene.store_rows("bob@far.example")
    await scene.begin()
    await scene.settled(1)
    assert await scene.rows() == []
    message = await scene.store.message(message_id)
    assert message is not None
    assert not message.kept


async def test_nothing_is_admitted_before_the_leases_of_a_former_process_are_taken_back(scene: Scene) -> None:
    assert scene.queue.runner.admit("far.example") is None
    await scene.store_rows("bob@far.example", lease=START + 900)
    await scene.begin()
    await scene.settled(1)
    assert scene.hosts[FAR].received() == ["bob@far.example"]


async def test_rows_without_room_in_memory_wait_in_the_store(scene: Scene) -> None:
    scene.settings = replace(
        scene.settings, window=WindowSettings(window=8), runner=replace(scene.settings.runner, claim=4)
    )
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


# --- together and apart ---------------------------------------------------------------------------------------------


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


async def test_mixed_answers_are_settled_in_one_transaction(scene: Scene) -> None:
    account = await scene.account("ann@us.test")
    host = scene.host(FAR)
    host.replies = {"later@far.example": [LATER], "no@far.example": [NO]}
    await scene.begin()
    message = scene.message("ann@us.test")
    await scene.hand_over("yes@far.example", "later@far.example", "no@far.example", message=message)
    await scene.settled(1)
    [settlement] = scene.store.settlements
    assert (len(settlement.done), len(settlement.deferred), len(settlement.reports)) == (2, 1, 1)
    [row] = await scene.rows()
    assert (row.recipient, row.attempts) == ("later@far.example", 1)
    folder = await scene.store.folder(account, "INBOX")
    assert folder is not None
    assert folder.messages == 1
    kinds = [event.kind for event in await scene.told(message.id)]
    assert kinds[-4:] == ["delivered", "deferred", "bounced", "told_sender"]


async def test_deferred_then_delivered(scene: Scene) -> None:
    scene.host(FAR).replies["*"] = [LATER, OK]
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    [row] = await scene.rows()
    assert (row.attempts, row.due, row.leased) == (1, START + 60, False)
    assert "come back later" in row.last_reply
    scene.pass_seconds(59)
    assert scene.hosts[FAR].received() == ["bob@far.example"]
    scene.pass_seconds(2)
    await scene.settled(2)
    assert await scene.rows() == []


async def test_connections_are_kept_and_closed_by_whoever_is_first(scene: Scene) -> None:
    await scene.begin()
    for number in range(3):
        await scene.hand_over("bob@far.example")
        await scene.settled(number + 1)
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


# --- trouble --------------------------------------------------------------------------------------------------------


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
    scene.pass_seconds(61)
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


async def test_a_mistake_of_ours_defers_one_message_and_is_logged(scene: Scene) -> None:
    scene.host(FAR).replies["*"] = []  # the scripted host trips over this: IndexError
    scene.hosts[FAR].replies = {"*": [Reply(250, "", ())]}

    async def broken(*_: object) -> None:
        raise RuntimeError("a mistake")

    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    scene.connections[0].send = broken  # type: ignore[method-assign,assignment]
    await scene.hand_over("eve@far.example")
    await scene.settled(2)
    [row] = await scene.rows()
    assert row.recipient == "eve@far.example"
    assert "a mistake" in str(scene.kinds("attempt_failed"))


async def test_nothing_leaves_while_what_left_cannot_be_written_down(scene: Scene) -> None:
    await scene.begin()
    scene.store.fails = True
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: bool(scene.kinds("settle_failed")))
    await scene.hand_over("eve@far.example")
    scene.pass_seconds(1)
    assert scene.hosts[FAR].received() == ["bob@far.example"]
    assert len(await scene.rows()) == 2
    scene.store.fails = False
    scene.pass_seconds(1)
    await scene.settled(1)
    scene.pass_seconds(1)
    await scene.settled(2)
    assert await scene.rows() == []
    assert scene.hosts[FAR].received() == ["bob@far.example", "eve@far.example"]


# --- ends -----------------------------------------------------------------------------------------------------------


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


# --- administration -------------------------------------------------------------------------------------------------


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
