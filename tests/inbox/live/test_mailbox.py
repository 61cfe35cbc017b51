"""A folder in memory keeps up with the store."""

import asyncio

import pytest

from inbox.live.conftest import Scene, told
from pillarbox.inbox.live.view import View
from pillarbox.store.interface import StoreUnavailable
from pillarbox.store.rows import CopyOrder, EntryRow, Flags

SEEN = int(Flags.SEEN)


async def test_the_columns_say_what_the_store_says(scene: Scene) -> None:
    await scene.append(20)
    await scene.mark([3, 4], "", SEEN, "b", "a")
    await scene.expunge(*range(5, 15))
    mailbox = await scene.mailbox()
    await scene.mark([17, 4], "+", SEEN, "c")
    await scene.expunge(18)
    await scene.append(2)
    await mailbox.refresh()
    marks = mailbox.marks
    columns = zip(
        mailbox.uids, mailbox.message_ids, mailbox.modseqs, [each.flags for each in marks],
        [each.keywords for each in marks], mailbox.sizes, mailbox.dates, mailbox.saved, strict=True,
    )  # fmt: skip
    assert [EntryRow(*row) for row in columns] == await scene.store.entries(scene.folder)
    assert list(mailbox.flags) == [each.flags for each in marks]
    assert mailbox.keywords == ["a", "b", "c"]
    assert mailbox.folder == await scene.store.folder_by_id(scene.folder)
    assert [each.wire for each in marks[2:4]] == [b"\\Seen a b", b"\\Seen a b c"]


async def test_refresh_asks_nothing_when_nothing_was_named(scene: Scene) -> None:
    mailbox = await scene.mailbox()
    asked = len(scene.reading.asked)
    await mailbox.refresh()
    await mailbox.refresh(mailbox.folder.modseq)
    assert len(scene.reading.asked) == asked


async def test_own_changes_are_there_after_refresh(scene: Scene) -> None:
    await scene.append(2)
    mailbox = await scene.mailbox()
    View(mailbox, read_only=False)
    for uid in (1, 2, 1, 2):
        done = await scene.mark([uid], "", SEEN if uid == 1 else 0, str(len(scene.reading.asked)))
        await mailbox.refresh(done.modseq)
        assert mailbox.modseqs[mailbox.index(uid)] == done.modseq


async def test_many_changes_are_read_at_once(scene: Scene) -> None:
    client = await scene.look()
    scene.reading.free.clear()
    await scene.append()
    asked = len(scene.reading.asked)
    for _ in range(10):
        await scene.append()
    assert len(scene.reading.asked) == asked
    scene.reading.free.set()
    await client.view.mailbox.refresh()
    assert len(scene.reading.asked) == asked + 1
    assert client.hear().exists == 11


async def test_what_comes_while_a_reading_runs_is_read_behind_it(scene: Scene) -> None:
    client = await scene.look()
    scene.reading.free.clear()
    await scene.append()  # a reading begins, and sees one message
    await scene.append()
    scene.reading.free.set()
    async with asyncio.timeout(5):
        while client.exists < 2:
            await told(client.view)
            client.hear()


async def test_a_refresh_is_not_content_with_a_reading_that_began_before(scene: Scene) -> None:
    client = await scene.look()
    scene.reading.free.clear()
    await scene.append()  # a reading begins, and sees one message
    await scene.append()
    waiting = asyncio.ensure_future(client.view.mailbox.refresh())
    await asyncio.wait([waiting], timeout=0)
    scene.reading.free.set()
    await waiting
    assert client.hear().exists == 2


async def test_nothing_is_read_for_a_folder_that_nobody_looks_at(scene: Scene) -> None:
    mailbox = await scene.mailbox()
    asked = len(scene.reading.asked)
    await scene.append(3)
    assert len(scene.reading.asked) == asked
    await mailbox.refresh()
    assert len(mailbox.uids) == 3


async def test_the_old_state_stays_while_the_store_fails(scene: Scene) -> None:
    await scene.append(2)
    client = await scene.look()
    scene.reading.error = StoreUnavailable("the disk is away")
    await scene.append()
    mailbox = client.view.mailbox
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await mailbox.refresh()
    assert list(mailbox.uids) == [1, 2]
    assert not client.hear()
    assert len([line for line in scene.lines if "the disk is away" in line]) == 1
    scene.reading.error = None
    await told(client.view)  # by itself, after the pause
    assert client.hear().exists == 3


async def test_a_folder_is_not_opened_while_the_store_fails(scene: Scene) -> None:
    scene.reading.error = StoreUnavailable("the disk is away")
    with pytest.raises(StoreUnavailable):
        await scene.mailbox()
    scene.reading.error = None
    await scene.append()
    assert len((await scene.mailbox()).uids) == 1


async def test_a_renamed_folder_stays_what_it_is(scene: Scene) -> None:
    row = await scene.store.add_folder(scene.account, "Old")
    mailbox = await scene.live.open(row.id)
    view = View(mailbox, read_only=False)
    await scene.store.rename_folder(row.id, "New")
    await mailbox.refresh()
    assert mailbox.folder.name == "New"
    assert not view.poll(expunges=True)


async def test_messages_moved_in_and_out_are_seen(scene: Scene) -> None:
    await scene.append(3)
    client = await scene.look()
    sent = await scene.bench.folder_of(scene.account, "Sent")
    await scene.store.copy(CopyOrder(scene.folder, [1, 2], sent.id, move=True))
    await scene.store.copy(CopyOrder(sent.id, [1], scene.folder, move=True))
    await client.view.mailbox.refresh()
    updates = client.hear()
    assert (updates.expunged, updates.exists) == ([1, 2], 2)
    assert client.uids == [3, 4]


async def test_a_removed_account_takes_its_folders_along(scene: Scene) -> None:
    await scene.append()
    client = await scene.look()
    await scene.store.remove_account(scene.account)
    await client.view.mailbox.refresh()
    assert client.view.mailbox.gone


async def test_a_change_of_unknown_folders_is_looked_for_everywhere(scene: Scene) -> None:
    client = await scene.look()
    asked = len(scene.reading.asked)
    scene.reading.listener(frozenset())
    await client.view.mailbox.refresh()
    assert len(scene.reading.asked) == asked + 1


async def test_first_unseen_and_counts(scene: Scene) -> None:
    await scene.append(5)
    mailbox = await scene.mailbox()
    assert mailbox.first_unseen() == 0
    await scene.mark([1, 2, 4], "+", SEEN)
    await scene.mark([4], "+", int(Flags.DELETED))
    await mailbox.refresh()
    assert mailbox.first_unseen() == 2
    assert (mailbox.count(SEEN), mailbox.count(int(Flags.DELETED))) == (3, 1)
    assert mailbox.having(SEEN) == b"\1\1\0\1\0"
    await scene.mark([3, 5], "+", SEEN)
    await mailbox.refresh()
    assert mailbox.first_unseen() == -1


async def test_a_note_of_recent_that_fails_is_told_to_the_log(scene: Scene) -> None:
    await scene.append()
    client = await scene.look()
    scene.reading.error = StoreUnavailable("the disk is away")
    await scene.leave(client)
    await asyncio.sleep(0)
    assert any(line.startswith("recent_not_noted") for line in scene.lines)


async def test_a_session_that_stumbles_keeps_nothing_from_others(scene: Scene) -> None:
    one, two = await scene.look(), await scene.look()

    def stumble() -> None:
        raise RuntimeError("stumbled")

    one.view.on_change = stumble
    await scene.append()
    await told(two.view)
    assert [client.hear().exists for client in (one, two)] == [1, 1]
    assert any("stumbled" in line for line in scene.lines)


async def test_a_reading_that_is_over_is_not_waited_for(scene: Scene) -> None:
    """Between the end of a reading and the next turn of the loop the folder is named again, and somebody asks."""
    client = await scene.look()
    waiting: list[asyncio.Future[None]] = []

    def ask() -> None:
        scene.reading.listener(frozenset({scene.folder}))
        waiting.append(asyncio.ensure_future(client.view.mailbox.refresh()))

    client.view.on_change = ask
    await scene.append()
    await client.view.mailbox.refresh()
    client.view.on_change = None
    await asyncio.gather(*waiting)
    assert client.hear().exists == 1
