"""Is a client told of what others change, in the right order and never at the wrong time? RFC 9051 §7.5.1, RFC 7162."""

import asyncio

from doors.imap.house import House
from pillarbox.doors.imap.paging import page
from pillarbox.proto.imap.commands import Partial
from pillarbox.store.rows import Flags

MESSAGE = b"Subject: hello\r\n\r\nHello\r\n"


async def test_expunges_then_new_mail_then_flags(house: House) -> None:
    await house.file_all([MESSAGE] * 4)
    talk, other = await house.selecting(), await house.selecting()
    await other.ask("STORE 1,3 +FLAGS (\\Deleted)")
    await other.ask("EXPUNGE")
    await other.ask("STORE 1 +FLAGS (\\Flagged)")
    await house.file(MESSAGE)
    assert (await talk.ask("NOOP")).untagged == [
        "* 1 EXPUNGE",
        "* 2 EXPUNGE",
        "* 3 EXISTS",
        "* 3 RECENT",
        "* 1 FETCH (UID 2 FLAGS (\\Recent \\Flagged))",
    ]


async def test_numbers_stand_still_while_they_are_used(house: House) -> None:
    await house.file_all([MESSAGE] * 3)
    talk, other = await house.selecting(), await house.selecting()
    await other.ask("MOVE 1 Trash")
    await house.file(MESSAGE)
    for command in ("FETCH 2 (UID)", "STORE 2 +FLAGS (\\Seen)", "SEARCH ALL", "SORT (ARRIVAL) UTF-8 ALL"):
        answer = await talk.ask(command)
        assert not [line for line in answer.untagged if "EXPUNGE" in line], command
    assert (await talk.ask("UID SEARCH ALL")).starting("1 EXPUNGE")


async def test_vanished_for_those_who_asked(house: House) -> None:
    await house.file_all([MESSAGE] * 4)
    modest, other = await house.signed_in(), await house.selecting()
    await modest.ask("ENABLE QRESYNC")
    await modest.ask("SELECT INBOX")
    bare = await house.signed_in()
    await bare.ask("ENABLE UIDONLY")
    await bare.ask("SELECT INBOX")
    await other.ask("MOVE 2:3 Trash")
    await other.ask("STORE 1 +FLAGS (\\Seen)")
    modseq = (await house.folder()).modseq
    assert (await modest.ask("NOOP")).untagged == [
        "* VANISHED 2:3",
        f"* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ ({modseq}))",
    ]
    answer = await bare.ask("NOOP")
    assert answer.untagged == ["* VANISHED 2:3", "* 1 UIDFETCH (FLAGS (\\Seen))"]


async def test_told_at_once_in_idle(house: House) -> None:
    talk = await house.selecting()
    tag = await talk.idle()
    await house.file(MESSAGE)
    async with asyncio.timeout(5):
        assert await talk.texts(2) == ["* 1 EXISTS", "* 1 RECENT"]
    other = await house.selecting()
    await other.ask("STORE 1 +FLAGS (\\Deleted)")
    assert await talk.text() == "* 1 FETCH (UID 1 FLAGS (\\Recent \\Deleted))"
    await other.ask("EXPUNGE")
    assert await talk.text() == "* 1 EXPUNGE"
    assert (await talk.done(tag)).ok


async def test_what_one_did_oneself_is_told_once(house: House) -> None:
    await house.file_all([MESSAGE] * 2, flags=Flags.SEEN)
    talk = await house.selecting()
    assert (await talk.ask("STORE 1 -FLAGS (\\Seen)")).untagged == ["* 1 FETCH (FLAGS (\\Recent))"]
    assert (await talk.ask("NOOP")).untagged == []


def test_pages() -> None:
    assert page(range(10), Partial(1, 3)) == range(3)
    assert page(range(10), Partial(3, 1)) == range(3)
    assert page(range(10), Partial(-1, -3)) == range(7, 10)
    assert page(range(10), Partial(-3, -1)) == range(7, 10)
    assert page(range(10), Partial(-9, -12)) == range(2)
    assert page([], Partial(-1, -3)) == []
    assert page(range(2), Partial(3, 5)) == range(2, 2)
