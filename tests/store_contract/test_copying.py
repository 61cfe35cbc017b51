"""Are copies and moves whole: UIDs, counters, references, dates, quota and stories?"""

import asyncio
import random

import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Copied, CopyOrder, Flags
from store_contract.engines import BODY, HEAD, PREFIX, START, Bench

SIZE = len(HEAD + BODY + PREFIX)


async def filled(bench: Bench, account: int, count: int = 4) -> list[int]:
    """Messages in INBOX; their ids."""
    ids = []
    for number in range(count):
        acceptance = bench.local(account)
        acceptance.filings[0].flags = int(Flags.SEEN) if number % 2 else int(Flags.DELETED)
        acceptance.filings[0].keywords = "$Work"
        await bench.store.accept(acceptance)
        ids.append(acceptance.message.id)
    return ids


async def test_a_copy_has_all_but_its_uid_and_the_time_it_was_saved(bench: Bench) -> None:
    account = await bench.account()
    ids = await filled(bench, account)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    bench.clock.time += 500
    copied = await bench.store.copy(CopyOrder(inbox.id, [4, 2, 99], sent.id, chapter='[["copied"]]'))
    assert copied == Copied(sent.uidvalidity, [(2, 1), (4, 2)])
    sources = {entry.uid: entry for entry in await bench.store.entries(inbox.id)}
    first, second = await bench.store.entries(sent.id)
    after = await bench.folder_of(account, "Sent")
    assert first == sources[2]._replace(uid=1, modseq=after.modseq, saved=START + 500)
    assert second == sources[4]._replace(uid=2, modseq=after.modseq, saved=START + 500)
    assert first.internal_date == START
    assert (after.messages, after.unseen, after.deleted, after.octets, after.uidnext) == (2, 0, 0, 2 * SIZE, 3)
    assert await bench.store.entry_prefix(sent.id, 2) == PREFIX
    assert len(await bench.store.story(ids[1])) == 2
    assert len(await bench.store.story(ids[0])) == 1
    assert len(sources) == 4
    await bench.store.expunge(inbox.id, [1, 2, 3, 4], "")
    assert await bench.store.read_small(ids[1]) == HEAD + BODY
    assert await bench.store.read_small(ids[0]) is None


@pytest.mark.parametrize("move", [False, True])
async def test_flags_and_keywords_that_may_not_go_along(bench: Bench, move: bool) -> None:
    account = await bench.account()
    await filled(bench, account)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    only_seen = CopyOrder(inbox.id, [1, 2], sent.id, move, flags=Flags.SEEN.value, keywords=False)
    copied = await bench.store.copy(only_seen)
    found = await bench.store.entries(sent.id)
    assert [(entry.flags, entry.keywords) for entry in found] == [(0, ""), (Flags.SEEN, "")]
    after = await bench.folder_of(account, "Sent")
    assert (after.messages, after.unseen, after.deleted, after.modseq) == (2, 1, 0, found[1].modseq)
    left = await bench.folder_of(account)
    assert (left.unseen, left.deleted) == ((1, 1) if move else (2, 2))
    assert copied.pairs == [(1, 1), (2, 2)]


async def test_a_copy_into_the_same_folder(bench: Bench) -> None:
    account = await bench.account()
    await filled(bench, account, 2)
    inbox = await bench.folder_of(account)
    copied = await bench.store.copy(CopyOrder(inbox.id, [1, 2], inbox.id))
    assert copied.pairs == [(1, 3), (2, 4)]
    folder = await bench.folder_of(account)
    assert (folder.messages, folder.unseen, folder.deleted, folder.octets) == (4, 2, 2, 4 * SIZE)


async def test_a_move_leaves_tombstones_and_no_second_copy(bench: Bench) -> None:
    account = await bench.account()
    ids = await filled(bench, account)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    moved = await bench.store.copy(CopyOrder(inbox.id, [1, 3], sent.id, move=True))
    assert moved.pairs == [(1, 1), (3, 2)]
    changes = await bench.store.changes(inbox.id, inbox.modseq)
    assert changes is not None
    assert changes.gone == [1, 3]
    folder = await bench.folder_of(account)
    assert (folder.messages, folder.deleted, folder.octets, folder.uidnext) == (2, 0, 2 * SIZE, 5)
    await bench.store.expunge(sent.id, [1], "")
    assert await bench.store.read_small(ids[0]) is None


async def test_a_move_within_a_folder_gives_new_uids(bench: Bench) -> None:
    account = await bench.account()
    await filled(bench, account, 2)
    inbox = await bench.folder_of(account)
    assert (await bench.store.copy(CopyOrder(inbox.id, [1], inbox.id, move=True))).pairs == [(1, 3)]
    assert [entry.uid for entry in await bench.store.entries(inbox.id)] == [2, 3]


async def test_one_message_twice_in_a_folder_is_copied_twice(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account, account)
    await bench.store.accept(acceptance)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    assert len((await bench.store.copy(CopyOrder(inbox.id, [1, 2], sent.id, chapter="[2]"))).pairs) == 2
    assert len(await bench.store.story(acceptance.message.id)) == 2
    await bench.store.expunge(inbox.id, [1, 2], "")
    await bench.store.expunge(sent.id, [1], "")
    assert await bench.store.read_small(acceptance.message.id) is not None
    await bench.store.expunge(sent.id, [2], "")
    assert await bench.store.read_small(acceptance.message.id) is None


async def test_nothing_to_copy(bench: Bench) -> None:
    account = await bench.account()
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    assert (await bench.store.copy(CopyOrder(inbox.id, [1], sent.id))).pairs == []
    assert await bench.folder_of(account, "Sent") == sent
    for order in (CopyOrder(inbox.id, [1], 4711), CopyOrder(4711, [1], sent.id)):
        with pytest.raises(StoreError, match="no folder 4711"):
            await bench.store.copy(order)


async def test_the_quota_of_the_target_is_kept_and_all_or_none_copied(bench: Bench) -> None:
    account = await bench.account(octets=5 * SIZE)
    await filled(bench, account, 3)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    full = await bench.store.copy(CopyOrder(inbox.id, [1, 2, 3], sent.id))
    assert full == Copied(sent.uidvalidity, [], full=True)
    assert await bench.folder_of(account, "Sent") == sent
    assert len((await bench.store.copy(CopyOrder(inbox.id, [1, 2], sent.id))).pairs) == 2
    # A move within an account takes no room.
    assert len((await bench.store.copy(CopyOrder(inbox.id, [1, 2, 3], sent.id, move=True))).pairs) == 3


async def test_a_move_to_another_account_counts_there(bench: Bench) -> None:
    giver, taker = await bench.account("giver"), await bench.account("taker", messages=1)
    await filled(bench, giver, 2)
    source, target = await bench.folder_of(giver), await bench.folder_of(taker)
    assert (await bench.store.copy(CopyOrder(source.id, [1, 2], target.id, move=True))).full
    assert (await bench.folder_of(giver)).messages == 2
    assert (await bench.store.copy(CopyOrder(source.id, [1], target.id, move=True))).pairs == [(1, 1)]
    row = await bench.store.account_by_id(taker)
    assert row is not None
    assert (row.used_messages, row.used_octets) == (1, SIZE)


async def test_large_bodies_are_shared_by_their_copies(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account, body=bench.large(b"x" * 1000))
    await bench.store.accept(acceptance)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    await bench.store.copy(CopyOrder(inbox.id, [1], sent.id))
    assert len(list((bench.folder / "blobs").glob("*/*"))) == 1
    await bench.store.expunge(inbox.id, [1], "")
    octets = b"".join([piece async for piece in bench.store.read_slices(acceptance.message.id)])
    assert octets == HEAD + b"x" * 1000


async def test_octets_of_several_entries(bench: Bench) -> None:
    account = await bench.account()
    bodies = [bytes([65 + number]) * 100 for number in range(5)]
    for body in bodies:
        await bench.store.accept(bench.local(account, body=body))
    await bench.store.accept(bench.local(account, body=bench.large(b"x" * 1000)))
    inbox = await bench.folder_of(account)
    found = await bench.store.octets(inbox.id, [5, 99, 1, 6], 1 << 20)
    assert [(one.uid, one.prefix, one.data) for one in found] == [
        (5, PREFIX, HEAD + bodies[4]), (1, PREFIX, HEAD + bodies[0]), (6, PREFIX, None),
    ]  # fmt: skip
    assert [one.uid for one in await bench.store.octets(inbox.id, [1, 2, 3], 0)] == [1]
    one = len(PREFIX + HEAD) + 100
    assert [one.uid for one in await bench.store.octets(inbox.id, [1, 2, 3, 4], one + 1)] == [1, 2]
    assert [one.uid for one in await bench.store.octets(inbox.id, [1, 2, 3, 4], one)] == [1]
    assert await bench.store.octets(inbox.id, [], 100) == []
    assert await bench.store.octets(4711, [1], 100) == []


async def test_emptying_a_folder_into_another(bench: Bench) -> None:
    account = await bench.account()
    ids = await filled(bench, account)
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    assert await bench.store.empty_into(inbox.id, sent.id, "[2]") == 4
    assert await bench.store.empty_into(inbox.id, sent.id, "[2]") == 0
    assert [entry.message_id for entry in await bench.store.entries(sent.id)] == ids
    folder = await bench.folder_of(account)
    assert (folder.messages, folder.uidnext, folder.uidvalidity) == (0, 5, inbox.uidvalidity)
    assert len(await bench.store.story(ids[0])) == 2


async def test_many_copies_at_once(bench: Bench) -> None:
    account = await bench.account()
    await asyncio.gather(*(bench.store.accept(bench.local(account)) for _ in range(300)))
    inbox, sent = await bench.folder_of(account), await bench.folder_of(account, "Sent")
    uids = list(range(1, 301))
    random.Random(1).shuffle(uids)
    results = await asyncio.gather(
        *(bench.store.copy(CopyOrder(inbox.id, uids[at : at + 30], sent.id)) for at in range(0, 300, 30))
    )
    pairs = [pair for copied in results for pair in copied.pairs]
    assert sorted(there for _, there in pairs) == list(range(1, 301))
    targets = {entry.uid: entry.message_id for entry in await bench.store.entries(sent.id)}
    sources = {entry.uid: entry.message_id for entry in await bench.store.entries(inbox.id)}
    assert all(targets[there] == sources[here] for here, there in pairs)
