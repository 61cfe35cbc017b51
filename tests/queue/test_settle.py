"""What came of an attempt is written down, or nothing more leaves."""

import asyncio

import pytest

from pillarbox.mail.reply import Reply
from pillarbox.queue.verdict import Judge
from pillarbox.store.interface import StoreError, StoreUnavailable
from pillarbox.store.rows import Accepted, Settlement
from queue_scene.scene import LATER, NO, OK, START, Scene

FAR = "mx.far.example"


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
    await scene.later(2)
    await scene.settled(2)
    assert await scene.rows() == []


async def test_nothing_leaves_while_what_left_cannot_be_written_down(scene: Scene) -> None:
    await scene.begin()
    scene.store.fails = True
    await scene.hand_over("bob@far.example")
    await scene.until(lambda: bool(scene.kinds("settle_failed")))
    await scene.hand_over("eve@far.example")
    await scene.later(1)
    assert scene.hosts[FAR].received() == ["bob@far.example"]
    assert len(await scene.rows()) == 2
    scene.store.fails = False
    await scene.later(1)
    await scene.settled(1)
    await scene.later(1)
    await scene.settled(2)
    assert await scene.rows() == []
    assert scene.hosts[FAR].received() == ["bob@far.example", "eve@far.example"]


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


async def test_a_report_that_cannot_be_written_does_not_keep_the_row(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> object:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(scene.queue.reports, "on_attempt", broken)
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    message_id = await scene.hand_over("bob@far.example")
    await scene.settled(1)
    assert await scene.rows() == []
    assert [event.kind for event in await scene.told(message_id)][-2:] == ["bounced", "not_told"]
    assert "a mistake" in str(scene.kinds("report_failed"))


async def test_the_store_may_be_away_while_a_report_is_written(scene: Scene) -> None:
    await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    scene.store.fails = True
    message_id = await scene.hand_over("bob@far.example", message=scene.message("ann@us.test"))
    await scene.until(lambda: bool(scene.kinds("settle_failed")))
    scene.store.fails = False
    await scene.later(1)
    await scene.settled(1)
    assert await scene.rows() == []
    assert [event.kind for event in await scene.told(message_id)][-2:] == ["bounced", "told_sender"]
    assert len(scene.kinds("received")) == 1


async def test_what_a_mistake_of_ours_left_undone_comes_back_with_its_lease(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> object:
        raise RuntimeError("a mistake")

    await scene.begin()
    with monkeypatch.context() as patch:
        patch.setattr(Judge, "judge", broken)
        await scene.hand_over("bob@far.example")
        await scene.until(lambda: bool(scene.kinds("queue_failed")))
        assert scene.in_work() == 0
    [row] = await scene.rows()
    assert row.leased
    await scene.later(901)
    await scene.settled(1)
    assert await scene.rows() == []
    assert len(scene.hosts[FAR].jobs) == 2


async def test_an_answer_that_only_the_store_minds_is_not_asked_for_ever(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_settlement: Settlement) -> "asyncio.Future[Accepted]":
        future: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        future.set_exception(StoreError("this cannot be"))
        return future

    await scene.begin()
    with monkeypatch.context() as patch:
        patch.setattr(scene.store, "settle", refused)
        await scene.hand_over("bob@far.example")
        await scene.until(lambda: bool(scene.kinds("settle_failed")))
    await scene.hand_over("eve@far.example")
    await scene.settled(1)
    assert [row.recipient for row in await scene.rows()] == ["bob@far.example"]


async def test_a_sender_who_cannot_be_looked_up_now_is_told_once_later(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away() -> object:
        raise StoreUnavailable("the disk is broken")

    await scene.account("ann@us.test")
    scene.host(FAR).replies["*"] = [NO]
    await scene.begin()
    with monkeypatch.context() as patch:
        patch.setattr(scene.store, "domains", away)
        message_id = await scene.hand_over("bob@far.example", message=scene.message("ann@us.test"))
        await scene.until(lambda: bool(scene.kinds("settle_failed")))
    await scene.later(1)
    await scene.settled(1)
    kinds = [event.kind for event in await scene.told(message_id)]
    assert kinds.count("told_sender") == 1
