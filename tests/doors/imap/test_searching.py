"""Is what SEARCH, SORT and THREAD find told and saved as asked for? RFC 9051 §6.4.4, RFC 5182, 5256, 5267, 7377."""

from doors.imap.conftest import Opener
from doors.imap.house import House, Setup
from pillarbox.doors.imap.settings import ImapSettings
from pillarbox.store.rows import Flags


def message(number: int, more: bytes = b"") -> bytes:
    """The messages of these tests differ in their numbers."""
    return (
        b"From: ann@example.net\r\nSubject: number %d\r\nMessage-ID: <%d@example.net>\r\n"
        b"Date: Mon, %d Nov 2026 10:00:00 +0000\r\n%b\r\nText of %d\r\n" % (number, number, number, more, number)
    )


async def filled(house: House, count: int = 5) -> None:
    """Messages 1 to ``count``; the odd ones are flagged."""
    for number in range(1, count + 1):
        await house.file(message(number), flags=Flags.FLAGGED if number % 2 else 0)


async def test_numbers_and_uids(house: House) -> None:
    await filled(house)
    talk = await house.selecting()
    await talk.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.ask("EXPUNGE")
    assert (await talk.ask("SEARCH FLAGGED")).untagged == ["* SEARCH 2 4"]
    assert (await talk.ask("UID SEARCH FLAGGED")).untagged == ["* SEARCH 3 5"]
    assert (await talk.ask("SEARCH SUBJECT nothing")).untagged == ["* SEARCH"]
    assert (await talk.ask('UID SEARCH TEXT "text of 4"')).untagged == ["* SEARCH 4"]
    answer = await talk.ask("SEARCH FLAGGED MODSEQ 1")
    assert answer.untagged[0].startswith("* SEARCH 2 4 (MODSEQ ")


async def test_what_return_asks_for(house: House) -> None:
    await filled(house)
    talk = await house.selecting()
    answer = await talk.ask("SEARCH RETURN (MIN MAX COUNT ALL) FLAGGED")
    assert answer.untagged == ['* ESEARCH (TAG "a3") MIN 1 MAX 5 COUNT 3 ALL 1,3,5']
    assert (await talk.ask("UID SEARCH RETURN () ALL")).untagged == ['* ESEARCH (TAG "a4") UID ALL 1:5']
    answer = await talk.ask("SEARCH RETURN (MIN MAX COUNT) KEYWORD nothing")
    assert answer.untagged == ['* ESEARCH (TAG "a5") COUNT 0']
    answer = await talk.ask("UID SEARCH RETURN (PARTIAL 2:3) ALL")
    assert answer.untagged == ['* ESEARCH (TAG "a6") UID PARTIAL (2:3 2:3)']
    answer = await talk.ask("UID SEARCH RETURN (PARTIAL -1:-2 COUNT) ALL")
    assert answer.untagged == ['* ESEARCH (TAG "a7") UID COUNT 5 PARTIAL (-1:-2 4:5)']
    answer = await talk.ask("UID SEARCH RETURN (PARTIAL 9:10) ALL")
    assert answer.untagged == ['* ESEARCH (TAG "a8") UID PARTIAL (9:10 NIL)']


async def test_rev2_answers_esearch_always(house: House) -> None:
    await filled(house)
    talk = await house.signed_in()
    await talk.ask("ENABLE IMAP4rev2")
    await talk.ask("SELECT INBOX")
    assert (await talk.ask("SEARCH FLAGGED")).untagged == ['* ESEARCH (TAG "a4") ALL 1,3,5']
    assert (await talk.ask("SEARCH KEYWORD nothing")).untagged == ['* ESEARCH (TAG "a5")']


async def test_the_modseq_of_what_is_meant(house: House) -> None:
    """RFC 7162 §3.1.5 with MIN and MAX: of these messages only."""
    await filled(house)
    talk = await house.selecting()
    await talk.ask("STORE 3 +FLAGS.SILENT (\\Draft)")
    entries = await house.entries()
    answer = await talk.ask("SEARCH RETURN (MIN) FLAGGED MODSEQ 1")
    assert answer.untagged == [f'* ESEARCH (TAG "a4") MIN 1 MODSEQ {entries[0].modseq}']
    answer = await talk.ask("SEARCH RETURN (MIN MAX) FLAGGED MODSEQ 1")
    assert answer.untagged == [f'* ESEARCH (TAG "a5") MIN 1 MAX 5 MODSEQ {entries[4].modseq}']
    answer = await talk.ask("SEARCH RETURN (ALL) FLAGGED MODSEQ 1")
    assert answer.untagged == [f'* ESEARCH (TAG "a6") ALL 1,3,5 MODSEQ {entries[2].modseq}']
    assert (await talk.ask("SEARCH RETURN (ALL) MODSEQ 99999")).untagged == ['* ESEARCH (TAG "a7")']


async def test_what_is_saved(house: House) -> None:
    await filled(house)
    talk = await house.selecting()
    assert (await talk.ask("SEARCH RETURN (SAVE) FLAGGED")).untagged == []
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 1 3 5"]
    await talk.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.ask("EXPUNGE")
    assert (await talk.ask("FETCH $ (UID)")).untagged == ["* 2 FETCH (UID 3)", "* 4 FETCH (UID 5)"]
    await talk.ask("SEARCH RETURN (SAVE MIN) ALL")
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 2"]
    await talk.ask("SEARCH RETURN (SAVE MIN MAX) ALL")
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 2 5"]
    await talk.ask("SEARCH RETURN (SAVE MIN COUNT) ALL")
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 2 3 4 5"]
    await talk.ask("UID SEARCH RETURN (SAVE PARTIAL 1:2) ALL")
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 2 3"]
    # RFC 5182 §2.1: a command that could not be read changes nothing, SELECT forgets.
    assert (await talk.ask("SEARCH RETURN (SAVE) NONSENSE")).tagged.startswith("BAD")
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 2 3"]
    assert (await talk.ask("COPY $ Archive")).tagged.endswith("2 messages copied")
    await talk.ask("SELECT INBOX")
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH"]


async def test_a_charset_that_nobody_knows(house: House) -> None:
    talk = await house.selecting()
    assert (await talk.ask("SEARCH CHARSET X-NONE SUBJECT x")).tagged.startswith("NO [BADCHARSET")


async def test_sorted(house: House) -> None:
    await filled(house, 3)
    talk = await house.selecting()
    assert (await talk.ask("SORT (REVERSE DATE) UTF-8 ALL")).untagged == ["* SORT 3 2 1"]
    assert (await talk.ask("UID SORT (SUBJECT) UTF-8 FLAGGED")).untagged == ["* SORT 1 3"]
    answer = await talk.ask("UID SORT RETURN (MIN MAX ALL COUNT) (REVERSE DATE) UTF-8 ALL")
    assert answer.untagged == ['* ESEARCH (TAG "a5") UID MIN 3 MAX 1 COUNT 3 ALL 3,2,1']
    answer = await talk.ask("SORT RETURN (PARTIAL 1:2) (REVERSE DATE) UTF-8 ALL")
    assert answer.untagged == ['* ESEARCH (TAG "a6") PARTIAL (1:2 3,2)']


async def test_conversations(house: House) -> None:
    await house.file(message(1))
    await house.file(message(2, b"References: <1@example.net>\r\n"))
    await house.file(message(3))
    talk = await house.selecting()
    assert (await talk.ask("THREAD REFERENCES UTF-8 ALL")).untagged == ["* THREAD (1 2)(3)"]
    answer = await talk.ask('UID THREAD ORDEREDSUBJECT UTF-8 NOT SUBJECT "number 2"')
    assert answer.untagged == ["* THREAD (1)(3)"]


async def test_a_search_that_is_kept_up_to_date(house: House) -> None:
    await filled(house, 3)
    talk = await house.selecting()
    answer = await talk.ask("UID SEARCH RETURN (ALL UPDATE) FLAGGED")
    assert answer.untagged == ['* ESEARCH (TAG "a3") UID ALL 1,3']
    answer = await talk.ask("STORE 2 +FLAGS.SILENT (\\Flagged)")
    assert answer.untagged == ['* ESEARCH (TAG "a3") UID ADDTO (0 2)']
    await house.file(message(4), flags=Flags.FLAGGED)
    answer = await talk.ask("NOOP")
    assert answer.untagged == ["* 4 EXISTS", "* 4 RECENT", '* ESEARCH (TAG "a3") UID ADDTO (0 4)']
    answer = await talk.ask("STORE 3 -FLAGS.SILENT (\\Flagged)")
    assert answer.untagged == ['* ESEARCH (TAG "a3") UID REMOVEFROM (0 3)']
    await talk.ask("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    answer = await talk.ask("EXPUNGE")
    assert answer.untagged == ['* ESEARCH (TAG "a3") UID REMOVEFROM (0 1:2)', "* 1 EXPUNGE", "* 1 EXPUNGE"]
    assert (await talk.ask('CANCELUPDATE "a3"')).ok
    assert (await talk.ask("STORE 1 +FLAGS.SILENT (\\Flagged)")).untagged == []
    assert (await talk.ask('CANCELUPDATE "a3"')).tagged.startswith("BAD")


async def test_updates_by_number_and_in_idle(house: House) -> None:
    await filled(house, 2)
    talk, other = await house.selecting(), await house.selecting()
    await talk.ask("SEARCH RETURN (COUNT UPDATE) SEEN")
    tag = await talk.idle()
    await other.ask("STORE 2 +FLAGS.SILENT (\\Seen)")
    assert await talk.texts(2) == ["* 2 FETCH (UID 2 FLAGS (\\Recent \\Seen))", '* ESEARCH (TAG "a3") ADDTO (0 2)']
    assert (await talk.done(tag)).ok


async def test_a_sort_that_is_kept_up_to_date(house: House) -> None:
    for number in (5, 2, 8):
        await house.file(message(number))
    talk = await house.selecting()
    answer = await talk.ask("UID SORT RETURN (ALL UPDATE) (DATE) UTF-8 ALL")
    assert answer.untagged == ['* ESEARCH (TAG "a3") UID ALL 2,1,3']
    await house.file_all([message(6), message(7)])
    await house.file(message(1))
    answer = await talk.ask("NOOP")
    assert answer.untagged[-1] == '* ESEARCH (TAG "a3") UID ADDTO (1 6 4 4:5)'
    await talk.ask("STORE 1:2 +FLAGS.SILENT (\\Deleted)")
    answer = await talk.ask("EXPUNGE")
    # The order was 6,2,1,4,5,3; each place counts when those before are removed.
    assert answer.untagged[0] == '* ESEARCH (TAG "a3") UID REMOVEFROM (2 2 2 1)'


async def test_searches_that_cannot_be_kept_up_to_date(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(searches=1)))
    await filled(house, 2)
    talk = await house.selecting()
    answer = await talk.ask("SEARCH RETURN (COUNT UPDATE) 1:2")
    assert answer.starting('NO [NOUPDATE "a3"] A search by message numbers')
    assert not (await talk.ask("SEARCH RETURN (COUNT UPDATE) ALL")).starting("NO")
    assert (await talk.ask("SEARCH RETURN (COUNT UPDATE) ALL")).starting('NO [NOUPDATE "a5"] At most 1 searches')


async def test_several_mailboxes_at_once(house: House) -> None:
    await filled(house, 3)
    await house.file(message(9), flags=Flags.FLAGGED, folder="Archive")
    await house.file(message(8), folder="Trash")
    inbox, archive = await house.folder(), await house.folder("Archive")
    talk = await house.signed_in()
    answer = await talk.ask("ESEARCH IN (personal) RETURN (COUNT ALL) FLAGGED")
    assert sorted(answer.untagged) == [
        f'* ESEARCH (TAG "a2" MAILBOX Archive UIDVALIDITY {archive.uidvalidity}) UID COUNT 1 ALL 1',
        f'* ESEARCH (TAG "a2" MAILBOX INBOX UIDVALIDITY {inbox.uidvalidity}) UID COUNT 2 ALL 1,3',
    ]
    answer = await talk.ask("ESEARCH IN (mailboxes (Archive Nowhere) inboxes) SUBJECT number")
    assert sorted(line.split()[5] for line in answer.untagged) == ["Archive", "INBOX"]
    assert (await talk.ask("ESEARCH IN (subtree Trash) ALL")).tagged == "OK 1 found in 1 mailbox"
    assert (await talk.ask("ESEARCH ALL")).tagged.startswith("BAD")
    assert (await talk.ask("ESEARCH IN (personal) RETURN (SAVE) ALL")).tagged.startswith("BAD")
    await talk.ask("SELECT INBOX")
    answer = await talk.ask("ESEARCH IN (selected) RETURN (SAVE ALL) FLAGGED")
    assert answer.untagged == [f'* ESEARCH (TAG "a8" MAILBOX INBOX UIDVALIDITY {inbox.uidvalidity}) UID ALL 1,3']
    assert (await talk.ask("UID SEARCH UID $")).untagged == ["* SEARCH 1 3"]
    # Looking into other mailboxes tells nobody that their messages were recent (RFC 7377 §2: as by EXAMINE).
    assert "* 1 RECENT" in (await talk.ask("SELECT Archive")).untagged


async def test_the_bound_of_mailboxes(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(search_folders=2)))
    talk = await house.signed_in()
    assert (await talk.ask("ESEARCH IN (personal) ALL")).tagged.startswith("NO [LIMIT]")


async def test_batches(house: House) -> None:
    talk = await house.selecting()
    assert (await talk.ask("UIDBATCHES 500")).untagged == ['* UIDBATCHES (TAG "a3")']
    await house.file_all([b"x: y\r\n\r\n"] * 1201)
    await talk.ask("NOOP")
    await talk.ask("STORE 1 +FLAGS.SILENT (\\Deleted)")
    await talk.ask("EXPUNGE")
    # Together they cover all UIDs, those of messages that are gone too.
    answer = await talk.ask("UIDBATCHES 500")
    assert answer.starting("UIDBATCHES") == ['UIDBATCHES (TAG "a7") 1201:702,701:202,201:1']
    assert (await talk.ask("UIDBATCHES 500 2:3")).untagged == ['* UIDBATCHES (TAG "a8") 701:202,201:1']
    assert (await talk.ask("UIDBATCHES 500 4:9")).untagged == ['* UIDBATCHES (TAG "a9")']
    assert (await talk.ask("UIDBATCHES 499")).tagged == "NO [TOOFEW] A batch has at least 500 messages"
    assert (await talk.ask("UIDBATCHES 500 3:2")).tagged.startswith("BAD")
