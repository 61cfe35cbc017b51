"""Is what became of a folder since a MODSEQ told whole, and is everybody told that something did?"""

import asyncio
import random

import pytest

from pillarbox.store.rows import Acceptance, CopyOrder, EntryRow, FlagChange, Flags, FolderChanges, Settlement
from store_contract.engines import START, Bench


class Listener:
    """Notes which folders a store tells of."""

    def __init__(self, bench: Bench) -> None:
        self.told: list[frozenset[int]] = []
        bench.store.on_change(self.told.append)

    def take(self) -> set[int]:
        told, self.told[:] = set().union(*self.told), []
        return told


async def since(bench: Bench, folder_id: int, modseq: int) -> FolderChanges:
    changes = await bench.store.changes(folder_id, modseq)
    assert changes is not None
    return changes


async def test_a_new_message_is_a_change(bench: Bench) -> None:
    account = await bench.account()
    await bench.store.accept(bench.local(account))
    folder = await bench.folder_of(account)
    assert await since(bench, folder.id, folder.modseq) == (folder, [], [])
    [place] = (await bench.store.accept(bench.local(account))).filed
    changes = await since(bench, folder.id, folder.modseq)
    assert changes.folder == await bench.folder_of(account)
    assert changes.entries == (await bench.store.entries(folder.id))[1:]
    assert (changes.entries[0].uid, changes.entries[0].modseq, changes.gone) == (place.uid, place.modseq, [])


async def test_all_of_a_folder_is_what_became_of_it_since_its_beginning(bench: Bench) -> None:
    account = await bench.account()
    folder = await bench.folder_of(account)
    assert folder.modseq >= 1
    await asyncio.gather(*(bench.store.accept(bench.local(account)) for _ in range(5)))
    await bench.store.expunge(folder.id, [2], "")
    await bench.store.change_flags(FlagChange(folder.id, [3], "+", Flags.SEEN))
    changes = await since(bench, folder.id, 0)
    assert changes.entries == await bench.store.entries(folder.id)
    assert changes.gone == []


async def test_the_changes_of_a_folder_that_is_gone(bench: Bench) -> None:
    account = await bench.account()
    folder = await bench.store.add_folder(account, "Work")
    await bench.store.remove_folder(folder.id, "")
    assert await bench.store.changes(folder.id, 0) is None


async def test_what_was_changed_and_what_left_is_told_by_uid(bench: Bench) -> None:
    account = await bench.account()
    await asyncio.gather(*(bench.store.accept(bench.local(account)) for _ in range(6)))
    before = await bench.folder_of(account)
    await bench.store.change_flags(FlagChange(before.id, [5, 2], "+", Flags.FLAGGED))
    await bench.store.expunge(before.id, [4], "")
    await bench.store.expunge(before.id, [1], "")
    await bench.store.accept(bench.local(account))
    await bench.store.change_flags(FlagChange(before.id, [7], "+", 0, ["$Work"]))
    changes = await since(bench, before.id, before.modseq)
    assert [entry.uid for entry in changes.entries] == [2, 5, 7]
    assert changes.gone == [1, 4]
    middle = changes.entries[0].modseq
    later = await since(bench, before.id, middle)
    assert [entry.uid for entry in later.entries] == [7]
    assert later.gone == [1, 4]


@pytest.mark.parametrize("seed", range(6))
async def test_a_copy_that_follows_the_changes_stays_equal(bench: Bench, seed: int) -> None:
    """Whatever is done, and wherever a reader stood before: applying the changes gives what lies in the folder."""
    chance = random.Random(seed)
    account = await bench.account()
    folders = [folder.id for folder in await bench.store.folders(account)]
    names = {folder.id: folder.name for folder in await bench.store.folders(account)}
    copies: list[tuple[int, int, dict[int, EntryRow]]] = [(folder, 0, {}) for folder in folders for _ in range(3)]
    for _ in range(60):
        here, there = chance.sample(folders, 2)
        uids = [chance.randrange(1, 30) for _ in range(chance.randrange(6))]
        match chance.randrange(6):
            case 0 | 1:
                acceptance = bench.local(account)
                acceptance.filings[0].folder = names[here]
                await bench.store.accept(acceptance)
            case 2:
                flags = chance.choice([Flags.SEEN, Flags.DELETED, Flags.SEEN | Flags.DELETED, 0])
                words = chance.sample(["$a", "$b", "$C"], chance.randrange(3))
                await bench.store.change_flags(FlagChange(here, uids, chance.choice(["+", "-", ""]), flags, words))
            case 3:
                await bench.store.expunge(here, uids, "")
            case 4:
                await bench.store.copy(CopyOrder(here, uids, chance.choice([here, there]), chance.random() < 0.5))
            case 5:
                await bench.store.set_flags(here, uids, Flags.FLAGGED, Flags.SEEN)
        at = chance.randrange(len(copies))
        folder, modseq, rows = copies[at]
        changes = await since(bench, folder, modseq)
        for uid in changes.gone:
            rows.pop(uid, None)
        rows.update({entry.uid: entry for entry in changes.entries})
        assert sorted(rows.values()) == await bench.store.entries(folder)
        assert changes.folder.messages == len(rows)
        assert changes.folder.deleted == sum(1 for row in rows.values() if row.flags & Flags.DELETED)
        copies[at] = (folder, changes.folder.modseq, rows)


async def test_everything_that_changes_a_folder_is_told(bench: Bench) -> None:
    account, other = await bench.account("a"), await bench.account("b")
    inbox, junk = await bench.folder_of(account), await bench.folder_of(account, "Junk")
    both = await bench.folder_of(other)
    listener = Listener(bench)
    await bench.store.accept(bench.local(account, other))
    assert listener.take() == {inbox.id, both.id}
    await bench.store.append(bench.local(account))
    assert listener.take() == {inbox.id}
    await bench.store.append_many([bench.local(account), bench.local(other)])
    assert listener.take() == {inbox.id, both.id}
    await bench.store.replace(bench.local(other), inbox.id, 3, "")
    assert listener.take() == {inbox.id, both.id}
    await bench.store.set_flags(inbox.id, [1], Flags.SEEN, 0)
    assert listener.take() == {inbox.id}
    await bench.store.change_flags(FlagChange(inbox.id, [1], "-", Flags.SEEN))
    assert listener.take() == {inbox.id}
    await bench.store.copy(CopyOrder(inbox.id, [1], junk.id))
    assert listener.take() == {junk.id}
    await bench.store.copy(CopyOrder(junk.id, [1], inbox.id, move=True))
    assert listener.take() == {inbox.id, junk.id}
    await bench.store.expunge(inbox.id, [1], "")
    assert listener.take() == {inbox.id}
    await bench.store.empty_into(inbox.id, junk.id, "")
    assert listener.take() == {inbox.id, junk.id}
    await bench.store.set_rights(junk.id, "anyone", "lr")
    assert listener.take() == {junk.id}
    await bench.store.set_notes(account, junk.id, {"/shared/comment": b"x"})
    assert listener.take() == {junk.id}
    await bench.store.subscribe(account, "Junk", False)
    assert listener.take() == {junk.id}
    work = await bench.store.add_folder(account, "Work")
    assert listener.take() == {work.id}
    below = await bench.store.add_folder(account, "Work/2024")
    await bench.store.rename_folder(work.id, "Play")
    assert listener.take() == {work.id, below.id}  # both for the new one and for the new names
    await bench.store.remove_folder(below.id, "")
    assert listener.take() == {below.id}
    folders = {folder.id for folder in await bench.store.folders(account)}
    await bench.store.remove_account(account)
    assert listener.take() == folders


async def test_what_changes_nothing_is_not_told(bench: Bench) -> None:
    account = await bench.account()
    await bench.store.accept(bench.local(account))
    folder = await bench.folder_of(account)
    listener = Listener(bench)
    await bench.store.expunge(folder.id, [99], "")
    await bench.store.change_flags(FlagChange(folder.id, [1], "-", Flags.SEEN))
    await bench.store.take_recent(folder.id)
    await bench.store.accept(bench.remote("far@x.example"))
    await bench.store.tell(1, "[]")
    assert listener.told == []


async def test_a_late_copy_is_told(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.remote("late@example.org")
    accepted = await bench.store.accept(acceptance)
    listener = Listener(bench)
    filings = bench.local(account).filings
    bench.clock.time += 3_600
    await bench.store.settle(Settlement(acceptance.message.id, "[2]", accepted.queue_ids, filings=filings))
    folder = await bench.folder_of(account)
    assert listener.take() == {folder.id}
    [entry] = await bench.store.entries(folder.id)
    assert (entry.internal_date, entry.saved) == (START, START + 3_600)


async def test_it_is_told_before_the_unit_is_done_and_can_be_read_then(bench: Bench) -> None:
    account = await bench.account()
    done_when_told: list[bool] = []
    reads: list[asyncio.Task[int]] = []

    async def read(folder_id: int) -> int:
        return len(await bench.store.entries(folder_id))

    def listener(changed: frozenset[int]) -> None:
        done_when_told.append(waiting.done())
        reads.extend(asyncio.ensure_future(read(folder_id)) for folder_id in changed)

    bench.store.on_change(listener)
    waiting = bench.store.accept(bench.local(account))
    await waiting
    assert done_when_told == [False]
    assert await asyncio.gather(*reads) == [1]


async def test_a_group_is_told_once(bench: Bench) -> None:
    account = await bench.account()
    first = bench.store.accept(bench.local(account))
    listener = Listener(bench)
    await asyncio.gather(first, *(bench.store.accept(bench.local(account)) for _ in range(50)))
    assert len(listener.told) <= 3


async def test_a_listener_that_fails_stops_nobody(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    account = await bench.account()

    def failing(_changed: frozenset[int]) -> None:
        raise RuntimeError("made to fail")

    bench.store.on_change(failing)
    listener = Listener(bench)
    assert (await bench.store.accept(bench.local(account))).stored
    assert listener.take() == {(await bench.folder_of(account)).id}
    assert "a listener failed" in caplog.text


async def test_a_unit_that_fails_beside_others_leaves_them_told(bench: Bench) -> None:
    account = await bench.account()
    listener = Listener(bench)
    lost = bench.local(4711)
    results = await asyncio.gather(
        bench.store.accept(bench.local(account)), bench.store.accept(lost), return_exceptions=True
    )
    assert isinstance(results[1], Exception)
    assert (await bench.folder_of(account)).id in listener.take()


async def test_another_process_may_have_changed_anything(bench: Bench) -> None:
    listener = Listener(bench)
    bench.store.touched_elsewhere()
    assert listener.told == [frozenset()]


async def test_uids_rise_while_many_write(bench: Bench) -> None:
    account = await bench.account()
    folder = await bench.folder_of(account)

    async def one(number: int) -> None:
        acceptance: Acceptance = bench.local(account)
        [place] = (await bench.store.accept(acceptance)).filed
        if number % 3 == 0:
            await bench.store.copy(CopyOrder(folder.id, [place.uid], folder.id, move=True))

    await asyncio.gather(*(one(number) for number in range(60)))
    entries = await bench.store.entries(folder.id)
    assert len(entries) == 60
    assert (await bench.folder_of(account)).uidnext == 81
