"""IDLE and NOTIFY: what others do is told as it happens. RFC 9051 §6.3.13, RFC 5465."""

import asyncio

from doors.foundation import USER
from doors.imap.conftest import Opener
from doors.imap.house import OTHER, OTHER_PASSWORD, House, Setup
from pillarbox.doors.imap.settings import ImapSettings

ONE = b"Subject: one\r\n\r\nfirst\r\n"
TWO = b"Subject: two\r\n\r\nsecond\r\n"


async def test_an_idle_client_hears_of_mail_at_once(house: House) -> None:
    talk = await house.selecting()
    tag = await talk.idle()
    await house.file(ONE)
    began = asyncio.get_running_loop().time()
    assert await talk.text() == "* 1 EXISTS"
    assert asyncio.get_running_loop().time() - began < 0.1
    assert await talk.text() == "* 1 RECENT"
    assert (await talk.done(tag)).untagged == []


async def test_an_idle_client_hears_what_others_do(house: House) -> None:
    await house.file_all([ONE, TWO])
    idler, other = await house.selecting(), await house.selecting()
    tag = await idler.idle()
    await other.ask("STORE 1 +FLAGS (\\Flagged)")
    assert "\\Flagged" in await idler.text()
    await other.ask("STORE 2 +FLAGS (\\Deleted)")
    assert "\\Deleted" in await idler.text()
    await other.ask("EXPUNGE")
    assert await idler.text() == "* 2 EXPUNGE"
    assert (await idler.done(tag)).tagged == "OK No longer idle"


async def test_who_is_not_idle_hears_when_asking(house: House) -> None:
    talk = await house.selecting()
    tag = await talk.idle()
    await talk.done(tag)
    await house.file(ONE)
    assert (await talk.ask("NOOP")).starting("1 EXISTS")


async def test_what_happened_before_idling_is_told_first(house: House) -> None:
    talk = await house.selecting()
    await house.file(ONE)
    await talk.idle()
    assert await talk.text() == "* 1 EXISTS"


async def test_idling_without_a_mailbox(house: House) -> None:
    talk = await house.signed_in()
    tag = await talk.idle()
    assert (await talk.done(tag)).ok


async def test_numbers_stay_while_messages_are_fetched(house: House) -> None:
    await house.file_all([ONE, TWO])
    first, second = await house.selecting(), await house.selecting()
    await second.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await second.ask("EXPUNGE")
    assert not (await first.ask("FETCH 2 (UID)")).starting("1 EXPUNGE")
    assert (await first.ask("NOOP")).starting("1 EXPUNGE")


async def test_notify_tells_of_other_mailboxes(house: House) -> None:
    talk = await house.selecting()
    answer = await talk.ask(
        "NOTIFY SET STATUS (selected (MessageNew MessageExpunge)) (mailboxes (Drafts Sent) (MessageNew MessageExpunge))"
    )
    assert sorted(line.split()[2] for line in answer.untagged) == ["Drafts", "Sent"]
    assert answer.ok
    folder = await house.folder("Drafts")
    await house.file(ONE, folder="Drafts")
    assert await talk.text() == f"* STATUS Drafts (MESSAGES 1 UIDNEXT 2 UIDVALIDITY {folder.uidvalidity})"
    await house.file(ONE, folder="Trash")  # nobody asked
    await house.file(ONE)
    assert await talk.text() == "* 1 EXISTS"


async def test_notify_brings_what_is_wanted_of_new_messages(house: House) -> None:
    talk = await house.selecting()
    assert (await talk.ask("NOTIFY SET (selected (MessageNew (UID BODY[HEADER.FIELDS (SUBJECT)]) MessageExpunge))")).ok
    await house.file(ONE)
    exists, recent, fetched = await talk.texts(3)
    assert (exists, recent) == ("* 1 EXISTS", "* 1 RECENT")
    assert fetched.startswith("* 1 FETCH (UID 1 BODY[HEADER.FIELDS (SUBJECT)]")
    assert "Subject: one" in fetched
    assert [entry.flags for entry in await house.entries()] == [0]


async def test_expunges_wait_where_that_was_asked_for(house: House) -> None:
    await house.file_all([ONE, TWO])
    talk, other = await house.selecting(), await house.selecting()
    assert (await talk.ask("NOTIFY SET (selected-delayed (MessageNew MessageExpunge))")).ok
    await other.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await other.ask("EXPUNGE")
    await house.file(ONE)
    assert await talk.text() == "* 3 EXISTS"
    assert (await talk.text()).endswith(" RECENT")
    assert (await talk.ask("NOOP")).starting("1 EXPUNGE")


async def test_flags_are_told_when_they_were_asked_for(house: House) -> None:
    await house.file(ONE)
    quiet, curious, other = [await house.selecting() for _ in range(3)]
    await quiet.ask("NOTIFY SET (selected (MessageNew MessageExpunge))")
    await curious.ask("NOTIFY SET (selected (MessageNew MessageExpunge FlagChange))")
    await other.ask("STORE 1 +FLAGS (\\Flagged)")
    assert "\\Flagged" in await curious.text()
    assert (await quiet.ask("NOOP")).untagged == []


async def test_notify_none(house: House) -> None:
    talk = await house.selecting()
    assert (await talk.ask("NOTIFY NONE")).ok
    await house.file(ONE)
    await talk.ask("NOOP")
    assert (await talk.ask("NOTIFY SET (selected (MessageNew MessageExpunge))")).starting("1 EXISTS")


async def test_notify_tells_of_the_tree(house: House) -> None:
    talk, other = await house.signed_in(), await house.signed_in()
    assert (await talk.ask("NOTIFY SET (personal (MailboxName SubscriptionChange))")).ok
    await other.ask("CREATE New")
    assert await talk.text() == '* LIST () "/" New'
    await other.ask("RENAME New Newer")
    assert await talk.text() == '* LIST () "/" Newer ("OLDNAME" (New))'
    await other.ask("SUBSCRIBE Newer")
    assert await talk.text() == '* LIST (\\Subscribed) "/" Newer'
    await other.ask("DELETE Newer")
    assert await talk.text() == '* LIST (\\NonExistent) "/" Newer'
    assert (await talk.ask("CREATE Mine")).untagged == []


async def test_notify_tells_of_notes(house: House) -> None:
    talk, other = await house.signed_in(), await house.signed_in()
    assert (await talk.ask("NOTIFY SET (personal (MailboxMetadataChange ServerMetadataChange))")).ok
    await other.ask('SETMETADATA INBOX (/private/comment "x")')
    assert await talk.text() == "* METADATA INBOX /private/comment"
    await other.ask('SETMETADATA "" (/private/vendor/a "x")')
    assert await talk.text() == '* METADATA "" /private/vendor/a'
    assert (await talk.ask('SETMETADATA INBOX (/private/comment "y")')).untagged == []


async def test_notify_tells_of_what_others_share(house: House) -> None:
    owner, talk = await house.signed_in(), await house.signed_in(OTHER, OTHER_PASSWORD)
    theirs = f'"Other Users/{USER}/INBOX"'
    assert (await talk.ask('NOTIFY SET (subtree ("Other Users") (MailboxName MessageNew MessageExpunge))')).ok
    await house.file(ONE)  # not theirs to see
    await owner.ask(f"SETACL INBOX {OTHER} lr")
    assert await talk.text() == f'* LIST () "/" {theirs}'
    assert (await talk.text()).startswith(f"* STATUS {theirs} (MESSAGES 1 ")
    await house.file(TWO)
    assert (await talk.text()).startswith(f"* STATUS {theirs} (MESSAGES 2 ")


async def test_too_much_to_watch(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(notify_folders=2)))
    talk = await house.signed_in()
    answer = await talk.ask("NOTIFY SET (personal (MessageNew MessageExpunge))")
    assert answer.tagged.startswith("NO [NOTIFICATIONOVERFLOW]")


async def test_events_that_there_are_not(house: House) -> None:
    talk = await house.signed_in()
    answer = await talk.ask("NOTIFY SET (selected (MessageNew MessageExpunge AnnotationChange))")
    assert answer.tagged.startswith("NO [BADEVENT (")
