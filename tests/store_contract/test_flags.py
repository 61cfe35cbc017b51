"""Does STORE change what it should, under one new MODSEQ, and nothing else?"""

import asyncio

import pytest

from pillarbox.store.interface import StoreError, StoreLimit
from pillarbox.store.keywords import KEYWORD_OCTETS, KEYWORDS_MAX
from pillarbox.store.rows import EntryRow, FlagChange, Flags
from store_contract.engines import BODY, HEAD, PREFIX, Bench

SIZE = len(HEAD + BODY + PREFIX)
SEEN, DELETED, FLAGGED = int(Flags.SEEN), int(Flags.DELETED), int(Flags.FLAGGED)


@pytest.fixture
async def inbox(bench: Bench) -> int:
    """A folder of four messages; the third is flagged and has keywords."""
    account = await bench.account()
    for number in range(4):
        acceptance = bench.local(account)
        if number == 2:
            acceptance.filings[0].flags = FLAGGED
            acceptance.filings[0].keywords = "work $Label1 Work"
        await bench.store.accept(acceptance)
    return (await bench.folder_of(account)).id


async def rows(bench: Bench, inbox: int) -> dict[int, EntryRow]:
    return {entry.uid: entry for entry in await bench.store.entries(inbox)}


async def test_filed_keywords_stand_sorted_and_once(bench: Bench, inbox: int) -> None:
    assert (await rows(bench, inbox))[3].keywords == "$Label1 work"


async def test_flags_are_added(bench: Bench, inbox: int) -> None:
    before = await bench.store.folder_by_id(inbox)
    assert before is not None
    done = await bench.store.change_flags(FlagChange(inbox, [3, 1, 99], "+", FLAGGED | SEEN))
    found = await rows(bench, inbox)
    assert (done.changed, done.refused) == ([1, 3], [])
    assert (found[1].flags, found[3].flags, found[2].flags) == (FLAGGED | SEEN, FLAGGED | SEEN, 0)
    assert done.modseq == found[1].modseq == found[3].modseq == before.modseq + 1
    assert found[3].keywords == "$Label1 work"
    folder = await bench.store.folder_by_id(inbox)
    assert folder is not None
    assert (folder.unseen, folder.modseq) == (2, done.modseq)


async def test_what_is_so_already_keeps_its_modseq(bench: Bench, inbox: int) -> None:
    before = await rows(bench, inbox)
    done = await bench.store.change_flags(FlagChange(inbox, [2, 3], "+", FLAGGED))
    after = await rows(bench, inbox)
    assert done.changed == [2]
    assert after[3] == before[3]
    again = await bench.store.change_flags(FlagChange(inbox, [2, 3], "+", FLAGGED))
    assert (again.changed, again.modseq) == ([], done.modseq)
    assert await rows(bench, inbox) == after


async def test_flags_and_keywords_are_taken_and_replaced(bench: Bench, inbox: int) -> None:
    await bench.store.change_flags(FlagChange(inbox, [3], "-", FLAGGED, ["WORK"]))
    row = (await rows(bench, inbox))[3]
    assert (row.flags, row.keywords) == (0, "$Label1")
    await bench.store.change_flags(FlagChange(inbox, [3], "", SEEN, ["$label1", "New"]))
    row = (await rows(bench, inbox))[3]
    assert (row.flags, row.keywords) == (SEEN, "$Label1 New")
    done = await bench.store.change_flags(FlagChange(inbox, [1, 3], "", 0))
    assert done.changed == [3]
    row = (await rows(bench, inbox))[3]
    assert (row.flags, row.keywords) == (0, "")


async def test_a_keyword_stays_as_it_was_first_written(bench: Bench, inbox: int) -> None:
    done = await bench.store.change_flags(FlagChange(inbox, [1, 3], "+", 0, ["Work", "b", "A"]))
    found = await rows(bench, inbox)
    assert found[3].keywords == "$Label1 A b work"
    assert found[1].keywords == "A b Work"
    assert done.changed == [1, 3]


async def test_what_was_changed_meanwhile_is_left_alone(bench: Bench, inbox: int) -> None:
    known = (await rows(bench, inbox))[4].modseq
    await bench.store.change_flags(FlagChange(inbox, [2], "+", SEEN))
    done = await bench.store.change_flags(FlagChange(inbox, [1, 2, 4], "+", DELETED, unchanged_since=known))
    assert (done.changed, done.refused) == ([1, 4], [2])
    found = await rows(bench, inbox)
    assert found[2].flags == SEEN
    nothing = await bench.store.change_flags(FlagChange(inbox, [1], "+", SEEN, unchanged_since=0))
    assert (nothing.changed, nothing.refused, nothing.modseq) == ([], [1], done.modseq)


async def test_deleted_messages_are_counted(bench: Bench, inbox: int) -> None:
    async def deleted() -> tuple[int, int]:
        folder = await bench.store.folder_by_id(inbox)
        assert folder is not None
        return folder.deleted, folder.deleted_octets

    assert await deleted() == (0, 0)
    await bench.store.change_flags(FlagChange(inbox, [1, 2], "+", DELETED))
    assert await deleted() == (2, 2 * SIZE)
    await bench.store.set_flags(inbox, [2, 3], 0, DELETED)
    assert await deleted() == (1, SIZE)
    await bench.store.expunge(inbox, [1], "")
    assert await deleted() == (0, 0)
    account = (await bench.store.accounts())[0].id
    acceptance = bench.local(account)
    acceptance.filings[0].flags = DELETED
    await bench.store.append(acceptance)
    assert await deleted() == (1, SIZE)


async def test_keywords_are_bounded(bench: Bench, inbox: int) -> None:
    many = [f"k{number}" for number in range(KEYWORDS_MAX)]
    await bench.store.change_flags(FlagChange(inbox, [1], "+", 0, many))
    for change in (
        FlagChange(inbox, [1], "+", SEEN, ["one-more"]),
        FlagChange(inbox, [2], "+", SEEN, ["x" * (KEYWORD_OCTETS + 1)]),
        FlagChange(inbox, [2], "", SEEN, [*many, "one-more"]),
    ):
        with pytest.raises(StoreLimit, match="at most"):
            await bench.store.change_flags(change)
    found = await rows(bench, inbox)
    assert (found[1].flags, found[2].flags, found[2].keywords) == (0, 0, "")
    await bench.store.change_flags(FlagChange(inbox, [1], "-", 0, ["K1"]))
    await bench.store.change_flags(FlagChange(inbox, [1], "+", 0, ["one-more"]))


async def test_a_folder_that_is_gone(bench: Bench) -> None:
    with pytest.raises(StoreError, match="no folder"):
        await bench.store.change_flags(FlagChange(4711, [1], "+", SEEN))


async def test_two_who_store_at_once_lose_nothing(bench: Bench, inbox: int) -> None:
    await asyncio.gather(
        *(bench.store.change_flags(FlagChange(inbox, [1, 2], "+", 0, [f"k{number}"])) for number in range(20)),
        bench.store.change_flags(FlagChange(inbox, [1], "+", SEEN)),
    )
    found = await rows(bench, inbox)
    assert len(found[1].keywords.split()) == len(found[2].keywords.split()) == 20
    assert found[1].flags == SEEN
