"""Is a mailbox opened and left as RFC 9051 §6.3.2 and the extensions want it?"""

from doors.imap.house import OTHER, OTHER_PASSWORD, House
from pillarbox.store.rows import Flags

MESSAGE = b"From: ann@example.org\r\nSubject: hello\r\n\r\nHello\r\n"


async def test_select_says_what_is_there(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.SEEN)
    await house.file(MESSAGE)
    talk = await house.signed_in()
    answer = await talk.ask("SELECT inbox")
    folder = await house.folder()
    assert answer.tagged == "OK [READ-WRITE] INBOX is open"
    assert answer.untagged[0] == "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)"
    assert answer.starting("OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)]")
    assert "* 2 EXISTS" in answer.untagged
    assert "* 2 RECENT" in answer.untagged
    assert answer.starting("OK [UNSEEN 2]")
    assert answer.starting(f"OK [UIDVALIDITY {folder.uidvalidity}]")
    assert answer.starting("OK [UIDNEXT 3]")
    assert answer.starting(f"OK [HIGHESTMODSEQ {folder.modseq}]")
    assert answer.starting(f"OK [MAILBOXID (F{folder.id})]")


async def test_rev2_is_told_less_and_with_list(house: House) -> None:
    await house.file(MESSAGE)
    talk = await house.signed_in()
    await talk.ask("ENABLE IMAP4rev2")
    answer = await talk.ask("SELECT INBOX")
    assert "* 1 EXISTS" in answer.untagged
    assert not [line for line in answer.untagged if "RECENT" in line or "UNSEEN" in line]
    assert answer.starting('LIST () "/" INBOX')


async def test_recent_is_told_to_one_session_only(house: House) -> None:
    await house.file(MESSAGE)
    first, second = await house.signed_in(), await house.signed_in()
    assert "* 1 RECENT" in (await first.ask("EXAMINE INBOX")).untagged
    assert "* 1 RECENT" in (await first.ask("SELECT INBOX")).untagged
    assert "* 0 RECENT" in (await second.ask("SELECT INBOX")).untagged


async def test_selecting_anew_closes_what_was_open(house: House) -> None:
    talk = await house.selecting()
    answer = await talk.ask("SELECT Sent")
    assert answer.untagged[0] == "* OK [CLOSED] The mailbox before is closed"
    # RFC 9051 §6.3.2: a mailbox that cannot be selected leaves none selected.
    answer = await talk.ask("SELECT Nowhere")
    assert answer.tagged.startswith("NO [NONEXISTENT]")
    assert answer.untagged == ["* OK [CLOSED] The mailbox before is closed"]
    assert (await talk.ask("FETCH 1 FLAGS")).tagged.startswith("BAD")


async def test_examine_changes_nothing(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.DELETED)
    talk = await house.signed_in()
    answer = await talk.ask("EXAMINE INBOX")
    assert answer.tagged.startswith("OK [READ-ONLY]")
    assert answer.starting("OK [PERMANENTFLAGS ()]")
    assert (await talk.ask("FETCH 1 BODY[]")).ok
    for command in ("STORE 1 +FLAGS (\\Seen)", "EXPUNGE", "MOVE 1 Trash"):
        assert (await talk.ask(command)).tagged == "NO [READ-ONLY] The mailbox is open for reading only"
    assert (await talk.ask("CLOSE")).ok
    [entry] = await house.entries()
    assert entry.flags == Flags.DELETED


async def test_close_expunges_silently_and_unselect_does_not(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.DELETED)
    await house.file(MESSAGE)
    talk = await house.selecting()
    assert (await talk.ask("UNSELECT")).ok
    assert len(await house.entries()) == 2
    await talk.ask("SELECT INBOX")
    answer = await talk.ask("CLOSE")
    assert answer.ok
    assert not answer.untagged
    assert [entry.uid for entry in await house.entries()] == [2]


async def test_qresync_tells_what_was_missed(house: House) -> None:
    for _ in range(4):
        await house.file(MESSAGE)
    talk = await house.selecting()
    folder = await house.folder()
    other = await house.selecting()
    await other.ask("STORE 2 +FLAGS (\\Deleted)")
    await other.ask("EXPUNGE")
    await other.ask("STORE 3 +FLAGS (\\Flagged)")
    await talk.ask("UNSELECT")
    await talk.ask("ENABLE QRESYNC")
    answer = await talk.ask(f"SELECT INBOX (QRESYNC ({folder.uidvalidity} {folder.modseq} 1:4))")
    assert "* VANISHED (EARLIER) 2" in answer.untagged
    modseq = (await house.folder()).modseq
    assert answer.starting("3 FETCH") == [f"3 FETCH (UID 4 FLAGS (\\Flagged) MODSEQ ({modseq}))"]
    # Of another UIDVALIDITY nothing is known (RFC 7162 §3.2.5).
    answer = await talk.ask(f"SELECT INBOX (QRESYNC ({folder.uidvalidity + 1} {folder.modseq}))")
    assert not answer.starting("VANISHED")


async def test_close_tells_the_modseq_to_those_who_keep_in_step(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.DELETED)
    talk = await house.signed_in()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("SELECT INBOX")
    answer = await talk.ask("CLOSE")
    assert answer.tagged.startswith(f"OK [HIGHESTMODSEQ {(await house.folder()).modseq}]")


async def test_close_tells_no_modseq_beyond_what_the_client_knows(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk, other = await house.signed_in(), await house.selecting()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("SELECT INBOX")
    await talk.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    known = (await house.folder()).modseq
    await other.ask("STORE 2 +FLAGS (\\Flagged)")
    answer = await talk.ask("CLOSE")
    assert answer.tagged.startswith(f"OK [HIGHESTMODSEQ {known}]")


async def test_rights_decide_what_can_be_opened_and_changed(house: House) -> None:
    await house.file(MESSAGE)
    folder = await house.folder()
    reader = await house.signed_in(OTHER, OTHER_PASSWORD)
    name = '"Other Users/user@example.org/INBOX"'
    assert (await reader.ask(f"SELECT {name}")).tagged.startswith("NO [NONEXISTENT]")
    await house.store.set_rights(folder.id, OTHER, "l")
    assert (await reader.ask(f"SELECT {name}")).tagged.startswith("NO [NOPERM]")
    await house.store.set_rights(folder.id, OTHER, "lr")
    assert (await reader.ask(f"SELECT {name}")).tagged.startswith("OK [READ-ONLY]")
    await house.store.set_rights(folder.id, OTHER, "lrs")
    answer = await reader.ask(f"SELECT {name}")
    assert answer.tagged.startswith("OK [READ-WRITE]")
    assert answer.starting("OK [PERMANENTFLAGS (\\Seen)]")
    # Rights that were taken away are gone at once.
    await house.store.set_rights(folder.id, OTHER, "lr")
    assert (await reader.ask("STORE 1 +FLAGS (\\Seen)")).tagged.startswith("NO [NOPERM]")
