"""Folders are shared while somebody looks, linger for a while, and are forgotten."""

import asyncio

import pytest

from inbox.live.conftest import Scene
from pillarbox.inbox.live.mailboxes import FolderGone
from pillarbox.inbox.live.settings import LiveSettings


async def test_all_share_one_mailbox(scene: Scene) -> None:
    one, two = await asyncio.gather(scene.mailbox(), scene.mailbox())
    assert one is two
    assert scene.reading.asked == [0]


async def test_a_folder_lingers_and_catches_up_when_it_is_opened_again(scene: Scene) -> None:
    await scene.append(3)
    mailbox = await scene.mailbox()
    modseq = mailbox.folder.modseq
    scene.live.close(mailbox)
    await scene.append()
    again = await scene.mailbox()
    assert again is mailbox
    assert scene.reading.asked == [0, modseq]
    assert len(again.uids) == 4


async def test_a_folder_is_forgotten_in_time(scene: Scene) -> None:
    mailbox = await scene.mailbox()
    scene.live.close(mailbox)
    scene.clock.time += scene.settings.linger
    await scene.append()  # whatever happens, time is looked at
    assert await scene.mailbox() is not mailbox


async def test_a_folder_in_use_is_not_forgotten(scene: Scene) -> None:
    one, _ = await scene.mailbox(), await scene.mailbox()
    scene.live.close(one)
    scene.clock.time += 10 * scene.settings.linger
    await scene.append()
    assert await scene.mailbox() is one


@pytest.mark.parametrize("live_settings", [LiveSettings(linger_folders=2), LiveSettings(linger_rows=5)])
async def test_what_was_left_first_goes_first(scene: Scene) -> None:
    await scene.append(4)
    names = ["INBOX", "Junk", "Sent"]
    ids = [(await scene.bench.folder_of(scene.account, name)).id for name in names]
    boxes = [await scene.live.open(folder_id) for folder_id in ids]
    await scene.store.empty_into(ids[0], ids[1], "")
    await scene.append(4)
    for box in boxes:
        await box.refresh()
        scene.live.close(box)
    again = [await scene.live.open(folder_id) for folder_id in ids]
    assert [one is two for one, two in zip(boxes, again, strict=True)] == [False, True, True]


async def test_there_is_no_such_folder(scene: Scene) -> None:
    with pytest.raises(FolderGone):
        await scene.live.open(999)
    mailbox = await scene.mailbox()
    scene.live.close(mailbox)
    await scene.store.remove_folder(scene.folder, "")
    with pytest.raises(FolderGone):
        await scene.mailbox()


async def test_a_caller_who_gives_up_leaves_nothing_behind(scene: Scene) -> None:
    scene.reading.free.clear()
    opening = asyncio.ensure_future(scene.mailbox())
    await asyncio.wait([opening], timeout=0)
    opening.cancel()
    await asyncio.wait([opening])
    scene.reading.free.set()
    other = await scene.mailbox()
    scene.live.close(other)
    assert await scene.mailbox() is other


async def test_closing_twice_takes_nothing_from_others(scene: Scene) -> None:
    mailbox = await scene.mailbox()
    scene.live.close(mailbox)
    scene.live.close(mailbox)
    assert await scene.mailbox() is mailbox


async def test_listeners_hear_which_folders_changed(scene: Scene) -> None:
    heard: list[frozenset[int]] = []
    scene.live.watch(heard.append)
    await scene.append()
    scene.live.unwatch(heard.append)
    await scene.append()
    assert heard == [frozenset({scene.folder})]
