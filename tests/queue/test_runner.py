"""The queue as a whole: a real store, scripted hosts, a clock turned by hand."""

from queue_scene.scene import LATER, NO, START, Scene


async def test_a_fresh_message_leaves_from_memory(scene: Scene) -> None:
    await scene.begin()
    message_id = await scene.hand_over("bob@far.example")
    await scene.settled(1)
    assert scene.hosts["mx.far.example"].received() == ["bob@far.example"]
    assert await scene.rows() == []
    kinds = [event.kind for event in await scene.told(message_id)]
    assert kinds == ["dns", "connected", "said", "delivered"]


async def test_a_stored_row_is_claimed(scene: Scene) -> None:
    message_id = await scene.store_rows("bob@far.example")
    await scene.begin()
    await scene.settled(1)
    assert await scene.rows() == []
    assert not (await scene.store.message(message_id)).kept  # type: ignore[union-attr]


async def test_deferred_then_delivered(scene: Scene) -> None:
    scene.host("mx.far.example").replies["*"] = [LATER, scene_ok()]
    await scene.begin()
    await scene.hand_over("bob@far.example")
    await scene.settled(1)
    [row] = await scene.rows()
    assert (row.attempts, row.due, row.leased) == (1, START + 60, False)
    assert "come back later" in row.last_reply
    scene.pass_seconds(59)
    assert scene.hosts["mx.far.example"].received() == ["bob@far.example"]
    scene.pass_seconds(2)
    await scene.settled(2)
    assert await scene.rows() == []


def scene_ok():  # type: ignore[no-untyped-def]
    from queue_scene.scene import OK

    return OK
