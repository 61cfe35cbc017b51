"""What does a session cost that looks at a folder?"""

import sys
import tracemalloc
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest

from inbox.live.conftest import Scene
from pillarbox.inbox.live.view import View
from pillarbox.store.rows import EntryRow

TraceFunction = Callable[[FrameType, str, Any], Any]


async def test_an_idle_session_on_an_empty_folder_is_small(scene: Scene) -> None:
    ids = [(await scene.store.add_folder(scene.account, f"f{number}")).id for number in range(100)]
    kept = [View(await scene.live.open(ids.pop()), read_only=False)]
    tracemalloc.start()
    kept += [View(await scene.live.open(folder_id), read_only=False) for folder_id in ids]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used / len(ids) < 6 * 1024


async def test_views_that_are_told_everything_share_one_column(scene: Scene) -> None:
    mailbox = await scene.mailbox()
    views = [View(mailbox, read_only=True) for _ in range(3)]
    await scene.append(2)
    await mailbox.refresh()
    for view in views:
        view.poll(expunges=True)
    assert all(view.uids is mailbox.uids for view in views)


@pytest.mark.parametrize("expunges", [True, False])
async def test_a_poll_costs_the_same_however_many_messages_there_are(scene: Scene, expunges: bool) -> None:
    mailbox = await scene.mailbox()
    view = View(mailbox, read_only=True)
    costs = []
    for uid in (10, 50_000, 50_001):
        come = range(mailbox.last + 1, uid)
        mailbox.journal.add(mailbox.take([entry(each, 2) for each in come], []), [view.cursor])
        view.poll(expunges=True)
        mailbox.journal.add(mailbox.take([entry(3, uid), entry(uid, uid)], [uid * 2 // 3]), [view.cursor])
        costs.append(steps(lambda: view.poll(expunges)))
        assert view.poll(expunges=True).expunged == (() if expunges else [uid * 2 // 3])
    assert max(costs) == min(costs) < 100


def entry(uid: int, modseq: int) -> EntryRow:
    return EntryRow(uid, uid, modseq, 0, "", 1, 0.0, 0.0)


def steps(what: Callable[[], object]) -> int:
    """How many lines of Python run in it."""
    count = 0

    def note(_frame: FrameType, event: str, _argument: object) -> TraceFunction:
        nonlocal count
        count += event == "line"
        return note

    before = sys.gettrace()
    sys.settrace(note)
    try:
        what()
    finally:
        sys.settrace(before)
    return count
