"""Are folders, UIDs, MODSEQs and counters right after each change?"""

import asyncio

import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Filing, Flags
from store_contract.engines import BODY, HEAD, PREFIX, START, Bench

SIZE = len(HEAD + BODY + PREFIX)


async def test_a_new_account_has_its_folders(bench: Bench) -> None:
    account = await bench.account()
    folders = await bench.store.folders(account)
    assert [(folder.name, folder.special_use) for folder in folders] == [
        ("INBOX", None), ("Junk", "\\Junk"), ("Sent", "\\Sent"),
    ]  # fmt: skip
    assert {(f.uidnext, f.messages, f.unseen, f.octets, f.subscribed) for f in folders} == {(1, 0, 0, 0, True)}
    assert len({folder.uidvalidity for folder in folders}) == 3
    assert await bench.store.folder(account, "Nowhere") is None
    assert await bench.store.folders(999) == []


async def test_uidvalidity_rises_when_the_clock_is_set_back(bench: Bench) -> None:
    before = await bench.folder_of(await bench.account("a"))
    bench.clock.time -= 1_000_000
    after = await bench.folder_of(await bench.account("b"))
    assert after.uidvalidity > before.uidvalidity


async def test_a_folder_is_added_empty(bench: Bench) -> None:
    account = await bench.account()
    made = await bench.store.add_folder(account, "Archive/2024", "\\Archive")
    assert made == await bench.folder_of(account, "Archive/2024")
    assert (made.account_id, made.special_use, made.uidnext, made.messages, made.subscribed) == (
        account, "\\Archive", 1, 0, True,
    )  # fmt: skip
    assert (await bench.store.add_folder(account, "Work")).special_use is None
    acceptance = bench.local(account)
    acceptance.filings[0].folder = "Work"
    await bench.store.append(acceptance)
    assert (await bench.folder_of(account, "Work")).messages == 1


async def test_the_uidvalidity_of_an_added_folder_was_never_used_before(bench: Bench) -> None:
    account = await bench.account("a")
    first = await bench.store.add_folder(account, "Work")
    before = [folder.uidvalidity for folder in await bench.store.folders(account)]
    assert await bench.store.remove_account(account)
    bench.clock.time -= 1_000_000
    again = await bench.account("a")
    second = await bench.store.add_folder(again, "Work")
    third = await bench.store.add_folder(again, "Work/2")
    assert len(set(before)) == len(before)
    assert max(before) == first.uidvalidity < second.uidvalidity < third.uidvalidity
    assert second.id > first.id


async def test_a_folder_is_added_once_and_to_an_account_that_is_there(bench: Bench) -> None:
    account = await bench.account()
    outcomes = await asyncio.gather(
        *(bench.store.add_folder(account, "Work") for _ in range(3)), return_exceptions=True
    )
    assert [isinstance(outcome, StoreError) for outcome in outcomes].count(True) == 2
    with pytest.raises(StoreError, match="a folder INBOX already"):
        await bench.store.add_folder(account, "INBOX")
    with pytest.raises(StoreError, match="no account 999"):
        await bench.store.add_folder(999, "Work")
    assert [folder.name for folder in await bench.store.folders(account)] == ["INBOX", "Junk", "Sent", "Work"]


async def test_filing_counts_up(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account)
    acceptance.filings[0].keywords = "$Important"
    [first] = (await bench.store.accept(acceptance)).filed
    seen = bench.local(account)
    seen.filings[0].flags = Flags.SEEN | Flags.FLAGGED
    bench.clock.time += 5
    [second] = (await bench.store.append(seen)).filed
    folder = await bench.folder_of(account)
    assert (folder.messages, folder.unseen, folder.octets, folder.uidnext) == (2, 1, 2 * SIZE, 3)
    assert (first.uid, second.uid) == (1, 2)
    assert first.modseq < second.modseq <= folder.modseq
    one, two = await bench.store.entries(folder.id)
    assert (one.uid, one.message_id, one.flags, one.keywords) == (1, acceptance.message.id, 0, "$Important")
    assert (one.size, one.internal_date, one.modseq) == (SIZE, START, first.modseq)
    assert two.flags == Flags.SEEN | Flags.FLAGGED
    assert await bench.store.entry_prefix(folder.id, 1) == PREFIX


async def test_one_message_in_several_folders_of_one_account(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account, account)
    acceptance.filings[1].folder = "Junk"
    accepted = await bench.store.accept(acceptance)
    assert [place.uid for place in accepted.filed] == [1, 1]
    assert (await bench.folder_of(account, "Junk")).messages == 1


async def test_a_missing_folder_falls_back_to_inbox(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account)
    acceptance.filings[0].folder = "Deleted yesterday"
    [place] = (await bench.store.accept(acceptance)).filed
    assert place.folder_id == (await bench.folder_of(account)).id


async def test_the_prefix_of_a_missing_entry(bench: Bench) -> None:
    with pytest.raises(KeyError):
        await bench.store.entry_prefix(1, 1)


async def test_an_account_that_is_gone_cannot_be_filed_into(bench: Bench) -> None:
    acceptance = bench.local(4711)
    with pytest.raises(StoreError):
        await bench.store.accept(acceptance)
    assert await bench.store.message(acceptance.message.id) is None


async def test_expunging_counts_down_and_never_gives_a_uid_twice(bench: Bench) -> None:
    account = await bench.account()
    for flags in (0, Flags.SEEN, 0):
        acceptance = bench.local(account)
        acceptance.filings[0].flags = int(flags)
        await bench.store.accept(acceptance)
    before = await bench.folder_of(account)
    assert await bench.store.expunge(before.id, [3, 2, 99, 3], "") == [2, 3]
    assert await bench.store.expunge(before.id, [3], "") == []
    folder = await bench.folder_of(account)
    assert (folder.messages, folder.unseen, folder.octets, folder.uidnext) == (1, 1, SIZE, 4)
    assert folder.modseq > before.modseq
    [place] = (await bench.store.accept(bench.local(account))).filed
    assert place.uid == 4
    assert [entry.uid for entry in await bench.store.entries(folder.id)] == [1, 4]


async def test_flags_change_under_one_modseq(bench: Bench) -> None:
    account = await bench.account()
    for _ in range(3):
        await bench.store.accept(bench.local(account))
    before = await bench.folder_of(account)
    modseq = await bench.store.set_flags(before.id, [1, 2, 77], Flags.SEEN | Flags.FLAGGED, 0)
    assert modseq > before.modseq
    one, two, three = await bench.store.entries(before.id)
    assert (one.flags, one.modseq, two.modseq) == (Flags.SEEN | Flags.FLAGGED, modseq, modseq)
    assert (three.flags, three.modseq < modseq) == (0, True)
    assert (await bench.folder_of(account)).unseen == 1
    await bench.store.set_flags(before.id, [1], Flags.ANSWERED, Flags.SEEN)
    one, two, _ = await bench.store.entries(before.id)
    assert one.flags == Flags.FLAGGED | Flags.ANSWERED
    assert (await bench.folder_of(account)).unseen == 2
    with pytest.raises(StoreError):
        await bench.store.set_flags(4711, [1], 1, 0)


async def test_a_full_mailbox_refuses(bench: Bench) -> None:
    account = await bench.account(octets=2 * SIZE)
    results = await asyncio.gather(*(bench.store.accept(bench.local(account)) for _ in range(5)))
    assert [result.stored for result in results] == [True, True, False, False, False]
    assert results[4].full == [f"user{account}@example.org"]
    row = await bench.store.account_by_id(account)
    assert row is not None
    assert (row.used_octets, row.used_messages) == (2 * SIZE, 2)
    folder = await bench.folder_of(account)
    await bench.store.expunge(folder.id, [1], "")
    assert (await bench.store.accept(bench.local(account))).stored


async def test_the_quota_counts_all_folders_and_copies(bench: Bench) -> None:
    account = await bench.account(messages=3)
    twice = bench.local(account, account)
    twice.filings[1].folder = "Sent"
    assert (await bench.store.accept(twice)).stored
    again = bench.local(account, account)
    assert not (await bench.store.accept(again)).stored
    assert (await bench.store.accept(bench.local(account))).stored
    assert not (await bench.store.accept(bench.local(account))).stored


async def test_when_every_mailbox_is_full_nothing_is_kept(bench: Bench) -> None:
    account = await bench.account(messages=0)
    source = bench.large(b"z" * 1000)
    refused = await bench.store.accept(bench.local(account, body=source, retry_full=(START, START + 9)))
    assert not refused.stored
    assert await bench.store.queue_count() == 0
    await bench.reopen()
    assert not source.exists()


async def test_one_full_mailbox_without_a_retry_refuses_all(bench: Bench) -> None:
    full, roomy = await bench.account("full", messages=0), await bench.account("roomy")
    acceptance = bench.local(full, roomy)
    refused = await bench.store.accept(acceptance)
    assert (refused.stored, refused.full) == (False, [f"user{full}@example.org"])
    assert (await bench.folder_of(roomy)).messages == 0
    assert await bench.store.message(acceptance.message.id) is None


async def test_a_full_mailbox_beside_a_remote_recipient_waits(bench: Bench) -> None:
    full = await bench.account("full", messages=0)
    acceptance = bench.remote("far@x.example")
    acceptance.filings.append(Filing(full, "full@example.org", PREFIX))
    acceptance.retry_full = (START + 60, START + 900)
    accepted = await bench.store.accept(acceptance)
    assert accepted.stored
    assert accepted.full == ["full@example.org"]
    assert len(accepted.queue_ids) == 1
    assert await bench.store.queue_count() == 2


async def test_many_entries_are_read_in_order(bench: Bench) -> None:
    account = await bench.account()
    await asyncio.gather(*(bench.store.accept(bench.local(account)) for _ in range(400)))
    folder = await bench.folder_of(account)
    assert [entry.uid for entry in await bench.store.entries(folder.id)] == list(range(1, 401))
