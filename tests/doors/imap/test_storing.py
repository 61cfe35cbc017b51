"""Are flags changed as RFC 9051 §6.4.6, RFC 7162 §3.1.3 and RFC 4314 §4 want it, and is the right thing told?"""

import pytest

from doors.imap.house import OTHER, OTHER_PASSWORD, House
from pillarbox.store.rows import Flags

MESSAGE = b"Subject: hello\r\n\r\nHello\r\n"
SHARED = '"Other Users/user@example.org/INBOX"'


async def test_flags_come_go_and_are_replaced(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk = await house.selecting()
    answer = await talk.ask("STORE 1:2 +FLAGS (\\Flagged work $Forwarded)")
    assert answer.starting("FLAGS") == ["FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft $Forwarded work)"]
    assert answer.starting("1 FETCH") == ["1 FETCH (FLAGS (\\Recent \\Flagged $Forwarded work))"]
    assert answer.starting("2 FETCH") == ["2 FETCH (FLAGS (\\Recent \\Flagged $Forwarded work))"]
    assert (await talk.ask("UID STORE 2 -FLAGS (\\flagged WORK)")).untagged == [
        "* 2 FETCH (UID 2 FLAGS (\\Recent $Forwarded))"
    ]
    assert (await talk.ask("STORE 1 FLAGS (\\Seen)")).untagged == ["* 1 FETCH (FLAGS (\\Recent \\Seen))"]
    assert (await talk.ask("STORE 1 FLAGS ()")).untagged == ["* 1 FETCH (FLAGS (\\Recent))"]
    assert [(entry.flags, entry.keywords) for entry in await house.entries()] == [(0, ""), (0, "$Forwarded")]


async def test_silently(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk, other = await house.selecting(), await house.selecting()
    assert (await talk.ask("STORE 1:2 +FLAGS.SILENT (\\Seen)")).untagged == []
    assert (await talk.ask("NOOP")).untagged == []
    assert (await other.ask("NOOP")).untagged == [
        "* 1 FETCH (UID 1 FLAGS (\\Seen))",
        "* 2 FETCH (UID 2 FLAGS (\\Seen))",
    ]
    # With CONDSTORE the MODSEQ is told even so (RFC 7162 §3.1.3), of what has changed.
    await talk.ask("ENABLE CONDSTORE")
    answer = await talk.ask("UID STORE 1:2 +FLAGS.SILENT (\\Seen)")
    assert answer.untagged == []
    answer = await talk.ask("UID STORE 2 +FLAGS.SILENT (\\Draft)")
    assert answer.untagged == [f"* 2 FETCH (UID 2 MODSEQ ({(await house.folder()).modseq}))"]


async def test_only_what_nobody_has_changed_since(house: House) -> None:
    await house.file_all([MESSAGE] * 3)
    talk, other = await house.selecting(), await house.selecting()
    before = (await house.folder()).modseq
    await other.ask("STORE 2 +FLAGS (\\Flagged)")
    between = (await house.folder()).modseq
    answer = await talk.ask(f"STORE 1:3 (UNCHANGEDSINCE {before}) +FLAGS (\\Seen)")
    after = (await house.folder()).modseq
    assert answer.tagged.startswith("OK [MODIFIED 2]")
    assert set(answer.untagged) == {
        f"* 1 FETCH (FLAGS (\\Recent \\Seen) MODSEQ ({after}))",
        f"* 3 FETCH (FLAGS (\\Recent \\Seen) MODSEQ ({after}))",
        f"* 2 FETCH (FLAGS (\\Recent \\Flagged) MODSEQ ({between}))",
    }
    answer = await talk.ask(f"UID STORE 2 (UNCHANGEDSINCE {before}) +FLAGS.SILENT (\\Seen)")
    assert answer.tagged.startswith("OK [MODIFIED 2]")
    assert [entry.flags for entry in await house.entries()] == [Flags.SEEN, Flags.FLAGGED, Flags.SEEN]


async def test_those_who_keep_in_step_are_told_the_uid_too(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk = await house.signed_in()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("SELECT INBOX")
    answer = await talk.ask("STORE 2 +FLAGS (\\Seen)")
    assert answer.untagged == [f"* 2 FETCH (UID 2 FLAGS (\\Recent \\Seen) MODSEQ ({(await house.folder()).modseq}))"]
    answer = await talk.ask("STORE 2 -FLAGS.SILENT (\\Seen)")
    assert answer.untagged == [f"* 2 FETCH (UID 2 MODSEQ ({(await house.folder()).modseq}))"]


@pytest.mark.parametrize("flag", ["\\Recent", "\\Unheard", "\\*"])
async def test_flags_that_cannot_be_set(house: House, flag: str) -> None:
    await house.file(MESSAGE)
    talk = await house.selecting()
    assert (await talk.ask(f"STORE 1 +FLAGS ({flag})")).tagged.startswith("BAD")
    assert (await talk.ask("STORE 2 +FLAGS (\\Seen)")).tagged.startswith("BAD")


async def test_too_many_keywords(house: House) -> None:
    await house.file(MESSAGE)
    talk = await house.selecting()
    words = " ".join(f"word{number}" for number in range(100))
    answer = await talk.ask(f"STORE 1 +FLAGS ({words})")
    assert answer.tagged.startswith("NO [LIMIT] The flags were not changed: a message has at most")
    assert (await talk.ask(f"STORE 1 +FLAGS ({'x' * 65})")).tagged.startswith("NO [LIMIT]")
    assert [entry.keywords for entry in await house.entries()] == [""]


async def test_only_flags_that_rights_allow(house: House) -> None:
    await house.file(MESSAGE, flags=Flags.DELETED)
    await house.store.set_rights((await house.folder()).id, OTHER, "lrsw")
    talk = await house.selecting(SHARED, OTHER, OTHER_PASSWORD)
    # RFC 4314 §4: what may be changed is changed, the rest left as it is.
    answer = await talk.ask("STORE 1 FLAGS (\\Seen work)")
    assert "* 1 FETCH (FLAGS (\\Deleted \\Seen work))" in answer.untagged or answer.ok
    assert (await talk.ask("STORE 1 -FLAGS (\\Deleted)")).tagged.startswith("NO [NOPERM]")
    [entry] = await house.entries()
    assert (entry.flags, entry.keywords) == (Flags.DELETED | Flags.SEEN, "work")
    await talk.ask("STORE 1 FLAGS ()")
    [entry] = await house.entries()
    assert (entry.flags, entry.keywords) == (Flags.DELETED, "")
    await house.store.set_rights((await house.folder()).id, OTHER, "lrt")
    assert (await talk.ask("STORE 1 +FLAGS (\\Seen)")).tagged.startswith("NO [NOPERM]")
    assert (await talk.ask("STORE 1 -FLAGS (\\Seen \\Deleted)")).ok
    assert [entry.flags for entry in await house.entries()] == [0]


async def test_replacing_some_flags_unless_somebody_changed_them(house: House) -> None:
    """Two changes below, but one command: its own first half does not stand in the way of the second."""
    await house.file_all([MESSAGE] * 2, flags=Flags.SEEN | Flags.DELETED)
    folder = await house.folder()
    await house.store.set_rights(folder.id, OTHER, "lrsw")
    talk, owner = await house.selecting(SHARED, OTHER, OTHER_PASSWORD), await house.selecting()
    await owner.ask("STORE 2 +FLAGS (\\Draft)")
    answer = await talk.ask(f"STORE 1:2 (UNCHANGEDSINCE {folder.modseq}) FLAGS (work)")
    assert answer.tagged.startswith("OK [MODIFIED 2]")
    kept = [(entry.flags, entry.keywords) for entry in await house.entries()]
    assert kept == [(Flags.DELETED, "work"), (Flags.SEEN | Flags.DELETED | Flags.DRAFT, "")]


async def test_messages_that_left_meanwhile(house: House) -> None:
    await house.file_all([MESSAGE] * 3)
    talk, other = await house.selecting(), await house.selecting()
    await other.ask("STORE 2 +FLAGS (\\Deleted)")
    await other.ask("EXPUNGE")
    answer = await talk.ask("STORE 1:3 +FLAGS (\\Seen)")
    assert answer.tagged.startswith("NO [EXPUNGEISSUED]")
    assert answer.untagged == ["* 1 FETCH (FLAGS (\\Recent \\Seen))", "* 3 FETCH (FLAGS (\\Recent \\Seen))"]
    assert (await talk.ask("UID STORE 1:3 +FLAGS (\\Draft)")).ok
    assert [entry.flags for entry in await house.entries()] == [Flags.SEEN | Flags.DRAFT] * 2


async def test_by_uid_only(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk = await house.signed_in()
    await talk.ask("ENABLE UIDONLY CONDSTORE")
    await talk.ask("EXAMINE INBOX")
    await talk.ask("SELECT INBOX")
    answer = await talk.ask("UID STORE 2 +FLAGS (\\Seen)")
    modseq = (await house.folder()).modseq
    assert answer.untagged == [f"* 2 UIDFETCH (FLAGS (\\Recent \\Seen) MODSEQ ({modseq}))"]
    answer = await talk.ask("UID STORE 2 -FLAGS.SILENT (\\Seen)")
    assert answer.untagged == [f"* 2 UIDFETCH (MODSEQ ({(await house.folder()).modseq}))"]
