"""Messages that nobody sent are stored like accepted mail."""

import os

import pytest

from inbox.conftest import Shelf
from pillarbox.inbox.append import MailboxFull, Upload
from pillarbox.observe.story import decode
from pillarbox.store.rows import Flags


def upload(shelf: Shelf, octets: bytes, folder: str = "INBOX") -> Upload:
    flags = int(Flags.SEEN | Flags.FLAGGED)
    return Upload(shelf.ann.id, shelf.ann.address, folder, octets, "a test", 1e9, flags, "work", "eve@far.example")


@pytest.mark.parametrize("size", [10, 4_001, 400_000], ids=["in the database", "in a file", "in slices"])
async def test_a_message_is_there_with_all_that_is_known_of_it(shelf: Shelf, size: int) -> None:
    octets = b"Subject: x\r\n\r\n" + b"\xe4" * size
    filed = await shelf.appender.append(upload(shelf, octets, "Sent"))
    assert await shelf.messages("Sent") == [octets]
    row = await shelf.bench.folder_of(shelf.ann.id, "Sent")
    [entry] = await shelf.store.entries(row.id)
    assert (entry.uid, entry.flags, entry.keywords, entry.internal_date) == (filed.uid, 5, "work", 1e9)
    message = await shelf.store.message(entry.message_id)
    assert message is not None
    assert (message.sender, message.header_size, message.body_type) == ("eve@far.example", 14, "8BITMIME")
    [event] = decode((await shelf.store.story(entry.message_id))[0])
    assert event.kind == "imported"
    assert not list(shelf.store.incoming().iterdir())


async def test_a_large_message_is_on_the_disk_before_it_is_committed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_size))
    await shelf.appender.append(upload(shelf, b"\r\n" + b"x" * 9_998))
    assert synced[0] == 10_000


async def test_a_full_mailbox_keeps_nothing(shelf: Shelf) -> None:
    shelf.ann.quota_octets = 5_000
    await shelf.store.change_account(shelf.ann)
    large = upload(shelf, b"Subject: x\r\n\r\n" + b"x" * 6_000)
    with pytest.raises(MailboxFull, match=r"the mailbox ann@.* is full"):
        await shelf.appender.append(large)
    assert await shelf.messages() == []
    assert not list(shelf.store.incoming().iterdir())


async def test_many_keep_their_order(shelf: Shelf) -> None:
    bodies = [b"\r\n" + bytes(f"{n}", "ascii") * (5_000 if n % 2 else 1) for n in range(10)]
    results = await shelf.appender.append_all([upload(shelf, body) for body in bodies])
    assert await shelf.messages() == bodies
    assert [result.uid for result in results if not isinstance(result, Exception)] == list(range(1, 11))
