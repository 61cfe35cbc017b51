"""Look-ups: one for all who wait, bounded, remembered for a while; and rules that must be read first."""

import asyncio
from dataclasses import replace

from pillarbox.deliver.outcome import Failure
from pillarbox.queue.plans import PlanSettings
from pillarbox.store.interface import StoreUnavailable
from pillarbox.store.rows import QueueFilter
from queue_scene.scene import Scene


async def test_one_look_up_for_all_who_wait(scene: Scene) -> None:
    gate = scene.deliverer.plan_gates["far.example"] = asyncio.Event()
    await scene.begin()
    for number in range(5):
        await scene.hand_over(f"u{number}@far.example")
    gate.set()
    await scene.settled(5)
    assert scene.deliverer.planned == ["far.example"]


async def test_a_slow_look_up_holds_up_nobody_else(scene: Scene) -> None:
    gate = scene.deliverer.plan_gates["slow.example"] = asyncio.Event()
    await scene.begin()
    await scene.hand_over("a@slow.example")
    await scene.hand_over("b@far.example")
    await scene.until(lambda: bool(scene.host("mx.far.example").jobs))
    gate.set()
    await scene.settled(2)


async def test_plans_and_failures_are_asked_for_anew_after_a_while(scene: Scene) -> None:
    scene.settings = replace(scene.settings, plans=PlanSettings(plan_keep=60, failure_keep=30, plans=1))
    scene.assemble()
    await scene.begin()
    for number, (seconds, asked) in enumerate([(0, 1), (59, 1), (2, 2)], 1):
        scene.pass_seconds(seconds)
        await scene.hand_over("bob@far.example")
        await scene.settled(number)
        assert scene.deliverer.planned == ["far.example"] * asked
    await scene.hand_over("bob@other.example")
    await scene.settled(4)
    await scene.hand_over("bob@far.example")  # forgotten: only one is remembered
    await scene.settled(5)
    assert scene.deliverer.planned == ["far.example", "far.example", "other.example", "far.example"]


async def test_the_story_says_when_a_plan_was_known_before(scene: Scene) -> None:
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    found = scene.clock.time
    scene.pass_seconds(5)
    message_id = await scene.hand_over("bob@far.example")
    await scene.settled(2)
    event = (await scene.told(message_id))[0]
    assert (event.kind, event.evidence["found"], event.evidence["why"]) == ("route", found, "no rule")


async def test_a_mistake_over_one_domain_defers_its_mail(scene: Scene) -> None:
    async def broken(*_: object) -> Failure:
        raise RuntimeError("a mistake")

    plan, scene.deliverer.plan = scene.deliverer.plan, broken  # type: ignore[method-assign,assignment]
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    [row] = await scene.rows()
    assert row.attempts == 1
    assert "a mistake" in str(scene.kinds("plan_failed"))
    scene.deliverer.plan = plan  # type: ignore[method-assign]
    await scene.later(61)
    await scene.settled(2)
    assert await scene.rows() == []


async def test_held_mail_is_let_go_while_it_waits_for_a_look_up(scene: Scene) -> None:
    gate = scene.deliverer.plan_gates["far.example"] = asyncio.Event()
    await scene.begin()
    message_id = await scene.hand_over("bob@far.example")
    await scene.until(lambda: bool(scene.deliverer.planned))
    await scene.store.queue_hold(QueueFilter(message_id=message_id))
    scene.queue.runner.recall([message_id])
    assert scene.in_work() == 0
    gate.set()
    await scene.quiet()
    assert scene.hosts.get("mx.far.example") is None


async def test_rules_that_cannot_be_read_are_asked_for_again(scene: Scene) -> None:
    route = scene.routing.route
    scene.routing.is_slow = True

    async def fails(sender: str, domain: str) -> object:
        raise StoreUnavailable("the disk is broken")

    scene.routing.route = fails  # type: ignore[method-assign,assignment]
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: bool(scene.kinds("routing_failed")))
    scene.routing.route = route  # type: ignore[method-assign]
    await scene.later(1)
    await scene.settled(1)
    assert scene.hosts["mx.far.example"].received() == ["bob@far.example"]
