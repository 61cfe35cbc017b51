"""Messages that nobody sent are stored like accepted mail."""

import os

import pytest

from inbox.conftest import Shelf
from pillarbox.inbox.append import Destination, Letter, MailboxFull, Upload
from pillarbox.observe.story import decode
from pillarbox.store.rows import Content, Flags


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


def letter(body: bytes, **known: object) -> Letter:
    octets = b"Subject: x\r\n\r\n" + body
    return Letter(Content(b"", octets, len(octets)), 14, "7BIT", **known)  # type: ignore[arg-type]


def to(shelf: Shelf, folder: str = "Sent", user: str = "bob@example.org") -> Destination:
    name = f"Other Users/{shelf.ann.address}/{folder}"
    return Destination(shelf.ann.id, shelf.ann.address, folder, name, user, "IMAP", "192.0.2.7")


async def test_letters_are_put_together_with_what_is_known_of_them(shelf: Shelf) -> None:
    spool = shelf.bench.large(b"Subject: large\r\n\r\n")
    letters = [
        letter(b"one", date=1e9, flags=int(Flags.DRAFT), keywords="b $a"),
        Letter(Content(b"", spool, 18), 18, "8BITMIME"),
    ]
    one, two = await shelf.appender.put(to(shelf), letters)
    sent = await shelf.bench.folder_of(shelf.ann.id, "Sent")
    entries = await shelf.store.entries(sent.id)
    assert [(put.filed.uid, put.filed.folder_id, put.message_id) for put in (one, two)] == [
        (entry.uid, sent.id, entry.message_id) for entry in entries
    ]
    assert (entries[0].internal_date, entries[0].flags, entries[0].keywords) == (1e9, Flags.DRAFT, "$a b")
    assert entries[1].internal_date == entries[1].saved == entries[0].saved == shelf.bench.clock.time
    assert await shelf.messages("Sent") == [b"Subject: x\r\n\r\none", b"Subject: large\r\n\r\n"]
    [event] = decode((await shelf.store.story(one.message_id))[0])
    assert (event.kind, event.evidence) == ("appended", {
        "user": "bob@example.org", "folder": to(shelf).name, "service": "IMAP", "peer": "192.0.2.7",
    })  # fmt: skip
    message = await shelf.store.message(two.message_id)
    assert message is not None
    assert (message.header_size, message.body_type, message.sender) == (18, "8BITMIME", "")


async def test_letters_that_do_not_fit_are_all_refused(shelf: Shelf) -> None:
    shelf.ann.quota_octets = 5_000
    await shelf.store.change_account(shelf.ann)
    with pytest.raises(MailboxFull, match="ann@"):
        await shelf.appender.put(to(shelf), [letter(b"small"), letter(b"x" * 6_000)])
    assert await shelf.messages("Sent") == []


async def test_a_letter_takes_the_place_of_another(shelf: Shelf) -> None:
    [draft] = await shelf.appender.put(to(shelf), [letter(b"draft")])
    final = await shelf.appender.replace(to(shelf), letter(b"final"), draft.filed.folder_id, draft.filed.uid, "Sent")
    assert await shelf.messages("Sent") == [b"Subject: x\r\n\r\nfinal"]
    assert final.filed.uid == 2
    events = decode((await shelf.store.story(draft.message_id))[1])
    assert [(event.kind, event.evidence["folder"]) for event in events] == [("expunged", "Sent")]
    shelf.ann.quota_messages = 0
    await shelf.store.change_account(shelf.ann)
    with pytest.raises(MailboxFull):
        await shelf.appender.replace(to(shelf), letter(b"more"), final.filed.folder_id, final.filed.uid, "Sent")
    assert await shelf.messages("Sent") == [b"Subject: x\r\n\r\nfinal"]
