"""An inbox as POP3 sees it: what stands still, what is changed when, and who may have it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pillarbox.inbox.drop import (
    Drop,
    DropBox,
    DropInUseError,
    DropSettings,
    DropTooSoonError,
    MessageGoneError,
    Reader,
)
from pillarbox.observe.log import silent
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import decode
from pillarbox.store.interface import StoreError, StoreUnavailable
from pillarbox.store.rows import Acceptance, Content, Filing, Flags, NewMessage
from store_contract.engines import START, Bench

DAY = 86_400.0
USER = "user@example.org"


@dataclass
class Inbox:
    """One account's inbox with a store, and the box that opens it."""

    bench: Bench
    account: int
    box: DropBox
    filed: int = 0

    @property
    def reader(self) -> Reader:
        return Reader(self.account, USER, "192.0.2.1")

    async def open(self) -> Drop:
        return await self.box.open(self.reader)

    def settings(self, settings: DropSettings) -> None:
        self.box = DropBox(self.bench.store, self.bench.clock, silent(), settings)

    async def file(self, body: bytes | Path, prefix: bytes = b"", flags: int = 0) -> int:
        """One message; its id."""
        self.filed += 1
        size = len(body) if isinstance(body, bytes) else body.stat().st_size
        message = NewMessage(self.filed << 18, self.bench.clock.now(), "", Content(b"", body, size), 0)
        await self.bench.store.accept(Acceptance(message, "[]", [Filing(self.account, USER, prefix, flags=flags)]))
        return message.id

    async def left(self) -> list[int]:
        """The ids of the messages that are there."""
        folder = await self.bench.folder_of(self.account)
        return [entry.message_id for entry in await self.bench.store.entries(folder.id)]

    async def sentences(self, message_id: int) -> list[str]:
        """A message's story."""
        return [tell(event) for chapter in await self.bench.store.story(message_id) for event in decode(chapter)]


@pytest.fixture
async def inbox(tmp_path: Path) -> AsyncIterator[Inbox]:
    bench = Bench("sqlite", tmp_path, asyncio.get_running_loop())
    store = await bench.open()
    yield Inbox(bench, await bench.account(), DropBox(store, bench.clock, silent()))
    await bench.close()


async def octets(drop: Drop, number: int) -> bytes:
    return b"".join([piece async for piece in drop.read(number)])


async def test_an_empty_inbox(inbox: Inbox) -> None:
    drop = await inbox.open()
    assert list(drop.sizes) == []
    assert await drop.commit([]) == 0


async def test_sizes_are_those_of_what_is_read(inbox: Inbox) -> None:
    await inbox.file(b"small\r\n", prefix=b"Return-Path: <>\r\n")
    large = inbox.bench.large(b"x" * 700_000 + b"\r\n")
    await inbox.file(large, prefix=b"Return-Path: <b@example.com>\r\n")
    drop = await inbox.open()
    assert await octets(drop, 1) == b"Return-Path: <>\r\nsmall\r\n"
    assert await octets(drop, 2) == b"Return-Path: <b@example.com>\r\n" + b"x" * 700_000 + b"\r\n"
    assert [len(await octets(drop, number)) for number in (1, 2)] == list(drop.sizes)


async def test_a_large_message_comes_in_slices(inbox: Inbox) -> None:
    await inbox.file(inbox.bench.large(b"x" * 2_000_000))
    drop = await inbox.open()
    assert max([len(piece) async for piece in drop.read(1)]) <= 256 * 1024


async def test_unique_ids_are_short_and_never_given_again(inbox: Inbox) -> None:
    await inbox.file(b"1\r\n")
    await inbox.file(b"2\r\n")
    drop = await inbox.open()
    first, second = drop.unique_id(1), drop.unique_id(2)
    await drop.commit([1, 2])
    drop.close()
    await inbox.file(b"3\r\n")
    third = (await inbox.open()).unique_id(1)
    assert len({first, second, third}) == 3
    # RFC 1939 §7: 1 to 70 characters from ! to ~.
    assert all(1 <= len(each) <= 70 and all("!" <= c <= "~" for c in each) for each in (first, second, third))


async def test_commit_removes_what_it_is_told_and_says_it(inbox: Inbox) -> None:
    ids = [await inbox.file(b"%d\r\n" % n) for n in range(5)]
    drop = await inbox.open()
    assert await drop.commit([2, 4]) == 2
    assert await inbox.left() == [ids[0], ids[2], ids[4]]
    assert await inbox.sentences(ids[1]) == [f"{USER} removed it from INBOX by POP3."]


async def test_close_removes_nothing(inbox: Inbox) -> None:
    number = await inbox.file(b"1\r\n")
    drop = await inbox.open()
    drop.close()
    drop.close()
    assert await inbox.left() == [number]
    assert inbox.box.sessions == 0


async def test_a_message_that_somebody_else_removed(inbox: Inbox) -> None:
    await inbox.file(b"1\r\n")
    await inbox.file(inbox.bench.large(b"x" * 700_000))
    drop = await inbox.open()
    folder = await inbox.bench.folder_of(inbox.account)
    await inbox.bench.store.expunge(folder.id, [1, 2], "")
    for number in (1, 2):
        with pytest.raises(MessageGoneError):
            await octets(drop, number)
    assert await drop.commit([1, 2]) == 0


async def test_one_session_at_a_time(inbox: Inbox) -> None:
    drop = await inbox.open()
    with pytest.raises(DropInUseError):
        await inbox.open()
    drop.close()
    (await inbox.open()).close()


async def test_an_inbox_that_cannot_be_read_is_not_in_use(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_folder: int) -> object:
        raise StoreUnavailable("the disk is on fire")

    monkeypatch.setattr(inbox.bench.store, "entries", broken)
    with pytest.raises(StoreUnavailable):
        await inbox.open()
    monkeypatch.undo()
    (await inbox.open()).close()


async def test_a_user_that_is_gone(inbox: Inbox) -> None:
    with pytest.raises(StoreError, match="has no INBOX"):
        await inbox.box.open(Reader(4711, "nobody@example.org", "192.0.2.1"))


async def test_a_session_that_is_called_off_while_it_opens(inbox: Inbox) -> None:
    opening = asyncio.ensure_future(inbox.open())
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert inbox.box.sessions == 0


async def test_shared_drops_are_counted(inbox: Inbox) -> None:
    inbox.settings(DropSettings(exclusive=False))
    first, second = await inbox.open(), await inbox.open()
    assert inbox.box.sessions == 2
    first.close()
    second.close()
    assert inbox.box.sessions == 0


async def test_login_delay(inbox: Inbox) -> None:
    inbox.settings(DropSettings(login_delay=60.0))
    (await inbox.open()).close()
    inbox.bench.clock.time += 59
    with pytest.raises(DropTooSoonError):
        await inbox.open()
    inbox.bench.clock.time += 1
    (await inbox.open()).close()


async def test_login_delay_remembers_a_bounded_number(inbox: Inbox) -> None:
    inbox.settings(DropSettings(login_delay=60.0, login_delay_entries=2))
    readers = [Reader(await inbox.bench.account(f"user{n}"), f"user{n}@example.org", "") for n in range(3)]
    for reader in readers:
        (await inbox.box.open(reader)).close()
    (await inbox.box.open(readers[0])).close()  # the oldest was forgotten
    with pytest.raises(DropTooSoonError):
        await inbox.box.open(readers[2])


async def test_reads_are_noted_a_few_at_a_time(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.settings(DropSettings(reads_noted=3))
    ids = [await inbox.file(b"%d\r\n" % n) for n in range(4)]
    store = inbox.bench.store
    flagged: list[list[int]] = []
    real = store.set_flags

    def spying(folder: int, uids: Sequence[int], add: int, remove: int) -> "asyncio.Future[int]":
        flagged.append(list(uids))
        return real(folder, uids, add, remove)

    monkeypatch.setattr(store, "set_flags", spying)
    drop = await inbox.open()
    drop.was_read(1, seen=False)
    for number in (1, 2, 2, 1, 3, 4):
        drop.was_read(number)
    assert flagged == [[1, 2, 3]]
    await drop.commit([])
    assert flagged == [[1, 2, 3], [4]]
    assert await inbox.sentences(ids[1]) == [f"{USER} fetched it by POP3 from 192.0.2.1."]


async def test_what_was_seen_before_is_not_flagged_again(inbox: Inbox) -> None:
    await inbox.file(b"1\r\n", flags=Flags.SEEN)
    before = await inbox.bench.folder_of(inbox.account)
    drop = await inbox.open()
    drop.was_read(1)
    await drop.commit([])
    after = await inbox.bench.folder_of(inbox.account)
    assert (after.modseq, after.unseen) == (before.modseq, 0)


async def test_without_expire_everything_stays(inbox: Inbox) -> None:
    await inbox.file(b"1\r\n", flags=Flags.SEEN)
    inbox.bench.clock.time += 4000 * DAY
    drop = await inbox.open()
    await drop.commit([])
    assert len(await inbox.left()) == 1


async def test_expire_takes_what_is_old_and_read(inbox: Inbox) -> None:
    inbox.settings(DropSettings(expire=30 * DAY))
    old_read = await inbox.file(b"1\r\n", flags=Flags.SEEN)
    old_unread = await inbox.file(b"2\r\n")
    old_read_now = await inbox.file(b"3\r\n")
    old_deleted = await inbox.file(b"4\r\n", flags=Flags.SEEN)
    inbox.bench.clock.time += 31 * DAY
    young = await inbox.file(b"5\r\n", flags=Flags.SEEN)
    drop = await inbox.open()
    drop.was_read(3)
    assert await drop.commit([4]) == 1
    assert await inbox.left() == [old_unread, young]
    gone = "It was removed from INBOX: it had been read, and was older than 30 days."
    assert await inbox.sentences(old_read) == [gone]
    assert (await inbox.sentences(old_read_now))[-1] == gone
    assert await inbox.sentences(old_deleted) == [f"{USER} removed it from INBOX by POP3."]


async def test_a_drop_is_in_use_until_its_removal_ends(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    await inbox.file(b"1\r\n")
    removal: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(inbox.bench.store, "expunge", lambda *_: removal)
    drop = await inbox.open()
    commit = asyncio.ensure_future(drop.commit([1]))
    await asyncio.sleep(0)
    commit.cancel()
    with pytest.raises(asyncio.CancelledError):
        await commit
    drop.close()
    with pytest.raises(DropInUseError):
        await inbox.open()
    assert not removal.cancelled()
    removal.set_result([1])
    await asyncio.sleep(0)
    (await inbox.open()).close()


async def test_a_hundred_thousand_messages(inbox: Inbox) -> None:
    """How long it takes is for bench/pop3_open.py to say; here it must be right."""
    count, copies = 100_000, 2_000
    for first in range(0, count, copies):
        message = NewMessage(first + 1, START, "", Content(b"", b"x\r\n" * (first // copies), 3 * (first // copies)), 0)
        filings = [Filing(inbox.account, USER, b"") for _ in range(copies)]
        await inbox.bench.store.accept(Acceptance(message, "[]", filings))
    drop = await inbox.open()
    assert len(drop.sizes) == count
    assert sum(drop.sizes) == sum(range(count // copies)) * 3 * copies
    assert len({drop.unique_id(number) for number in range(1, count + 1)}) == count
    assert await octets(drop, count) == b"x\r\n" * 49
    assert await drop.commit(range(1, count, 2)) == count // 2
    assert len(await inbox.left()) == count // 2
