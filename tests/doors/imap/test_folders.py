"""CREATE, DELETE, RENAME, subscriptions, LIST and STATUS through the real door."""

from doors.imap.house import House
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import decode

ONE = b"Subject: one\r\n\r\nfirst\r\n"


async def test_a_mailbox_comes_and_goes(house: House) -> None:
    talk = await house.signed_in()
    answer = await talk.ask("CREATE Work/Plans")
    folder = await house.folder("Work/Plans")
    assert answer.tagged.startswith(f"OK [MAILBOXID (F{folder.id})]")
    assert (await talk.ask("CREATE work/../Work/Plans")).tagged.startswith(("NO", "OK"))
    assert (await talk.ask("CREATE Work/Plans")).tagged.startswith("NO [ALREADYEXISTS]")
    assert (await talk.ask("DELETE Work")).tagged.startswith("NO [HASCHILDREN]")
    assert (await talk.ask("DELETE Work/Plans")).ok
    assert (await talk.ask("DELETE Work/Plans")).tagged.startswith("NO [NONEXISTENT]")
    assert (await talk.ask("DELETE INBOX")).tagged.startswith("NO [CANNOT]")
    assert house.logged("folder_created")[0]["folder"] == "Work/Plans"


async def test_create_with_a_special_use(house: House) -> None:
    talk = await house.signed_in()
    assert (await talk.ask("CREATE Later (USE (\\Snoozed))")).ok
    [line] = (await talk.ask('LIST "" Later')).untagged
    assert "\\Snoozed" in line
    assert (await talk.ask("CREATE Odd (USE (\\Nonsense))")).tagged.startswith("NO [USEATTR]")


async def test_deleting_what_is_selected_leaves_it(house: House) -> None:
    number = (await house.file_all([ONE]))[0]
    talk = await house.signed_in()
    await talk.ask("CREATE Gone")
    await talk.ask("SELECT INBOX")
    await talk.ask("MOVE 1 Gone")
    await talk.ask("SELECT Gone")
    answer = await talk.ask("DELETE Gone")
    assert answer.ok
    assert answer.untagged == ["* OK [CLOSED] The selected mailbox is no more"]
    assert (await talk.ask("FETCH 1 FLAGS")).tagged.startswith("BAD")
    story = [tell(event) for chapter in await house.store.story(number) for event in decode(chapter)]
    assert story[-1].startswith("user@example.org removed the folder Gone it lay in")


async def test_a_mailbox_that_somebody_else_deletes_ends_the_session(house: House) -> None:
    idler, other = await house.signed_in(), await house.signed_in()
    await other.ask("CREATE Gone")
    await idler.ask("SELECT Gone")
    await idler.idle()
    assert (await other.ask("DELETE Gone")).ok
    assert await idler.text() == "* BYE The selected mailbox was removed"
    assert await idler.ended() == b""


async def test_a_mailbox_that_is_renamed_stays_selected(house: House) -> None:
    talk, other = await house.signed_in(), await house.signed_in()
    await talk.ask("ENABLE IMAP4rev2")
    await talk.ask("CREATE Before")
    await talk.ask("SELECT Before")
    assert (await other.ask("RENAME Before After")).ok
    answer = await talk.ask("NOOP")
    assert answer.untagged == ['* LIST () "/" After ("OLDNAME" (Before))']
    assert (await talk.upload("APPEND After", ONE)).starting("1 EXISTS")


async def test_renaming_inbox_moves_what_is_in_it(house: House) -> None:
    await house.file(ONE)
    talk = await house.signed_in()
    assert (await talk.ask("RENAME INBOX Old")).ok
    assert await house.entries() == []
    assert len(await house.entries("Old")) == 1


async def test_lists(house: House) -> None:
    talk = await house.signed_in()
    await talk.ask("CREATE Work/Plans")
    assert (await talk.ask('LIST "" ""')).untagged == ['* LIST (\\Noselect) "/" ""']
    assert (await talk.ask('LIST "" Work%')).untagged == ['* LIST (\\HasChildren) "/" Work']
    names = [line.rpartition(" ")[2] for line in (await talk.ask('LIST "" *')).untagged]
    assert names[0] == "INBOX"
    assert {"Work", "Work/Plans", "Drafts", "Sent", "Trash"} <= set(names)
    uses = (await talk.ask('LIST (SPECIAL-USE) "" *')).untagged
    assert '* LIST (\\HasNoChildren \\Sent) "/" Sent' in uses


async def test_a_list_with_everything_beside(house: House) -> None:
    await house.file(ONE)
    talk = await house.signed_in()
    await talk.ask('SETMETADATA INBOX (/private/comment "mine")')
    answer = await talk.ask(
        'LIST "" (INBOX) RETURN (SUBSCRIBED STATUS (MESSAGES UNSEEN) MYRIGHTS METADATA (/private/comment))'
    )
    assert answer.untagged == [
        '* LIST (\\HasNoChildren \\Subscribed) "/" INBOX',
        "* STATUS INBOX (MESSAGES 1 UNSEEN 1)",
        "* MYRIGHTS INBOX lrswipkxteacd",
        '* METADATA INBOX (/private/comment "mine")',
    ]


async def test_subscriptions(house: House) -> None:
    talk = await house.signed_in()
    assert (await talk.ask("SUBSCRIBE Lists/Nowhere")).ok
    assert (await talk.ask('LSUB "" Lists/*')).untagged == ['* LSUB () "/" Lists/Nowhere']
    answer = await talk.ask('LIST (SUBSCRIBED) "" Lists/*')
    assert answer.untagged == ['* LIST (\\NonExistent \\HasNoChildren \\Subscribed) "/" Lists/Nowhere']
    assert (await talk.ask("UNSUBSCRIBE Lists/Nowhere")).ok
    assert (await talk.ask('LSUB "" Lists/*')).untagged == []


async def test_names_in_both_forms(house: House) -> None:
    talk = await house.signed_in()
    await talk.ask("CREATE Entw&APw-rfe")
    assert (await house.folder("Entwürfe")).messages == 0
    assert (await talk.ask('LIST "" Entw*')).untagged == ['* LIST (\\HasNoChildren) "/" Entw&APw-rfe']
    await talk.ask("ENABLE UTF8=ACCEPT")
    assert (await talk.ask('LIST "" Entw*')).untagged == ['* LIST (\\HasNoChildren) "/" "Entwürfe"']


async def test_status_of_everything(house: House) -> None:
    await house.file_all([ONE, ONE, ONE])
    talk = await house.selecting()
    await talk.ask("STORE 1 +FLAGS (\\Deleted \\Seen)")
    folder = await house.folder()
    items = "MESSAGES UIDNEXT UNSEEN DELETED DELETED-STORAGE SIZE HIGHESTMODSEQ APPENDLIMIT MAILBOXID"
    [line] = (await talk.ask(f"STATUS inbox ({items} UIDVALIDITY)")).untagged
    counts = f"MESSAGES 3 UIDNEXT 4 UNSEEN 2 DELETED 1 DELETED-STORAGE 1 SIZE {3 * len(ONE)}"
    others = f"HIGHESTMODSEQ {folder.modseq} APPENDLIMIT 52428800 MAILBOXID (F{folder.id})"
    assert line == f"* STATUS INBOX ({counts} {others} UIDVALIDITY {folder.uidvalidity})"
    assert (await talk.ask("STATUS Nowhere (MESSAGES)")).tagged.startswith("NO [NONEXISTENT]")


async def test_what_is_recent_is_so_for_the_first_who_looks(house: House) -> None:
    await house.file_all([ONE, ONE])
    talk = await house.signed_in()
    assert (await talk.ask("STATUS INBOX (RECENT)")).untagged == ["* STATUS INBOX (RECENT 2)"]
    await talk.ask("SELECT INBOX")
    other = await house.signed_in()
    assert (await other.ask("STATUS INBOX (RECENT)")).untagged == ["* STATUS INBOX (RECENT 0)"]
