"""Do messages get where COPY and MOVE send them, all of a command or none, and is it told? RFC 9051 §6.4.7-8."""

from doors.foundation import USER
from doors.imap.conftest import Opener
from doors.imap.house import OTHER, OTHER_PASSWORD, House, Setup
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import decode
from pillarbox.proto.imap.settings import ServerSettings
from pillarbox.store.rows import Flags

MESSAGE = b"Subject: hello\r\n\r\nHello\r\n"


async def test_a_copy_has_flags_and_a_uid_that_is_told(house: House) -> None:
    await house.file_all([MESSAGE] * 3, flags=Flags.SEEN)
    talk = await house.selecting()
    await talk.ask("STORE 3 +FLAGS (work)")
    answer = await talk.ask("COPY 2:3 Archive")
    folder = await house.folder("Archive")
    assert answer.tagged == f"OK [COPYUID {folder.uidvalidity} 2:3 1:2] 2 messages copied"
    kept = [(entry.uid, entry.flags, entry.keywords) for entry in await house.entries("Archive")]
    assert kept == [(1, Flags.SEEN, ""), (2, Flags.SEEN, "work")]
    assert len(await house.entries()) == 3


async def test_moving_tells_where_then_what_left(house: House) -> None:
    await house.file_all([MESSAGE] * 4)
    talk, other = await house.selecting(), await house.selecting()
    answer = await talk.ask("MOVE 2:3 Trash")
    folder = await house.folder("Trash")
    assert answer.untagged == [
        f"* OK [COPYUID {folder.uidvalidity} 2:3 1:2] 2 messages moved",
        "* 2 EXPUNGE",
        "* 2 EXPUNGE",
    ]
    assert answer.ok
    assert (await other.ask("NOOP")).untagged == ["* 2 EXPUNGE", "* 2 EXPUNGE"]
    assert [entry.uid for entry in await house.entries()] == [1, 4]
    assert [entry.uid for entry in await house.entries("Trash")] == [1, 2]


async def test_moving_by_uid_for_those_who_keep_in_step(house: House) -> None:
    await house.file_all([MESSAGE] * 3)
    talk = await house.signed_in()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("SELECT INBOX")
    answer = await talk.ask("UID MOVE 1,3 Trash")
    assert answer.untagged[1:] == ["* VANISHED 1,3"]
    assert answer.tagged.startswith(f"OK [HIGHESTMODSEQ {(await house.folder()).modseq}]")


async def test_within_one_mailbox(house: House) -> None:
    await house.file(MESSAGE)
    talk = await house.selecting()
    assert (await talk.ask("COPY 1 INBOX")).starting("2 EXISTS") == ["2 EXISTS"]
    answer = await talk.ask("MOVE 1 inbox")
    assert "* 1 EXPUNGE" in answer.untagged
    assert "* 2 EXISTS" in answer.untagged
    assert [entry.uid for entry in await house.entries()] == [2, 3]


async def test_where_nothing_can_go(house: House) -> None:
    await house.file(MESSAGE)
    talk = await house.selecting()
    assert (await talk.ask("COPY 1 Nowhere")).tagged.startswith("NO [TRYCREATE]")
    assert (await talk.ask("MOVE 1 Nowhere")).tagged.startswith("NO [TRYCREATE]")
    assert (await talk.ask("COPY 2 Trash")).tagged.startswith("BAD")
    assert (await talk.ask("UID COPY 2:9 Trash")).tagged == "OK There was nothing to copy"
    account = await house.store.account_by_id(house.account_id)
    assert account is not None
    account.quota_messages = 1
    await house.store.change_account(account)
    assert (await talk.ask("COPY 1 Trash")).tagged.startswith("NO [OVERQUOTA]")
    assert (await talk.ask("MOVE 1 Trash")).ok
    assert len(await house.entries("Trash")) == 1


async def test_others_mailboxes_by_their_rights(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.SEEN | Flags.FLAGGED | Flags.DELETED)
    shared = await house.folder("Archive", house.other_id)
    talk = await house.selecting()
    target = f'"Other Users/{OTHER}/Archive"'
    assert (await talk.ask(f"COPY 1 {target}")).tagged.startswith("NO [TRYCREATE]")
    await house.store.set_rights(shared.id, USER, "lr")
    assert (await talk.ask(f"COPY 1 {target}")).tagged.startswith("NO [NOPERM]")
    await house.store.set_rights(shared.id, USER, "lrisw")
    assert (await talk.ask(f"COPY 1 {target}")).ok
    # RFC 4314 §4: without the right t a copy is not marked as deleted.
    assert [entry.flags for entry in await house.store.entries(shared.id)] == [Flags.SEEN | Flags.FLAGGED]
    await house.store.set_rights((await house.folder()).id, OTHER, "lrist")
    thief = await house.selecting(f'"Other Users/{USER}/INBOX"', OTHER, OTHER_PASSWORD)
    assert (await thief.ask("MOVE 1 INBOX")).tagged.startswith("NO [NOPERM]")
    assert (await thief.ask("COPY 1 INBOX")).ok


async def test_messages_that_left_meanwhile(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk, other = await house.selecting(), await house.selecting()
    await other.ask("MOVE 1 Trash")
    assert (await talk.ask("COPY 1:2 Archive")).tagged.startswith("NO [EXPUNGEISSUED]")
    assert await house.entries("Archive") == []
    assert (await talk.ask("UID COPY 1:2 Archive")).tagged.endswith("1 message copied")


async def test_the_story_tells_who_moved_it(house: House) -> None:
    message_id = await house.file(MESSAGE)
    talk = await house.selecting()
    await talk.ask("COPY 1 Archive")
    await talk.ask("MOVE 1 Trash")
    told = [tell(event) for chapter in await house.store.story(message_id) for event in decode(chapter)]
    assert told == [
        f"{USER} copied it from INBOX to Archive by IMAP from 127.0.0.1.",
        f"{USER} moved it from INBOX to Trash by IMAP from 127.0.0.1.",
    ]


async def test_more_messages_than_a_command_may_be_about(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=ServerSettings("mx.example.org", message_limit=2)))
    await house.file_all([MESSAGE] * 3)
    talk = await house.selecting()
    assert (await talk.ask("COPY 1:3 Trash")).tagged.startswith("NO [MESSAGELIMIT 2]")
    assert (await talk.ask("UID MOVE 1:3 Trash")).tagged.startswith("OK [MESSAGELIMIT 2 2]")
    assert [entry.uid for entry in await house.entries()] == [1]
