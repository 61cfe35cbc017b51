"""Does what is marked as deleted go, and nothing else; who is told, and what is remembered? RFC 9051 §6.4.3, §6.4.9."""

from doors.foundation import USER
from doors.imap.conftest import Opener
from doors.imap.house import OTHER, OTHER_PASSWORD, House, Setup
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import decode
from pillarbox.proto.imap.settings import ServerSettings
from pillarbox.store.rows import Flags

MESSAGE = b"Subject: hello\r\n\r\nHello\r\n"


async def test_what_is_marked_goes(house: House) -> None:
    ids = await house.file_all([MESSAGE] * 5)
    talk, other = await house.selecting(), await house.selecting()
    await talk.ask("STORE 1,3:4 +FLAGS.SILENT (\\Deleted)")
    answer = await talk.ask("EXPUNGE")
    assert answer.untagged == ["* 1 EXPUNGE", "* 2 EXPUNGE", "* 2 EXPUNGE"]
    assert answer.tagged == "OK 3 messages are gone for good"
    assert (await other.ask("NOOP")).untagged == ["* 1 EXPUNGE", "* 2 EXPUNGE", "* 2 EXPUNGE"]
    assert [entry.uid for entry in await house.entries()] == [2, 5]
    assert (await talk.ask("EXPUNGE")).tagged == "OK Nothing was to be removed"
    told = [tell(event) for chapter in await house.store.story(ids[0]) for event in decode(chapter)]
    assert told == [f"{USER} removed it from INBOX by IMAP from 127.0.0.1."]
    assert house.logged("expunged")[0]["messages"] == 3


async def test_by_uid_only_what_is_named(house: House) -> None:
    await house.file_all([MESSAGE] * 4, flags=Flags.DELETED)
    talk = await house.signed_in()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("SELECT INBOX")
    await talk.ask("STORE 3 -FLAGS.SILENT (\\Deleted)")
    answer = await talk.ask("UID EXPUNGE 2:3,9")
    assert answer.untagged == ["* VANISHED 2"]
    assert answer.tagged.startswith(f"OK [HIGHESTMODSEQ {(await house.folder()).modseq}]")
    assert [entry.uid for entry in await house.entries()] == [1, 3, 4]


async def test_not_what_came_unseen(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.DELETED)
    talk = await house.selecting()
    idle = await talk.idle()
    await talk.done(idle)
    await house.file(MESSAGE, flags=Flags.DELETED)
    answer = await talk.ask("EXPUNGE")
    assert answer.untagged == ["* 1 EXPUNGE", "* 1 EXISTS", "* 1 RECENT"]
    assert [entry.uid for entry in await house.entries()] == [2]


async def test_only_with_the_right_to(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.DELETED)
    await house.store.set_rights((await house.folder()).id, OTHER, "lrst")
    talk = await house.selecting(f'"Other Users/{USER}/INBOX"', OTHER, OTHER_PASSWORD)
    assert (await talk.ask("EXPUNGE")).tagged.startswith("NO [NOPERM]")
    assert (await talk.ask("CLOSE")).ok
    assert len(await house.entries()) == 1
    await house.store.set_rights((await house.folder()).id, OTHER, "lrste")
    await talk.ask(f'SELECT "Other Users/{USER}/INBOX"')
    assert (await talk.ask("EXPUNGE")).untagged == ["* 1 EXPUNGE"]


async def test_more_messages_than_a_command_may_be_about(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=ServerSettings("mx.example.org", message_limit=2)))
    await house.file_all([MESSAGE] * 5, flags=Flags.DELETED)
    talk = await house.selecting()
    answer = await talk.ask("UID EXPUNGE 1:*")
    assert answer.tagged.startswith("OK [MESSAGELIMIT 2 4]")
    assert [entry.uid for entry in await house.entries()] == [1, 2, 3]
    assert (await talk.ask("EXPUNGE")).tagged == "OK 3 messages are gone for good"
