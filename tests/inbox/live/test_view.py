"""What a session is told, in which order, and what it is not told."""

import pytest

from inbox.live.conftest import Client, Scene, told
from pillarbox.inbox.live.settings import LiveSettings
from pillarbox.mail.query import STAR, NumberSet
from pillarbox.store.rows import FlagChange, Flags

SEEN, FLAGGED, DELETED = int(Flags.SEEN), int(Flags.FLAGGED), int(Flags.DELETED)


async def test_numbers_stand_still_until_the_session_asks(scene: Scene) -> None:
    await scene.append(3)
    client = await scene.look()
    await scene.expunge(2)
    await scene.append()
    await client.view.mailbox.refresh()
    assert list(client.view.uids) == [1, 2, 3]
    assert [client.view.at(position) for position in range(3)] == [0, -1, 1]
    updates = client.hear()
    assert (updates.expunged, updates.numbers, updates.exists) == ([2], [2], 3)
    assert client.uids == [1, 3, 4]
    assert client.view.in_step
    assert not client.view.poll(expunges=True)


async def test_each_expunge_has_the_number_of_its_moment(scene: Scene) -> None:
    await scene.append(8)
    client = await scene.look()
    await scene.expunge(3, 4, 7)
    await scene.expunge(1)
    await client.view.mailbox.refresh()
    updates = client.hear()
    assert list(zip(updates.expunged, updates.numbers, strict=True)) == [(1, 1), (3, 2), (4, 2), (7, 4)]
    assert updates.exists is None


async def test_expunges_wait_where_they_must_not_be_told(scene: Scene) -> None:
    await scene.append(4)
    client = await scene.look()
    before = client.view.modseq
    await scene.expunge(1, 3)
    await scene.append(2)
    await scene.mark([4, 5], "+", SEEN)
    await client.view.mailbox.refresh()
    updates = client.hear(expunges=False)
    assert (updates.expunged, updates.exists, updates.changed) == ([], 6, [3])
    assert client.uids == [1, 2, 3, 4, 5, 6]
    assert client.view.modseq == before  # it does not know of the expunges yet
    assert list(client.view.indices(range(6))) == [-1, 0, -1, 1, 2, 3]
    await scene.expunge(4)
    await client.view.mailbox.refresh()
    updates = client.hear()
    assert (updates.expunged, updates.numbers) == ([1, 3, 4], [1, 2, 2])
    assert client.view.modseq == client.view.mailbox.folder.modseq
    assert client.flags == await scene.truth()


async def test_what_came_and_left_between_two_looks_is_never_shown(scene: Scene) -> None:
    await scene.append(2)
    client = await scene.look()
    await scene.append()
    await client.view.mailbox.refresh()
    await scene.expunge(3)
    await client.view.mailbox.refresh()
    assert not client.hear()
    await scene.append()
    await client.view.mailbox.refresh()
    assert client.hear().exists == 3
    assert client.uids == [1, 2, 4]


async def test_a_session_hears_of_what_smtp_brings(scene: Scene) -> None:
    client = await scene.look()
    scene.store.accept(scene.bench.local(scene.account))
    await told(client.view)
    assert client.hear().exists == 1


async def test_changes_are_told_in_the_order_of_modseq(scene: Scene) -> None:
    await scene.append(5)
    client = await scene.look()
    for uid, flag in ((4, SEEN), (2, SEEN), (5, SEEN), (2, FLAGGED)):
        await scene.mark([uid], "+", flag)
    await client.view.mailbox.refresh()
    assert client.hear().changed == [3, 4, 1]
    assert client.flags == await scene.truth()


async def test_a_silent_change_is_not_told_to_the_one_who_made_it(scene: Scene) -> None:
    await scene.append(3)
    mine, other = await scene.look(), await scene.look()
    change = FlagChange(scene.folder, [1, 2], "+", SEEN, ["$Work"])
    done = await scene.store.change_flags(change)
    await mine.view.mailbox.refresh(done.modseq)
    mine.view.known(done.changed, done.modseq, change)
    updates = mine.hear()
    assert updates.changed == []
    assert updates.keywords  # a keyword is new: FLAGS is shown again
    assert other.hear().changed == [0, 1]
    assert other.flags == await scene.truth()


@pytest.mark.parametrize("mode", ["+", "-", ""])
async def test_what_somebody_else_did_meanwhile_is_told_in_spite_of_silence(scene: Scene, mode: str) -> None:
    await scene.append(2)
    await scene.mark([1, 2], "", SEEN, "old")
    client = await scene.look()
    await scene.mark([1], "", FLAGGED | SEEN, "old")
    change = FlagChange(scene.folder, [1, 2], mode, SEEN if mode == "-" else SEEN | DELETED, [])
    done = await scene.store.change_flags(change)
    await client.view.mailbox.refresh(done.modseq)
    client.view.known(done.changed, done.modseq, change)
    assert client.hear().changed == ([] if mode == "" else [0])


async def test_a_later_change_is_told_in_spite_of_silence(scene: Scene) -> None:
    await scene.append()
    client = await scene.look()
    change = FlagChange(scene.folder, [1], "+", SEEN)
    done = await scene.store.change_flags(change)
    client.view.known(done.changed, done.modseq, change)
    await scene.mark([1], "-", SEEN)
    await client.view.mailbox.refresh()
    assert client.hear().changed == [0]


async def test_flags_that_went_and_came_back_are_told_for_their_modseq(scene: Scene) -> None:
    await scene.append()
    client = await scene.look()
    change = FlagChange(scene.folder, [1], "+", SEEN)
    done = await scene.store.change_flags(change)
    client.view.known(done.changed, done.modseq, change)
    await scene.mark([1], "-", SEEN)
    await scene.mark([1], "+", SEEN)
    await client.view.mailbox.refresh()
    assert client.hear().changed == [0]


async def test_what_fetch_has_told_is_not_told_again(scene: Scene) -> None:
    await scene.append()
    client = await scene.look()
    done = await scene.mark([1], "+", SEEN)
    await client.view.mailbox.refresh(done.modseq)
    client.view.known([1], done.modseq)
    assert client.hear().changed == []
    await scene.mark([1], "+", FLAGGED)
    await client.view.mailbox.refresh()
    assert client.hear().changed == [0]


@pytest.mark.parametrize("live_settings", [LiveSettings(journal=2)], ids=["a short journal"])
async def test_who_lags_behind_the_journal_compares_all(scene: Scene) -> None:
    await scene.append(10)
    client = await scene.look()
    for uid in range(1, 9):
        await scene.mark([uid], "+", SEEN)
        await client.view.mailbox.refresh()
    await scene.append()
    await scene.expunge(3, 9, 11)
    await client.view.mailbox.refresh()
    assert client.view.mailbox.journal.since(client.view.cursor) is None
    updates = client.hear(expunges=False)
    assert updates.changed == [0, 1, 3, 4, 5, 6, 7]
    assert client.hear().expunged == [3, 9]
    assert client.flags == await scene.truth()


async def test_a_message_is_recent_for_the_first_who_is_told(scene: Scene) -> None:
    await scene.append(2)
    looking = await scene.look(read_only=True)
    assert (looking.view.recent, looking.view.is_recent(1)) == (2, True)
    first = await scene.look()
    second = await scene.look()
    assert (first.view.recent, second.view.recent) == (2, 0)
    await scene.append()
    await told(second.view)
    assert second.hear().recent == 1
    assert first.hear().recent == 2
    assert (first.view.is_recent(3), second.view.is_recent(3)) == (False, True)
    await scene.append()
    await first.view.mailbox.refresh()
    assert first.hear().recent == 3
    assert [first.view.is_recent(uid) for uid in (1, 2, 3, 4, 5)] == [True, True, False, True, False]


async def test_recent_is_kept_in_the_store_when_a_session_ends(scene: Scene) -> None:
    await scene.append(2)
    client = await scene.look()
    await scene.append()
    await client.view.mailbox.refresh()
    client.hear()
    await scene.leave(client)
    assert scene.reading.recent == [scene.folder]
    assert await scene.store.take_recent(scene.folder) == 4
    again = await scene.look()
    await scene.leave(again)
    assert scene.reading.recent == [scene.folder]  # nothing new to note


async def test_recent_is_not_kept_for_what_nobody_was_told_of(scene: Scene) -> None:
    await scene.append()
    client = await scene.look()
    await scene.append()
    await client.view.mailbox.refresh()
    await scene.leave(client)
    assert scene.reading.recent == []
    assert (await scene.look()).view.recent == 1


async def test_numbers_and_uids_name_positions(scene: Scene) -> None:
    await scene.append(6)
    client = await scene.look()
    await scene.expunge(2, 3)
    await client.view.mailbox.refresh()
    client.hear()
    view = client.view  # 1 4 5 6
    assert list(view.numbers(NumberSet(((2, 3),)), by_uid=False)) == [1, 2]
    assert list(view.numbers(NumberSet(((2, 4), (9, STAR))), by_uid=True)) == [1, 3]
    assert list(view.numbers(NumberSet((), saved=True), by_uid=True, saved=[3, 5, 6])) == [2, 3]
    assert [view.outside(NumberSet((span,))) for span in [(1, 4), (4, STAR), (2, 5)]] == [False, False, True]


async def test_a_removed_folder_is_empty(scene: Scene) -> None:
    await scene.append(2)
    client = await scene.look()
    await scene.store.remove_folder(scene.folder, "")
    await client.view.mailbox.refresh()
    assert client.view.mailbox.gone
    assert client.hear().expunged == [1, 2]
    assert Client(client.view).uids == []
