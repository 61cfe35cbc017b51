"""Is each item of FETCH told as RFC 9051 §6.4.5 wants it, also of what is large, gone or not ours to change?"""

import base64
from pathlib import Path

from doors.imap.conftest import Opener
from doors.imap.house import OTHER, OTHER_PASSWORD, House, Setup
from pillarbox.doors.imap.fetch_columns import email_id
from pillarbox.mail import ids
from pillarbox.mail.headers import header_size
from pillarbox.observe.story import decode
from pillarbox.proto.imap.settings import ServerSettings
from pillarbox.store.rows import Acceptance, Content, Filing, Flags, NewMessage

PREFIX = b"Return-Path: <ann@example.net>\r\n"
MESSAGE = (
    b"From: Ann <ann@example.net>\r\nTo: user@example.org\r\nSubject: Hello\r\n there\r\n"
    b"Date: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <1@example.net>\r\n\r\nHello there\r\n"
)
PARTS = (
    b"Subject: parts\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\npreamble\r\n"
    b"--xx\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n"
    b"--xx\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner text\r\n"
    b"--xx\r\nContent-Type: text/x-odd\r\nContent-Transfer-Encoding: x-odd\r\n\r\nzzz\r\n--xx--\r\n"
)


async def fetched(house: House, items: str, message: bytes = MESSAGE) -> list[str]:
    """What FETCH 1 says of ``message`` behind its prefix."""
    await house.file(message, PREFIX)
    talk = await house.selecting()
    answer = await talk.ask(f"FETCH 1 {items}")
    assert answer.ok, answer.tagged
    return answer.untagged


async def test_what_is_known_of_a_message(house: House) -> None:
    message_id = await house.file(MESSAGE, PREFIX, Flags.FLAGGED)
    talk = await house.selecting()
    answer = await talk.ask("UID FETCH 1 (FLAGS RFC822.SIZE EMAILID SAVEDATE MODSEQ INTERNALDATE)")
    [line] = answer.untagged
    assert line.startswith("* 1 FETCH (UID 1 FLAGS (\\Recent \\Flagged) RFC822.SIZE ")
    assert f'RFC822.SIZE {len(PREFIX + MESSAGE)} EMAILID (M{ids.encode(message_id)}) SAVEDATE "' in line
    assert "MODSEQ (" in line
    assert 'INTERNALDATE "' in line
    assert email_id(message_id) == f"M{ids.encode(message_id)}"


async def test_what_is_computed_from_a_message(house: House) -> None:
    [line] = await fetched(house, "(ENVELOPE BODYSTRUCTURE BODY PREVIEW THREADID)")
    assert 'ENVELOPE ("Mon, 2 Nov 2026 10:00:00 +0100" "Hello there" (("Ann" NIL "ann" "example.net"))' in line
    assert 'BODYSTRUCTURE ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 13 1 NIL NIL NIL NIL)' in line
    assert 'BODY ("text" "plain" ("charset" "us-ascii") NIL NIL "7bit" 13 1)' in line
    assert 'PREVIEW "Hello there"' in line
    assert "THREADID (T" in line


async def test_a_lazy_preview_computes_nothing(house: House) -> None:
    await house.file(MESSAGE)
    talk = await house.selecting()
    assert (await talk.ask("FETCH 1 (PREVIEW (LAZY))")).untagged == ["* 1 FETCH (PREVIEW NIL)"]
    await talk.ask("FETCH 1 (PREVIEW)")
    assert (await talk.ask("FETCH 1 (PREVIEW (LAZY))")).untagged == ['* 1 FETCH (PREVIEW "Hello there")']


async def test_the_recipients_own_lines_belong_to_the_header(house: House) -> None:
    header = MESSAGE[: header_size(MESSAGE)]
    whole = (PREFIX + MESSAGE).decode()
    [line] = await fetched(
        house, "(BODY.PEEK[] BODY.PEEK[HEADER] BODY.PEEK[TEXT] BODY.PEEK[1] RFC822.HEADER BODY.PEEK[]<7.5>)"
    )
    assert f"BODY[] {{{len(whole)}}}\r\n{whole} " in line
    assert f"BODY[HEADER] {{{len(PREFIX + header)}}}\r\n{(PREFIX + header).decode()} " in line
    assert "BODY[TEXT] {13}\r\nHello there\r\n " in line
    assert "BODY[1] {13}\r\nHello there\r\n " in line
    assert f"RFC822.HEADER {{{len(PREFIX + header)}}}\r\n" in line
    assert "BODY[]<7> {5}\r\nPath:)" in line.replace(whole, "")


async def test_partial_over_the_prefixs_end_and_behind_the_messages(house: House) -> None:
    whole = (PREFIX + MESSAGE).decode()
    [line] = await fetched(house, "(BODY.PEEK[]<20.30> BODY.PEEK[]<5000.10> BODY.PEEK[TEXT]<6.100>)")
    assert f"BODY[]<20> {{30}}\r\n{whole[20:50]} " in line
    assert "BODY[]<5000> {0}\r\n " in line
    assert "BODY[TEXT]<6> {7}\r\nthere\r\n)" in line


async def test_some_fields_and_all_but_some(house: House) -> None:
    [line] = await fetched(
        house,
        "(BODY.PEEK[HEADER.FIELDS (subject RETURN-PATH nothing)] BODY.PEEK[HEADER.FIELDS.NOT (Subject From Date)]"
        " BODY.PEEK[HEADER.FIELDS (nothing)])",
    )
    own = PREFIX.decode()
    assert f"(subject RETURN-PATH nothing)] {{58}}\r\n{own}Subject: Hello\r\n there\r\n\r\n " in line
    assert f"{own}To: user@example.org\r\nMessage-ID: <1@example.net>\r\n\r\n " in line
    assert "BODY[HEADER.FIELDS (nothing)] {2}\r\n\r\n)" in line


async def test_parts_and_their_contents(house: House) -> None:
    [line] = await fetched(
        house,
        "(BODY.PEEK[1] BODY.PEEK[1.MIME] BODY.PEEK[2] BODY.PEEK[2.HEADER] BODY.PEEK[2.TEXT] BODY.PEEK[2.1]"
        " BODY.PEEK[2.HEADER.FIELDS (Subject)] BODY.PEEK[7] BINARY.PEEK[1] BINARY.PEEK[1]<1.3> BINARY.SIZE[1]"
        " BINARY.PEEK[7] BODY.PEEK[1.HEADER])",
        PARTS,
    )
    assert "BODY[1] {8}\r\naGVsbG8= " in line
    assert "BODY[1.MIME] {37}\r\nContent-Transfer-Encoding: base64\r\n\r\n " in line
    assert "BODY[2] {28}\r\nSubject: inner\r\n\r\ninner text " in line
    assert "BODY[2.HEADER] {18}\r\nSubject: inner\r\n\r\n " in line
    assert "BODY[2.TEXT] {10}\r\ninner text " in line
    assert "BODY[2.1] {10}\r\ninner text " in line
    assert "BODY[2.HEADER.FIELDS (Subject)] {18}\r\n" in line
    assert "BODY[7] NIL " in line
    assert "BINARY[1] {5}\r\nhello BINARY[1]<1> {3}\r\nell BINARY.SIZE[1] 5 BINARY[7] NIL " in line
    assert line.endswith("BODY[1.HEADER] NIL)")


async def test_an_encoding_that_nobody_knows(house: House) -> None:
    await house.file(PARTS)
    talk = await house.selecting()
    answer = await talk.ask("FETCH 1 (UID BINARY.PEEK[3])")
    assert answer.tagged.startswith("NO [UNKNOWN-CTE]")
    assert answer.untagged == ["* 1 FETCH (UID 1)"]
    assert (await talk.ask("FETCH 1 (BINARY.PEEK[3])")).untagged == []


async def test_reading_marks_as_seen_but_peeking_does_not(house: House) -> None:
    await house.file_all([MESSAGE, MESSAGE])
    talk = await house.selecting()
    await talk.ask("FETCH 1 BODY.PEEK[]")
    assert [entry.flags for entry in await house.entries()] == [0, 0]
    answer = await talk.ask("FETCH 1 BODY[TEXT]")
    assert answer.untagged[0].startswith("* 1 FETCH (FLAGS (\\Recent \\Seen) BODY[TEXT] {13}")
    assert len(answer.untagged) == 1
    assert [entry.flags for entry in await house.entries()] == [Flags.SEEN, 0]
    # What is seen already is told without its flags.
    assert (await talk.ask("FETCH 1 BODY[TEXT]")).untagged[0].startswith("* 1 FETCH (BODY[TEXT]")
    other = await house.selecting()
    await other.ask("FETCH 2 RFC822")
    assert (await talk.ask("NOOP")).starting("2 FETCH (UID 2 FLAGS (\\Recent \\Seen)")


async def test_what_reading_changed_is_told_with_the_uid_to_those_who_keep_in_step(house: House) -> None:
    await house.file_all([MESSAGE] * 2)
    talk = await house.signed_in()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("SELECT INBOX")
    [line] = (await talk.ask("FETCH 1 BODY[TEXT]")).untagged
    modseq = (await house.folder()).modseq
    assert line.startswith(f"* 1 FETCH (UID 1 FLAGS (\\Recent \\Seen) MODSEQ ({modseq}) BODY[TEXT]")
    [line] = (await talk.ask("UID FETCH 2 BODY[TEXT]")).untagged
    assert line.startswith("* 2 FETCH (UID 2 FLAGS (\\Recent \\Seen) MODSEQ (")


async def test_who_may_not_mark_as_seen_reads_without(house: House) -> None:
    await house.file(MESSAGE)
    await house.store.set_rights((await house.folder()).id, OTHER, "lrw")
    reader = await house.selecting('"Other Users/user@example.org/INBOX"', OTHER, OTHER_PASSWORD)
    assert (await reader.ask("FETCH 1 BODY[]")).ok
    assert [entry.flags for entry in await house.entries()] == [0]


async def test_the_story_tells_once_a_session_who_fetched_it(house: House) -> None:
    message_id = await house.file(MESSAGE)
    talk = await house.selecting()
    await talk.ask("FETCH 1 (FLAGS BODY.PEEK[HEADER])")
    assert await house.store.story(message_id) == ["[]"]
    for _ in range(2):
        await talk.ask("FETCH 1 BODY.PEEK[]")
    await house.store.tell(message_id, "[]")  # written behind what was written before
    [event] = [event for chapter in await house.store.story(message_id) for event in decode(chapter)]
    assert (event.kind, event.evidence["service"], event.evidence["user"]) == ("read", "IMAP", "user@example.org")
    assert house.metrics.messages_read == 1


async def test_the_story_knows_who_fetched_it_in_pieces(house: House) -> None:
    """Thunderbird takes a large message that it does not keep as BODY[]<0.65536>, BODY[]<65536.65536> and so on."""
    message_id = await house.file(MESSAGE)
    talk = await house.selecting()
    for first in range(0, len(MESSAGE), 40):
        assert house.metrics.messages_read == 0
        await talk.ask(f"FETCH 1 BODY.PEEK[]<{first}.40>")
    await talk.ask("FETCH 1 BODY.PEEK[]<1000000.40>")
    await house.store.tell(message_id, "[]")  # written behind what was written before
    [event] = [event for chapter in await house.store.story(message_id) for event in decode(chapter)]
    assert event.kind == "read"
    assert house.metrics.messages_read == 1


async def test_a_message_in_a_file_is_told_like_any_other(house: House) -> None:
    content = bytes(range(256)) * 3000
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    message = (
        b"Subject: large\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=xx\r\n\r\n--xx\r\n\r\nhi\r\n"
        b"--xx\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: base64\r\n\r\n" + encoded + b"--xx--\r\n"
    )
    path = house.store.incoming() / "large"
    path.write_bytes(message)
    new = NewMessage(77, 0.0, "", Content(b"", path, len(message)), header_size(message))
    await house.store.accept(Acceptance(new, "[]", [Filing(house.account_id, "user@example.org", PREFIX)]))
    talk = await house.selecting()

    whole = (PREFIX + message).decode()
    [line] = (await talk.ask("FETCH 1 (UID BODY.PEEK[] RFC822.SIZE)")).untagged
    assert line == f"* 1 FETCH (UID 1 RFC822.SIZE {len(whole)} BODY[] {{{len(whole)}}}\r\n{whole})"
    [line] = (await talk.ask("FETCH 1 (BODY.PEEK[]<20.40> BODY.PEEK[TEXT]<300000.600000>)")).untagged
    text = whole[header_size(PREFIX + message) :]
    assert line.startswith(f"* 1 FETCH (BODY[]<20> {{40}}\r\n{whole[20:60]} BODY[TEXT]<300000> {{600000}}\r\n")
    assert line.endswith(text[300000:900000] + ")")
    [line] = (
        await talk.ask("FETCH 1 (BODY[HEADER.FIELDS (Subject Return-Path)] BODY[1] BODY[2.MIME] BODY[4])")
    ).untagged
    assert line.startswith("* 1 FETCH (FLAGS (\\Recent \\Seen) BODY[HEADER.FIELDS")
    assert (
        "{50}\r\nReturn-Path: <ann@example.net>\r\nSubject: large\r\n\r\n BODY[1] {2}\r\nhi BODY[2.MIME] {66}" in line
    )
    assert line.endswith(" BODY[4] NIL)")
    talk.say(b"b1 FETCH 1 (BINARY.SIZE[2] BINARY[2] BINARY[2]<1000.3> BINARY[9])\r\n")
    octets = await talk.response()
    assert octets.startswith(b"* 1 FETCH (BINARY.SIZE[2] 768000 BINARY[2] ~{768000}\r\n" + content)
    assert octets.endswith(b" BINARY[2]<1000> ~{3}\r\n" + content[1000:1003] + b" BINARY[9] NIL)\r\n")
    assert (await talk.response()).startswith(b"b1 OK")


async def test_a_file_that_breaks_off_ends_the_connection(house: House, tmp_path: Path) -> None:
    path = house.store.incoming() / "large"
    path.write_bytes(b"Subject: large\r\n\r\n" + b"x" * 900_000)
    new = NewMessage(77, 0.0, "", Content(b"", path, 900_018), 18)
    await house.store.accept(Acceptance(new, "[]", [Filing(house.account_id, "user@example.org", b"")]))
    [kept] = [file for file in (tmp_path / "store").rglob("*") if file.is_file() and file.stat().st_size == 900_018]
    with kept.open("r+b") as file:
        file.truncate(500_000)
    talk = await house.selecting()
    talk.begin("FETCH 1 BODY.PEEK[]")
    rest = await talk.ended()
    assert rest.startswith(b"* 1 FETCH (BODY[] {900018}\r\n")
    assert b"BYE" not in rest
    assert b"a3" not in rest
    assert len(rest) <= 500_028


async def test_many_sections_of_one_message(house: House) -> None:
    await house.file(b"Subject: x\r\n\r\n" + b"y" * 60_000)
    talk = await house.selecting()
    items = " ".join(f"BODY.PEEK[TEXT]<{first}.60000>" for first in range(40))
    [line] = (await talk.ask(f"FETCH 1 ({items})")).untagged
    assert line.endswith(")")
    assert line.count("BODY[TEXT]") == 40
    assert len(line) > 40 * 59_000


async def test_numbers_that_nobody_has(house: House) -> None:
    talk = await house.selecting()
    assert (await talk.ask("FETCH 1:* FLAGS")).tagged.startswith("BAD")
    assert (await talk.ask("UID FETCH 1:* FLAGS")).tagged.startswith("OK")
    await house.file(MESSAGE)
    assert "* 1 EXISTS" in (await talk.ask("NOOP")).untagged
    assert (await talk.ask("FETCH 2 FLAGS")).tagged.startswith("BAD")
    assert (await talk.ask("UID FETCH 2:* FLAGS")).untagged == ["* 1 FETCH (UID 1 FLAGS (\\Recent))"]


async def test_messages_that_left_keep_their_numbers_until_told(house: House) -> None:
    await house.file_all([MESSAGE] * 3)
    talk, other = await house.selecting(), await house.selecting()
    await other.ask("STORE 2 +FLAGS (\\Deleted)")
    await other.ask("EXPUNGE")
    for items in ("FLAGS", "ENVELOPE", "BODY.PEEK[]"):
        answer = await talk.ask(f"FETCH 1:3 ({items})")
        assert answer.tagged.startswith("NO [EXPUNGEISSUED]")
        assert [line.split(" ", 3)[:3] for line in answer.untagged] == [["*", "1", "FETCH"], ["*", "3", "FETCH"]]
    assert (await talk.ask("NOOP")).untagged == ["* 2 EXPUNGE"]
    assert (await talk.ask("FETCH 2 UID")).untagged == ["* 2 FETCH (UID 3)"]


async def test_changed_since_and_what_vanished(house: House) -> None:
    await house.file_all([MESSAGE] * 4)
    modseq = (await house.folder()).modseq
    talk = await house.selecting()
    await talk.ask("ENABLE QRESYNC")
    await talk.ask("STORE 1 +FLAGS (\\Deleted)")
    await talk.ask("EXPUNGE")
    await talk.ask("STORE 2 +FLAGS (\\Flagged)")
    answer = await talk.ask(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {modseq} VANISHED)")
    now = (await house.folder()).modseq
    assert answer.untagged == [
        "* VANISHED (EARLIER) 1",
        f"* 2 FETCH (UID 3 FLAGS (\\Recent \\Flagged) MODSEQ ({now}))",
    ]
    assert (await talk.ask(f"UID FETCH 1:* (FLAGS) (CHANGEDSINCE {now})")).untagged == []
    # "*" means the largest UID there ever was.
    await talk.ask("UID MOVE 4 Trash")
    answer = await talk.ask(f"UID FETCH 2:* (FLAGS) (CHANGEDSINCE {now} VANISHED)")
    assert answer.untagged == ["* VANISHED (EARLIER) 4"]


async def test_pages_from_both_ends(house: House) -> None:
    await house.file_all([MESSAGE] * 5)
    talk = await house.selecting()
    first = (await talk.ask("UID FETCH 1:* (UID) (PARTIAL 2:3)")).untagged
    assert first == ["* 2 FETCH (UID 2)", "* 3 FETCH (UID 3)"]
    last = (await talk.ask("UID FETCH 1:* (UID) (PARTIAL -1:-2)")).untagged
    assert last == ["* 4 FETCH (UID 4)", "* 5 FETCH (UID 5)"]
    assert (await talk.ask("UID FETCH 1:* (UID) (PARTIAL 9:12)")).untagged == []


async def test_without_numbers_messages_are_called_by_their_uids(house: House) -> None:
    await house.file_all([MESSAGE] * 2, flags=Flags.SEEN)
    talk = await house.signed_in()
    await talk.ask("ENABLE UIDONLY")
    await talk.ask("SELECT INBOX")
    assert (await talk.ask("UID FETCH 2 (FLAGS)")).untagged == ["* 2 UIDFETCH (FLAGS (\\Recent \\Seen))"]
    answer = await talk.ask("UID FETCH 2 (RFC822.SIZE BODY.PEEK[TEXT]<0.3>)")
    assert answer.untagged == [f"* 2 UIDFETCH (RFC822.SIZE {len(MESSAGE)} BODY[TEXT]<0> {{3}}\r\nHel)"]
    assert (await talk.ask("FETCH 2 (FLAGS)")).tagged.startswith("BAD [UIDREQUIRED]")


async def test_more_messages_than_a_command_may_be_about(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=ServerSettings("mx.example.org", message_limit=2)))
    await house.file_all([MESSAGE] * 4)
    talk = await house.selecting()
    answer = await talk.ask("UID FETCH 1:* (UID)")
    assert answer.untagged == ["* 3 FETCH (UID 3)", "* 4 FETCH (UID 4)"]
    assert answer.tagged.startswith("OK [MESSAGELIMIT 2 3]")


async def test_a_keyword_is_announced_before_it_is_shown(house: House) -> None:
    await house.file(MESSAGE)
    talk, other = await house.selecting(), await house.selecting()
    await other.ask("STORE 1 +FLAGS (work)")
    answer = await talk.ask("FETCH 1 (UID FLAGS)")
    assert answer.untagged[:3] == [
        "* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work)",
        "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft work \\*)] These can be changed for good",
        "* 1 FETCH (UID 1 FLAGS (\\Recent work))",
    ]


async def test_a_reader_who_takes_nothing_holds_nothing_up(house: House) -> None:
    """What is not taken is not read from the store either."""
    await house.file_all([MESSAGE + b"x" * 50_000] * 400)
    talk = await house.selecting()
    talk.take_nothing()
    talk.begin("FETCH 1:* BODY.PEEK[]")
    [connection] = house.connections
    await connection.stuck.wait()
    other = await house.selecting()
    assert (await other.ask("FETCH 1 (UID)")).ok
    assert connection.most_waiting < 4 * 1024 * 1024
    talk.take_again()
    assert len((await talk.until("a3")).untagged) == 400
