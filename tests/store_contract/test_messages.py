"""Are messages kept byte for byte, shared, and given up when nobody needs them?"""

import asyncio
from pathlib import Path

import pytest

from pillarbox.store.interface import StoreError, StoreUnavailable
from pillarbox.store.rows import Content, Filing
from store_contract.engines import BODY, HEAD, START, Bench


async def read(bench: Bench, message_id: int, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([piece async for piece in bench.store.read_slices(message_id, start, end)])


async def test_a_small_message_comes_back_byte_for_byte(bench: Bench) -> None:
    acceptance = bench.local(await bench.account(), body=bytes(range(256)) * 3)
    accepted = await bench.store.accept(acceptance)
    number = acceptance.message.id
    assert accepted.stored
    assert await bench.store.read_small(number) == HEAD + bytes(range(256)) * 3
    assert await read(bench, number) == HEAD + bytes(range(256)) * 3


async def test_what_is_known_of_a_message(bench: Bench) -> None:
    acceptance = bench.local(await bench.account())
    message = acceptance.message
    message.smtputf8, message.ret, message.envelope_id, message.login = True, "HDRS", "env+1", "user@example.org"
    message.body_type = "8BITMIME"
    await bench.store.accept(acceptance)
    row = await bench.store.message(message.id)
    assert row is not None
    assert (row.sender, row.arrived, row.size) == ("sender@example.com", START, len(HEAD + BODY))
    assert (row.smtputf8, row.ret, row.envelope_id, row.login) == (True, "HDRS", "env+1", "user@example.org")
    assert (row.body_type, row.header_size, row.kept) == ("8BITMIME", message.header_size, True)
    assert await bench.store.message(999) is None


async def test_the_first_octets_of_a_body_can_be_left_out(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account)
    acceptance.message.content = Content(HEAD, b"To: x\r\n" + BODY, 7 + len(BODY), skip=7)
    await bench.store.accept(acceptance)
    assert await bench.store.read_small(acceptance.message.id) == HEAD + BODY


@pytest.mark.parametrize("skip", [0, 5])
async def test_a_large_body_is_taken_over_as_a_file(bench: Bench, skip: int) -> None:
    octets = bytes(range(256)) * 4096
    acceptance = bench.local(await bench.account())
    source = bench.large(octets)
    acceptance.message.content = Content(HEAD, source, len(octets), skip)
    await bench.store.accept(acceptance)
    number, whole = acceptance.message.id, HEAD + octets[skip:]
    assert not source.exists()
    assert await bench.store.read_small(number) is None
    assert await read(bench, number) == whole
    for start, end in ((0, 10), (len(HEAD) - 3, len(HEAD) + 3), (500_000, 900_001), (len(whole) - 1, None), (5, 5)):
        assert await read(bench, number, start, end) == whole[start:end]


async def test_slices_of_a_small_message(bench: Bench) -> None:
    acceptance = bench.local(await bench.account())
    await bench.store.accept(acceptance)
    whole = HEAD + BODY
    for start, end in ((0, 10), (7, None), (len(whole), None), (3, 10_000)):
        assert await read(bench, acceptance.message.id, start, end) == whole[start:end]


async def test_octets_that_are_gone_cannot_be_read(bench: Bench) -> None:
    with pytest.raises(KeyError):
        await read(bench, 77)
    assert await bench.store.read_small(77) is None


async def test_octets_live_until_the_last_copy_goes(bench: Bench) -> None:
    first, second = await bench.account("a"), await bench.account("b")
    acceptance = bench.local(first, second, body=bench.large(b"x" * 300_000))
    accepted = await bench.store.accept(acceptance)
    number = acceptance.message.id
    a, b = accepted.filed
    assert await bench.store.expunge(a.folder_id, [a.uid], "[2]") == [1]
    assert len(await read(bench, number)) == 300_000 + len(HEAD)
    assert await bench.store.expunge(b.folder_id, [b.uid], "[3]") == [1]
    row = await bench.store.message(number)
    assert row is not None
    assert (row.kept, row.size) == (False, 0)
    with pytest.raises(KeyError):
        await read(bench, number)
    assert await bench.store.story(number) == ["[1]", "[2]", "[3]"]
    await bench.reopen()
    assert [path for path in bench.folder.rglob("*") if path.is_file() and path.parent.parent.name == "blobs"] == []


async def test_a_message_without_recipients_leaves_only_its_story(bench: Bench) -> None:
    source = bench.large(b"x" * 1000)
    acceptance = bench.local(body=source)
    accepted = await bench.store.accept(acceptance)
    assert accepted.stored
    assert accepted.filed == []
    row = await bench.store.message(acceptance.message.id)
    assert row is not None
    assert not row.kept
    await bench.reopen()
    assert not source.exists()


async def test_stories_grow_and_are_forgotten(bench: Bench) -> None:
    account = await bench.account()
    old, kept = bench.local(account), bench.local(account)
    filed = (await bench.store.accept(old)).filed[0]
    await bench.store.accept(kept)
    await bench.store.tell(old.message.id, "[2]")
    await bench.store.tell(12345, "[told of nothing]")
    await bench.store.expunge(filed.folder_id, [filed.uid], "")
    assert await bench.store.story(old.message.id) == ["[1]", "[2]"]
    assert await bench.store.story(12345) == []
    assert await bench.store.forget(START, 10) == 0
    assert await bench.store.forget(START + 1, 10) == 1
    assert await bench.store.story(old.message.id) == []
    assert await bench.store.message(old.message.id) is None
    assert await bench.store.story(kept.message.id) == ["[1]"]


async def test_forgetting_is_bounded(bench: Bench) -> None:
    for _ in range(5):
        await bench.store.accept(bench.local())
    assert await bench.store.forget(START + 1, 3) == 3
    assert await bench.store.forget(START + 1, 3) == 2


async def test_many_at_once_all_come_through(bench: Bench) -> None:
    accounts = [await bench.account(f"user{n}") for n in range(7)]
    acceptances = [bench.local(accounts[n % 7], accounts[n // 7 % 7]) for n in range(300)]
    results = await asyncio.gather(*(bench.store.accept(acceptance) for acceptance in acceptances))
    assert all(result.stored for result in results)
    filed = [place for result in results for place in result.filed]
    assert len({(place.folder_id, place.uid) for place in filed}) == 600
    folders = [await bench.folder_of(account) for account in accounts]
    assert sum(folder.messages for folder in folders) == 600


async def test_one_failing_unit_does_not_disturb_the_others(bench: Bench) -> None:
    account = await bench.account()
    good = [bench.local(account, body=bench.large(b"g" * 1000)) for _ in range(3)]
    source = bench.large(b"b" * 1000)
    bad = bench.local(account, body=source)
    bad.filings.append(Filing(4711, "nobody@example.org", b""))
    results = await asyncio.gather(
        bench.store.accept(good[0]), bench.store.accept(bad), bench.store.accept(good[1]),
        bench.store.put_domain(None),  # type: ignore[arg-type]
        bench.store.accept(good[2]), return_exceptions=True,
    )  # fmt: skip
    assert isinstance(results[1], StoreError)
    assert isinstance(results[3], StoreError)
    assert await bench.store.message(bad.message.id) is None
    assert (await bench.folder_of(account)).messages == 3
    for acceptance in good:
        assert await read(bench, acceptance.message.id) == HEAD + b"g" * 1000


async def test_a_cancelled_caller_does_not_disturb_the_others(bench: Bench) -> None:
    account = await bench.account()
    futures = [bench.store.accept(bench.local(account)) for _ in range(3)]
    futures[1].cancel()
    await asyncio.gather(futures[0], futures[2])
    assert (await bench.folder_of(account)).messages == 3


async def test_the_same_message_is_not_stored_twice(bench: Bench) -> None:
    account = await bench.account()
    acceptance = bench.local(account)
    await bench.store.accept(acceptance)
    with pytest.raises(StoreError):
        await bench.store.accept(acceptance)
    assert (await bench.folder_of(account)).messages == 1


async def test_a_second_message_of_one_id_leaves_the_first_alone(bench: Bench) -> None:
    account = await bench.account()
    first = bench.local(account, body=bench.large(b"1" * 1000))
    await bench.store.accept(first)
    second, good = bench.local(account, body=bench.large(b"2" * 1000)), bench.local(account)
    second.message.id = first.message.id
    refused, stored = await asyncio.gather(bench.store.accept(second), bench.store.accept(good), return_exceptions=True)
    assert isinstance(refused, StoreError)
    assert not isinstance(stored, BaseException)
    await bench.reopen()
    assert await read(bench, first.message.id) == HEAD + b"1" * 1000


async def test_a_missing_spool_file_fails_its_own_message_only(bench: Bench, tmp_path: Path) -> None:
    account = await bench.account()
    acceptance = bench.local(account)
    acceptance.message.content = Content(HEAD, tmp_path / "nowhere", 10)
    lost, good = await asyncio.gather(
        bench.store.accept(acceptance), bench.store.accept(bench.local(account)), return_exceptions=True
    )
    assert isinstance(lost, StoreError)
    assert not isinstance(good, BaseException)


async def test_what_was_acknowledged_is_there_after_reopening(bench: Bench) -> None:
    account = await bench.account()
    small, large = bench.local(account), bench.local(account, body=bench.large(b"y" * 200_000))
    await asyncio.gather(bench.store.accept(small), bench.store.accept(large))
    await bench.reopen()
    assert await read(bench, small.message.id) == HEAD + BODY
    assert await read(bench, large.message.id) == HEAD + b"y" * 200_000
    assert [entry.uid for entry in await bench.store.entries((await bench.folder_of(account)).id)] == [1, 2]


async def test_a_closed_store_says_so(bench: Bench) -> None:
    store = bench.store
    last = store.accept(bench.local())
    await store.close()
    assert (await last).stored
    with pytest.raises(StoreUnavailable):
        await store.accept(bench.local())
    with pytest.raises(StoreUnavailable):
        await store.message(1)
    await bench.open()


async def test_a_copy_can_be_filed_by_the_use_of_a_folder(bench: Bench) -> None:
    account = await bench.account("a")
    await bench.store.add_folder(account, "Rubbish", "\\Flagged \\Memos")
    acceptance = bench.local(account)
    acceptance.filings[0].folder = "\\Memos"
    other = bench.local(account)
    other.filings[0].folder = "\\Nothing"
    [junk], [lost] = (await bench.store.accept(acceptance)).filed, (await bench.store.accept(other)).filed
    rubbish, inbox = await bench.store.folder(account, "Rubbish"), await bench.store.folder(account, "INBOX")
    assert rubbish is not None
    assert inbox is not None
    assert (junk.folder_id, lost.folder_id) == (rubbish.id, inbox.id)
