"""Are folders renamed, removed and subscribed to as they should be?"""

import pytest

from pillarbox.store.interface import StoreError
from store_contract.engines import BODY, HEAD, Bench


async def names(bench: Bench, account: int) -> list[str]:
    return [folder.name for folder in await bench.store.folders(account)]


async def test_a_folder_by_its_id(bench: Bench) -> None:
    account = await bench.account()
    inbox = await bench.folder_of(account)
    assert await bench.store.folder_by_id(inbox.id) == inbox
    assert await bench.store.folder_by_id(4711) is None


async def test_renaming_takes_along_what_lies_below(bench: Bench) -> None:
    account = await bench.account()
    work = await bench.store.add_folder(account, "Work")
    below = await bench.store.add_folder(account, "Work/2024")
    await bench.store.add_folder(account, "Work-shop")
    await bench.store.add_folder(account, "work/other")
    await bench.store.add_folder(await bench.account("other"), "Work")
    acceptance = bench.local(account)
    acceptance.filings[0].folder = "Work"
    await bench.store.accept(acceptance)
    now = await bench.store.rename_folder(work.id, "Play/é")
    assert [(row.id, row.name) for row in now] == [(work.id, "Play/é"), (below.id, "Play/é/2024")]
    assert (now[0].uidvalidity, now[0].uidnext, now[0].messages) == (work.uidvalidity, 2, 1)
    assert await names(bench, account) == [
        "INBOX", "Junk", "Play/é", "Play/é/2024", "Sent", "Work-shop", "work/other",
    ]  # fmt: skip


async def test_renaming_to_a_name_that_is_taken_changes_nothing(bench: Bench) -> None:
    account = await bench.account()
    work = await bench.store.add_folder(account, "Work")
    await bench.store.add_folder(account, "Work/Junk")
    await bench.store.add_folder(account, "Play/Junk")
    before = await bench.store.folders(account)
    for name in ("Junk", "Play"):
        with pytest.raises(StoreError, match="already"):
            await bench.store.rename_folder(work.id, name)
    assert await bench.store.folders(account) == before
    with pytest.raises(StoreError, match="no folder"):
        await bench.store.rename_folder(4711, "x")


async def test_a_removed_folder_takes_its_messages_along(bench: Bench) -> None:
    account = await bench.account()
    work = await bench.store.add_folder(account, "Work")
    await bench.store.add_folder(account, "Work/2024")
    both = bench.local(account, account)
    both.filings[0].folder = "Work"
    alone = bench.local(account, body=bench.large(b"x" * 1000))
    alone.filings[0].folder = "Work"
    await bench.store.accept(both)
    await bench.store.accept(alone)
    await bench.store.expunge(work.id, [9], "")
    await bench.store.set_rights(work.id, "anyone", "l")
    await bench.store.set_notes(account, work.id, {"/private/comment": b"x"})
    assert await bench.store.remove_folder(work.id, "[2]")
    assert not await bench.store.remove_folder(work.id, "[2]")
    assert await names(bench, account) == ["INBOX", "Junk", "Sent", "Work/2024"]
    assert await bench.store.read_small(both.message.id) == HEAD + BODY
    assert await bench.store.story(alone.message.id) == ["[1]", "[2]"]
    await bench.reopen()
    assert not list((bench.folder / "blobs").glob("*/*"))


async def test_the_same_name_again_is_another_folder(bench: Bench) -> None:
    account = await bench.account()
    work = await bench.store.add_folder(account, "Work")
    await bench.store.remove_folder(work.id, "")
    again = await bench.store.add_folder(account, "Work")
    assert again.uidvalidity > work.uidvalidity
    assert again.id > work.id


async def test_subscriptions_are_names(bench: Bench) -> None:
    account = await bench.account()
    assert await bench.store.subscriptions(account) == ["INBOX", "Junk", "Sent"]
    work = await bench.store.add_folder(account, "Work", subscribed=False)
    assert not work.subscribed
    await bench.store.subscribe(account, "Work", True)
    await bench.store.subscribe(account, "Work", True)
    await bench.store.subscribe(account, "Nowhere/é", True)
    assert (await bench.folder_of(account, "Work")).subscribed
    await bench.store.subscribe(account, "Sent", False)
    assert not (await bench.folder_of(account, "Sent")).subscribed
    await bench.store.remove_folder(work.id, "")
    assert await bench.store.subscriptions(account) == ["INBOX", "Junk", "Nowhere/é", "Work"]
    await bench.store.subscribe(4711, "INBOX", True)
    assert await bench.store.subscriptions(4711) == []


async def test_recent_messages_are_told_once(bench: Bench) -> None:
    account = await bench.account()
    inbox = await bench.folder_of(account)
    assert (inbox.recent, await bench.store.take_recent(inbox.id)) == (1, 1)
    for _ in range(3):
        await bench.store.accept(bench.local(account))
    assert (await bench.folder_of(account)).recent == 1
    assert await bench.store.take_recent(inbox.id) == 1
    assert await bench.store.take_recent(inbox.id) == 4
    await bench.store.accept(bench.local(account))
    assert (await bench.folder_of(account)).recent == 4
    with pytest.raises(StoreError, match="no folder"):
        await bench.store.take_recent(4711)


async def test_an_account_takes_all_of_its_own_along(bench: Bench) -> None:
    gone, stays = await bench.account("gone"), await bench.account("stays")
    theirs, own = await bench.folder_of(gone), await bench.folder_of(stays)
    for identifier in ("gone@example.org", "-gone@example.org", "anyone"):
        await bench.store.set_rights(own.id, identifier, "lr")
    await bench.store.set_rights(theirs.id, "stays@example.org", "lr")
    await bench.store.set_notes(gone, own.id, {"/private/comment": b"1", "/shared/comment": b"2"})
    await bench.store.set_notes(gone, theirs.id, {"/private/comment": b"1", "/shared/comment": b"2"})
    await bench.store.set_notes(gone, 0, {"/private/comment": b"1"})
    await bench.store.remove_account(gone)
    again = await bench.account("gone")
    assert await bench.store.rights(own.id) == {"anyone": "lr"}
    assert await bench.store.notes(again, own.id) == {"/shared/comment": b"2"}
    assert await bench.store.notes(again, 0) == {}
    assert await bench.store.shared_with(stays) == []
    assert await bench.store.subscriptions(gone) == []
