"""What does a session cost that looks at a folder?"""

import tracemalloc

from inbox.live.conftest import Scene
from pillarbox.inbox.live.mailbox import Mailbox
from pillarbox.inbox.live.view import View
from pillarbox.store.rows import EntryRow


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


async def test_a_poll_looks_at_what_is_new_only(scene: Scene) -> None:
    mailbox = await scene.mailbox()
    view = View(mailbox, read_only=True)
    step = mailbox.take([EntryRow(uid, uid, 2, 0, "", 1, 0.0, 0.0) for uid in range(1, 50_001)], [])
    mailbox.journal.add(step, [0])
    view.poll(expunges=True)
    looked = Counted()
    mailbox.marks = looked
    for uid in range(50_001, 50_011):
        step = mailbox.take([EntryRow(uid, uid, uid, 0, "", 1, 0.0, 0.0)], [])
        mailbox.journal.add(step, [view.cursor])
        assert view.poll(expunges=True).exists == uid
    assert looked.reads == 0


class Counted(list):  # type: ignore[type-arg]
    """A list that counts how often it is looked into."""

    reads = 0

    def __getitem__(self, key: object) -> object:
        self.reads += 1
        return super().__getitem__(key)  # type: ignore[index]

    def __iter__(self) -> object:  # type: ignore[override]
        self.reads += 1
        return super().__iter__()
