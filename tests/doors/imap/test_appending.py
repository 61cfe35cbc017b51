"""APPEND in all its forms, and REPLACE, through the real door."""

from datetime import UTC, datetime

import pytest

from doors.foundation import USER
from doors.imap.conftest import Opener
from doors.imap.house import House, Setup
from pillarbox.doors.imap.settings import ImapSettings
from pillarbox.intake.spool import Spool, SpoolSettings
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import decode
from pillarbox.proto.imap.settings import ServerSettings
from pillarbox.store.rows import Flags

ONE = b"Subject: one\r\n\r\nfirst\r\n"
TWO = b"Subject: two\r\n\r\nsecond\r\n"
PARTS = (
    b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nthe first part\r\n"
    b"--b\r\nContent-Type: text/html\r\n\r\n<b>the second</b>\r\n--b--\r\n"
)


async def test_a_message_with_flags_and_date(house: House) -> None:
    talk = await house.signed_in()
    answer = await talk.upload('APPEND INBOX (\\Seen $Work) "17-Jul-1996 02:44:25 -0700"', ONE)
    folder = await house.folder()
    assert answer.tagged == f"OK [APPENDUID {folder.uidvalidity} 1] 1 message is there"
    [entry] = await house.entries()
    assert (entry.flags, entry.keywords) == (Flags.SEEN, "$Work")
    assert entry.internal_date == datetime(1996, 7, 17, 9, 44, 25, tzinfo=UTC).timestamp()
    assert await house.octets() == [ONE]
    story = [tell(event) for chapter in await house.store.story(entry.message_id) for event in decode(chapter)]
    assert story == [f"{USER} put it into INBOX by IMAP from 127.0.0.1."]
    assert house.metrics.messages_appended == 1


async def test_the_selected_mailbox_shows_it_at_once(house: House) -> None:
    talk = await house.selecting()
    answer = await talk.upload("APPEND INBOX", ONE)
    assert "* 1 EXISTS" in answer.untagged


async def test_without_a_mailbox(house: House) -> None:
    talk = await house.signed_in()
    answer = await talk.upload("APPEND Nowhere", ONE)
    assert answer.tagged.startswith("NO [TRYCREATE]")
    talk.say(b"x APPEND Nowhere {%d+}\r\n%b\r\ny NOOP\r\n" % (len(ONE), ONE))
    assert (await talk.until("x")).tagged.startswith("NO [TRYCREATE]")
    assert (await talk.until("y")).ok


async def test_several_at_once(house: House) -> None:
    talk = await house.signed_in()
    answer = await talk.upload("APPEND INBOX (\\Seen)", ONE, TWO, between=" (\\Flagged)")
    assert "APPENDUID" in answer.tagged
    assert answer.tagged.endswith(" 1:2] 2 messages are there")
    assert await house.octets() == [ONE, TWO]
    assert [entry.flags for entry in await house.entries()] == [Flags.SEEN, Flags.FLAGGED]


async def test_several_or_none(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(append_messages=2)))
    talk = await house.signed_in()
    answer = await talk.upload("APPEND INBOX", ONE, TWO, ONE)
    assert answer.tagged.startswith("NO [LIMIT]")
    assert await house.entries() == []
    assert (await talk.upload("APPEND INBOX", ONE, TWO)).ok


async def test_too_large_together(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(append_octets=40)))
    talk = await house.signed_in()
    assert (await talk.upload("APPEND INBOX", ONE, TWO)).tagged.startswith("NO [TOOBIG]")
    assert await house.entries() == []


async def test_an_octet_of_zero_needs_a_literal8(house: House) -> None:
    talk = await house.signed_in()
    binary = b"Subject: zero\r\n\r\n\0\r\n"
    assert (await talk.upload("APPEND INBOX", binary)).tagged.startswith("NO [UNKNOWN-CTE]")
    talk.say(b"x APPEND INBOX ~{%d+}\r\n%b\r\n" % (len(binary), binary))
    assert (await talk.until("x")).ok
    assert await house.octets() == [binary]


async def test_line_ends_and_octets_stay_as_they_are(house: House) -> None:
    odd = b"Subject: \xff\n\nonly \xe4 line feeds\n"
    talk = await house.signed_in()
    assert (await talk.upload("APPEND INBOX", odd)).ok
    assert await house.octets() == [odd]
    [entry] = await house.entries()
    row = await house.store.message(entry.message_id)
    assert row is not None
    assert (row.body_type, row.header_size) == ("8BITMIME", odd.index(b"only"))


async def test_a_large_one_goes_through_a_file(open_house: Opener) -> None:
    house = await open_house(Setup(spool=SpoolSettings(memory=1_000)))
    large = b"Subject: large\r\n\r\n" + b"0123456789abcdef\r\n" * 60_000
    talk = await house.signed_in()
    assert (await talk.upload("APPEND INBOX", large)).ok
    assert await house.octets() == [large]
    assert list(house.store.incoming().iterdir()) == []


async def test_a_file_that_nobody_wants_any_more_goes_away(open_house: Opener) -> None:
    house = await open_house(Setup(spool=SpoolSettings(memory=1_000)))
    talk = await house.signed_in()
    talk.say(b"x APPEND INBOX {400000+}\r\n" + b"y" * 300_000)
    talk.close()
    await house.until_logged("imap_closed")
    await house.pool_is_idle()
    assert list(house.store.incoming().iterdir()) == []


async def test_a_disk_that_will_not(open_house: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    house = await open_house(Setup(spool=SpoolSettings(memory=1_000)))

    def broken(_spool: Spool, _data: bytes) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(Spool, "_append", broken)
    talk = await house.signed_in()
    answer = await talk.upload("APPEND INBOX", b"Subject: x\r\n\r\n" + b"z" * 300_000)
    assert answer.tagged.startswith("NO [UNAVAILABLE]")
    assert (await talk.ask("NOOP")).ok
    assert house.logged("imap_failed")


async def test_a_full_disk_takes_nothing(open_house: Opener) -> None:
    house = await open_house(Setup(room=False))
    talk = await house.signed_in()
    assert (await talk.upload("APPEND INBOX", ONE)).tagged.startswith("NO [UNAVAILABLE]")


async def test_a_header_that_is_too_large(open_house: Opener) -> None:
    house = await open_house(Setup(spool=SpoolSettings(header=1_000)))
    talk = await house.signed_in()
    answer = await talk.upload("APPEND INBOX", b"Subject: " + b"x" * 2_000 + b"\r\n\r\n")
    assert answer.tagged.startswith("NO [TOOBIG]")


async def test_flags_that_there_are_not(house: House) -> None:
    talk = await house.signed_in()
    assert (await talk.upload("APPEND INBOX (\\Nonsense)", ONE)).tagged.startswith("BAD")
    assert await house.entries() == []


async def test_a_message_of_pieces(house: House) -> None:
    talk = await house.signed_in()
    await talk.upload("APPEND INBOX", PARTS)
    await talk.ask("CREATE Drafts/New")
    folder = await house.folder()
    url = f"/INBOX;UIDVALIDITY={folder.uidvalidity}/;UID=1"
    talk.say(
        f'x APPEND Drafts/New CATENATE (URL "{url}/;SECTION=HEADER" TEXT {{7+}}\r\nBefore\n'.encode()
        + f' URL "{url}/;SECTION=1" URL "{url}/;SECTION=2/;PARTIAL=3.3")\r\n'.encode()
    )
    answer = await talk.until("x")
    assert "APPENDUID" in answer.tagged
    header = PARTS[: PARTS.index(b"--b")]
    assert await house.octets("Drafts/New") == [header + b"Before\n" + b"the first part" + b"the"]


@pytest.mark.parametrize(
    "url",
    [
        "/INBOX;UIDVALIDITY=1/;UID=1",
        "/INBOX/;UID=9",
        "/Nowhere/;UID=1",
        "/INBOX/;UID=1/;SECTION=7",
        "/INBOX/;UID=1/;SECTION=nonsense",
        ";UID=1",
        "imap://elsewhere.example/INBOX/;UID=1",
        "nonsense",
    ],
)
async def test_pieces_that_are_nowhere(house: House, url: str) -> None:
    await house.file(ONE)
    talk = await house.signed_in()
    answer = await talk.ask(f'APPEND INBOX CATENATE (URL "{url}" TEXT {{3+}}\r\nabc)')
    assert answer.tagged == f"NO [BADURL {url}] This URL leads to nothing here"
    assert len(await house.entries()) == 1


async def test_a_piece_of_the_selected_mailbox(house: House) -> None:
    await house.file(ONE)
    talk = await house.selecting()
    assert (await talk.ask('APPEND Drafts CATENATE (URL ";UID=1/;SECTION=TEXT")')).ok
    assert await house.octets("Drafts") == [b"first\r\n"]


async def test_replacing(house: House) -> None:
    await house.file_all([ONE, TWO])
    talk = await house.selecting()
    answer = await talk.upload("REPLACE 1 INBOX (\\Seen)", TWO)
    folder = await house.folder()
    assert answer.untagged[0] == f"* OK [APPENDUID {folder.uidvalidity} 3] The replacement is there"
    assert "* 1 EXPUNGE" in answer.untagged
    assert "* 2 EXISTS" in answer.untagged
    assert answer.tagged == "OK The message is replaced"
    assert await house.octets() == [TWO, TWO]
    assert (await talk.upload("UID REPLACE 1 INBOX", TWO)).tagged.startswith("NO [NONEXISTENT]")
    assert (await talk.upload("REPLACE 7 INBOX", TWO)).tagged.startswith("BAD")
    assert (await talk.upload("UID REPLACE 3 Drafts", ONE)).ok
    assert await house.octets() == [TWO]
    assert await house.octets("Drafts") == [ONE]


async def test_replacing_needs_a_mailbox_that_may_be_changed(house: House) -> None:
    await house.file(ONE)
    talk = await house.signed_in()
    assert (await talk.ask("EXAMINE INBOX")).ok
    assert (await talk.upload("REPLACE 1 INBOX", TWO)).tagged.startswith("NO [READ-ONLY]")


async def test_a_message_of_pieces_has_a_bound_too(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=ServerSettings("mx.example.org", append_limit=60)))
    await house.file(ONE)
    talk = await house.signed_in()
    pieces = ' URL "/INBOX/;UID=1"' * 3
    assert (await talk.ask(f"APPEND INBOX CATENATE ({pieces.strip()})")).tagged.startswith("NO [TOOBIG]")
    assert len(await house.entries()) == 1
    assert (await talk.ask('APPEND INBOX CATENATE (URL "/INBOX/;UID=1")')).ok
