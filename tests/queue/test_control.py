"""Hold, release, try now, remove: what administrators do, and what the story says of it."""

from collections.abc import Sequence

import pytest

from pillarbox.queue.control import Control
from pillarbox.queue.states import TABLE, Act, State, after, state_of
from pillarbox.store.rows import Deferral, QueueFilter, QueueItem, Settlement
from queue_scene.scene import START, Scene

WHERE = QueueFilter(recipient="bob@far.example")


class Nudged:
    def __init__(self) -> None:
        self.recalled: list[int] = []
        self.retried = 0

    def recall(self, message_ids: Sequence[int]) -> None:
        self.recalled += message_ids

    def retry(self) -> None:
        self.retried += 1


async def only(scene: Scene) -> QueueItem | None:
    rows = await scene.rows()
    return rows[0] if rows else None


async def test_each_act_changes_the_row_and_is_told(scene: Scene) -> None:
    nudged = Nudged()
    control = Control(scene.store, scene.clock, nudged)
    message_id = await scene.store_rows("bob@far.example", due=START + 500)
    assert await control.hold(WHERE, "root") == [message_id]
    assert nudged.recalled == [message_id]
    row = await only(scene)
    assert row is not None
    assert row.held
    assert await control.release(WHERE, "root") == [message_id]
    assert nudged.retried == 1
    row = await only(scene)
    assert row is not None
    assert (row.held, row.due) == (False, START)
    scene.clock.time += 7
    assert await control.retry(WHERE, "root") == [message_id]
    row = await only(scene)
    assert row is not None
    assert row.due == START + 7
    assert await control.drop(WHERE, "root") == [message_id]
    assert await only(scene) is None
    events = await scene.told(message_id)
    assert [event.kind for event in events] == ["held", "released", "retried", "dropped"]
    assert events[0].evidence == {"user": "root", "recipient": "bob@far.example"}


async def bring(scene: Scene, state: State) -> QueueItem:
    """A row in ``state``."""
    await scene.store_rows("bob@far.example", lease=START + 900 if state is State.LEASED else None)
    if state is State.HELD:
        await scene.store.queue_hold(WHERE)
    row = await only(scene)
    assert row is not None
    assert state_of(row) is state
    return row


async def act(scene: Scene, row: QueueItem, act: Act) -> None:
    """What the store does for ``act``."""
    store, message_id = scene.store, row.message.id
    if act is Act.CLAIM:
        await store.claim(START, START + 900, 10, {})
    elif act is Act.LEASE_ENDS:
        await store.unlease_all(START)
    elif act is Act.UNLEASE:
        await store.unlease([row.id], START)
    elif act is Act.DEFER:
        await store.settle(Settlement(message_id, "[]", deferred=[Deferral(row.id, START + 60, "later")]))
    elif act is Act.FINISH:
        await store.settle(Settlement(message_id, "[]", done=[row.id]))
    elif act is Act.HOLD:
        await store.queue_hold(WHERE)
    elif act is Act.RELEASE:
        await store.queue_release(WHERE, START)
    elif act is Act.RETRY:
        await store.queue_retry(WHERE, START)
    else:
        await store.queue_drop(WHERE, "[]")


# What only the runner does to its own rows is never done to those that wait.
DEEDS = [
    (state, deed)
    for state in (State.WAITING, State.LEASED, State.HELD)
    for deed in Act
    if state is not State.WAITING or deed not in {Act.DEFER, Act.FINISH}
]


@pytest.mark.parametrize(("state", "deed"), DEEDS)
async def test_the_store_keeps_to_the_table(scene: Scene, state: State, deed: Act) -> None:
    row = await bring(scene, state)
    await act(scene, row, deed)
    now = await only(scene)
    assert (State.GONE if now is None else state_of(now)) is after(state, deed)


def test_every_state_but_the_last_can_be_left() -> None:
    assert {state for state, _ in TABLE} == {State.WAITING, State.LEASED, State.HELD}
    assert State.GONE in TABLE.values()
