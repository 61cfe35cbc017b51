"""Do messages that a mail program brings come together or not at all, and in place of another?"""

import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Acceptance
from store_contract.engines import BODY, HEAD, PREFIX, START, Bench

SIZE = len(HEAD + BODY + PREFIX)


def upload(bench: Bench, account: int, folder: str = "INBOX", size: int | None = None) -> Acceptance:
    acceptance = bench.local(account, body=BODY if size is None else bench.large(b"x" * size))
    acceptance.filings[0].folder = folder
    return acceptance


async def test_an_upload_keeps_its_date_and_is_saved_now(bench: Bench) -> None:
    account = await bench.account()
    acceptance = upload(bench, account)
    acceptance.message.arrived = 1e9
    await bench.store.append(acceptance)
    [entry] = await bench.store.entries((await bench.folder_of(account)).id)
    assert (entry.internal_date, entry.saved) == (1e9, START)
    await bench.store.accept(upload(bench, account))
    _, entry = await bench.store.entries((await bench.folder_of(account)).id)
    assert (entry.internal_date, entry.saved) == (START, START)


async def test_several_are_stored_in_their_order(bench: Bench) -> None:
    account = await bench.account()
    uploads = [upload(bench, account, "Sent", 1000 if number % 2 else None) for number in range(5)]
    results = await bench.store.append_many(uploads)
    assert [(result.stored, result.filed[0].uid) for result in results] == [(True, uid) for uid in range(1, 6)]
    sent = await bench.folder_of(account, "Sent")
    entries = await bench.store.entries(sent.id)
    assert [entry.message_id for entry in entries] == [one.message.id for one in uploads]
    assert await bench.store.append_many([]) == []


async def test_when_one_does_not_fit_none_is_stored(bench: Bench) -> None:
    account = await bench.account(octets=2 * SIZE + 500)
    uploads = [upload(bench, account), upload(bench, account, size=1000), upload(bench, account)]
    results = await bench.store.append_many(uploads)
    assert [(one.stored, one.filed, one.full) for one in results] == [(False, [], results[0].full)] * 3
    assert results[0].full
    assert (await bench.folder_of(account)).messages == 0
    assert await bench.store.message(uploads[0].message.id) is None
    await bench.reopen()
    assert not list((bench.folder / "incoming").glob("*/*"))
    results = await bench.store.append_many([upload(bench, account), upload(bench, account)])
    assert all(result.stored for result in results)


async def test_a_message_that_is_there_already_undoes_all(bench: Bench) -> None:
    account = await bench.account()
    first, second = upload(bench, account), upload(bench, account)
    second.message.id = first.message.id
    with pytest.raises(StoreError):
        await bench.store.append_many([first, second])
    assert (await bench.folder_of(account)).messages == 0


async def test_replacing_is_one_change_of_two(bench: Bench) -> None:
    account = await bench.account()
    old = upload(bench, account, "Sent")
    await bench.store.append(old)
    sent = await bench.folder_of(account, "Sent")
    new = upload(bench, account, "Sent", 1000)
    accepted = await bench.store.replace(new, sent.id, 1, "[2]")
    assert accepted.filed[0].uid == 2
    changes = await bench.store.changes(sent.id, sent.modseq)
    assert changes is not None
    assert ([entry.uid for entry in changes.entries], changes.gone) == ([2], [1])
    assert await bench.store.story(old.message.id) == ["[1]", "[2]"]
    assert await bench.store.read_small(old.message.id) is None


async def test_a_replacement_may_take_the_room_of_what_it_replaces(bench: Bench) -> None:
    account = await bench.account(messages=1)
    await bench.store.append(upload(bench, account))
    inbox = await bench.folder_of(account)
    assert (await bench.store.replace(upload(bench, account), inbox.id, 1, "")).stored
    assert [entry.uid for entry in await bench.store.entries(inbox.id)] == [2]


async def test_a_replacement_that_does_not_fit_leaves_all_as_it_was(bench: Bench) -> None:
    account = await bench.account(octets=2000)
    old = upload(bench, account, size=1000)
    await bench.store.append(old)
    inbox = await bench.folder_of(account)
    refused = await bench.store.replace(upload(bench, account, size=3000), inbox.id, 1, "[2]")
    assert (refused.stored, len(refused.full)) == (False, 1)
    assert await bench.folder_of(account) == inbox
    assert b"".join([piece async for piece in bench.store.read_slices(old.message.id)]) == HEAD + b"x" * 1000
    assert await bench.store.story(old.message.id) == ["[1]"]
    await bench.reopen()
    assert not list((bench.folder / "incoming").glob("*/*"))


async def test_what_is_gone_is_replaced_none_the_less(bench: Bench) -> None:
    account = await bench.account()
    inbox = await bench.folder_of(account)
    assert (await bench.store.replace(upload(bench, account), inbox.id, 77, "")).stored
    assert (await bench.folder_of(account)).messages == 1


async def test_a_folder_that_goes_away_meanwhile_leaves_the_message_in_inbox(bench: Bench) -> None:
    account = await bench.account()
    work = await bench.store.add_folder(account, "Work")
    acceptance = upload(bench, account, "Work")
    await bench.store.remove_folder(work.id, "")
    [accepted] = await bench.store.append_many([acceptance])
    assert accepted.filed[0].folder_id == (await bench.folder_of(account)).id
