"""A mail program and the real door: reading, deleting, waiting, going away."""

import asyncio
import poplib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from doors.foundation import USER
from doors.pop3.conftest import Opener
from doors.pop3.house import House, Setup
from pillarbox.doors.pop3.role import Pop3Settings
from pillarbox.inbox.drop import DropSettings
from pillarbox.net.gate import GateSettings
from pillarbox.observe.sentences import tell
from pillarbox.observe.story import decode
from pillarbox.proto.pop3.server import ServerSettings
from pillarbox.store.interface import StoreUnavailable
from pillarbox.store.rows import Flags
from proto.pop3.playing import MESSAGES, Dialog, files, play_over_socket, read

DIALOGS = [dialog for dialog in map(read, files()) if dialog.over_socket]
ONE = b"Subject: one\r\n\r\nfirst\r\n.dot\r\n"
PREFIX = b"Return-Path: <a@example.com>\r\n"
TWO = b"Subject: two\r\n\r\nsecond\r\n"


@pytest.mark.parametrize("dialog", DIALOGS, ids=[dialog.name for dialog in DIALOGS])
async def test_written_conversations(open_house: Opener, dialog: Dialog) -> None:
    house = await open_house(Setup(protocol=dialog.settings))
    await house.file_all(MESSAGES)
    await play_over_socket(dialog, "127.0.0.1", house.port, house.client_tls)


async def test_a_mail_program_reads_everything(house: House) -> None:
    await house.file(ONE, prefix=PREFIX)
    await house.file(TWO)

    def work(client: poplib.POP3) -> None:
        assert client.stat() == (2, len(ONE) + len(TWO) + len(PREFIX))
        assert client.list()[1] == [b"1 %d" % (len(ONE) + len(PREFIX)), b"2 %d" % len(TWO)]
        assert b"\r\n".join([*client.retr(1)[1], b""]) == PREFIX + ONE
        assert client.top(2, 0)[1] == [b"Subject: two", b""]
        ids = [line.split()[1] for line in client.uidl()[1]]
        assert len(set(ids)) == 2
        assert client.uidl(2).split()[-1] == ids[1]
        client.utf8()
        client.dele(1)

    with pytest.raises(poplib.error_proto, match="signed in already"):
        await house.pop(work)  # UTF8 belongs before signing in
    assert len(await house.entries()) == 2


async def test_unique_ids_stay_when_others_go(house: House) -> None:
    await house.file_all([ONE, TWO])

    def ids(client: poplib.POP3) -> list[bytes]:
        found = [line.split()[1] for line in client.uidl()[1]]
        client.dele(1)
        return found

    before = await house.pop(ids)
    after = await house.pop(ids)
    assert after == before[1:]


async def test_what_is_deleted_goes_at_quit(house: House) -> None:
    first, second = await house.file_all([ONE, TWO])
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("DELE 1")
    assert [entry.message_id for entry in await house.entries()] == [first, second]
    assert await talk.ask("QUIT") == "+OK Bye, 1 removed"
    assert await talk.ended() == b""
    assert [entry.message_id for entry in await house.entries()] == [second]


async def test_nothing_goes_without_quit(house: House) -> None:
    await house.file(ONE)
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("DELE 1")
    talk.close()
    await house.until_logged("drop_closed")
    assert len(await house.entries()) == 1


async def test_the_story_tells_who_read_and_who_removed(house: House) -> None:
    number = await house.file(ONE)

    def work(client: poplib.POP3) -> None:
        client.retr(1)
        client.retr(1)
        client.dele(1)

    await house.pop(work)
    events = [event for chapter in await house.store.story(number) for event in decode(chapter)]
    assert [tell(event) for event in events] == [
        f"{USER} fetched it by POP3 from 127.0.0.1.",
        f"{USER} removed it from INBOX by POP3.",
    ]
    assert house.metrics.messages_read == 2


async def test_what_was_fetched_is_no_longer_unseen(house: House) -> None:
    await house.file_all([ONE, TWO])

    def work(client: poplib.POP3) -> None:
        client.retr(2)
        client.top(1, 100)

    await house.pop(work)
    assert [entry.flags for entry in await house.entries()] == [0, Flags.SEEN]


async def test_top_of_everything_is_told_and_leaves_it_unseen(house: House) -> None:
    """As fetchmail does."""
    top, whole = await house.file_all([ONE, TWO])

    def work(client: poplib.POP3) -> None:
        client.top(1, 1)
        client.top(2, 99999999)

    await house.pop(work)
    assert len(await house.store.story(top)) == 1
    assert len(await house.store.story(whole)) == 2
    assert [entry.flags for entry in await house.entries()] == [0, 0]
    assert house.metrics.messages_read == 1


async def test_an_inbox_is_open_once(house: House) -> None:
    first = await house.talk()
    await first.sign_in()
    second = await house.talk()
    assert (await second.sign_in()).startswith("-ERR [IN-USE] ")
    assert (await first.ask("QUIT")).startswith("+OK")
    assert (await second.sign_in()).startswith("+OK")


async def test_an_inbox_that_was_left_is_free(house: House) -> None:
    first = await house.talk()
    await first.sign_in()
    first.close()
    await house.until_logged("drop_closed")
    second = await house.talk()
    assert (await second.sign_in()).startswith("+OK")


async def test_a_shared_inbox_is_each_as_it_was(open_house: Opener) -> None:
    house = await open_house(Setup(drop=DropSettings(exclusive=False)))
    await house.file_all([ONE, TWO])
    first, second = await house.talk(), await house.talk()
    await first.sign_in()
    await second.sign_in()
    await first.ask("DELE 1")
    await first.ask("QUIT")
    assert await second.ask("STAT") == f"+OK 2 {len(ONE) + len(TWO)}"
    assert (await second.ask("RETR 1")).startswith("-ERR That message was removed")
    assert (await second.ask("TOP 1 0")).startswith("-ERR That message was removed")
    assert (await second.ask("RETR 2")).startswith("+OK")
    await second.rest()
    await second.ask("DELE 1")
    assert await second.ask("QUIT") == "+OK Bye, 0 removed"
    assert len(await house.entries()) == 1


async def test_mail_that_comes_meanwhile_is_for_the_next_session(house: House) -> None:
    await house.file(ONE)
    talk = await house.talk()
    await talk.sign_in()
    await house.file(TWO)
    assert await talk.ask("STAT") == f"+OK 1 {len(ONE)}"
    await talk.ask("QUIT")
    assert len(await house.entries()) == 2


def lines_of(size: int) -> bytes:
    """A message of about ``size`` octets, every second line with a dot at its begin."""
    return b"Subject: large\r\n\r\n" + (b"." + b"x" * 70 + b"\r\n" + b"y" * 70 + b"\r\n") * (size // 146)


async def file_large(house: House, message: bytes) -> None:
    path = house.store.incoming() / "large"
    path.write_bytes(message)
    await house.file_path(path, len(message))


async def test_a_large_message_is_read_as_fast_as_it_is_taken(house: House) -> None:
    message = lines_of(20_000_000)
    await file_large(house, message)
    talk = await house.talk()
    await talk.sign_in()
    talk.take_nothing()
    talk.writer.write(b"RETR 1\r\n")
    connection = house.connections[0]
    async with asyncio.timeout(10):
        await connection.stuck.wait()
    talk.take_again()
    assert await talk.line() == f"+OK {len(message)} octets"
    received = await talk.rest()
    assert received == message.replace(b"\r\n.", b"\r\n..") + b".\r\n"
    # One slice of 256 KiB, with its dots, and never the next.
    assert connection.most_waiting < 400_000
    assert (await talk.ask("NOOP")).startswith("+OK")


async def test_top_of_a_large_message_reads_only_its_top(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await file_large(house, lines_of(3_000_000))
    real = house.store.read_slices
    seen: list[bytes] = []

    async def spying(message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        async for piece in real(message_id, start, end):
            seen.append(piece)
            yield piece

    monkeypatch.setattr(house.store, "read_slices", spying)
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("TOP 1 1")
    assert await talk.rest() == b"Subject: large\r\n\r\n.." + b"x" * 70 + b"\r\n.\r\n"
    assert (await talk.ask("NOOP")).startswith("+OK")
    assert len(seen) == 1


async def test_commands_whose_answers_nobody_reads_wait(house: House) -> None:
    await house.file_all([TWO] * 200)
    talk = await house.talk()
    await talk.sign_in()
    talk.take_nothing()
    rounds = 20_000  # their answers would be 40 MB and more
    talk.writer.write(b"UIDL\r\n" * rounds + b"NOOP\r\n" * 500_000)
    connection = house.connections[0]
    async with asyncio.timeout(10):
        await connection.stuck.wait()
    talk.take_again()
    for _ in range(2_000):
        await talk.line()
        await talk.rest()
    assert connection.most_waiting < 200_000
    assert connection.most_buffered < 400_000  # of 3 MB
    talk.writer.transport.abort()
    await house.until_logged("drop_closed")


async def test_answers_come_in_the_order_of_the_commands(house: House) -> None:
    await house.file_all([ONE, TWO])
    talk = await house.talk()
    await talk.sign_in()
    talk.writer.write(b"".join(b"RETR %d\r\nSTAT\r\n" % (n % 2 + 1) for n in range(500)) + b"QUIT\r\n")
    answer = await talk.ended()
    one = b"+OK %d octets\r\n%b.\r\n" % (len(ONE), ONE.replace(b"\n.", b"\n.."))
    two = b"+OK %d octets\r\n%b.\r\n" % (len(TWO), TWO)
    stat = b"+OK 2 %d\r\n" % (len(ONE) + len(TWO))
    assert answer == (one + stat + two + stat) * 250 + b"+OK Bye\r\n"


async def test_silence_ends_a_session_without_a_word(house: House) -> None:
    await house.file(ONE)
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("DELE 1")
    house.clock.ahead += 599
    house.deadlines.sweep()
    assert (await talk.ask("NOOP")).startswith("+OK")
    house.clock.ahead += 601
    house.deadlines.sweep()
    assert await talk.ended() == b""
    [closed] = await house.until_logged("disconnected")
    assert closed["reason"] == "timeout"
    assert len(await house.entries()) == 1


async def test_signing_in_takes_a_minute_at_most(house: House) -> None:
    talk = await house.talk()
    for _ in range(5):
        house.clock.ahead += 11
        house.deadlines.sweep()
        assert (await talk.ask("NOOP")).startswith("+OK")
    house.clock.ahead += 11
    house.deadlines.sweep()
    assert await talk.ended() == b""


async def test_a_reader_that_takes_nothing_is_cut_off(house: House) -> None:
    await file_large(house, lines_of(20_000_000))
    talk = await house.talk()
    await talk.sign_in()
    talk.take_nothing()
    talk.writer.write(b"RETR 1\r\n")
    async with asyncio.timeout(10):
        await house.connections[0].stuck.wait()
    house.clock.ahead += 601
    house.deadlines.sweep()
    house.clock.ahead += 11
    house.deadlines.sweep()
    await house.until_logged("disconnected")
    assert house.drops.sessions == 0
    talk.close()


async def test_a_stopping_server_says_so(house: House) -> None:
    await house.file(ONE)
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("DELE 1")
    await house.listener.close(5.0)
    assert await talk.ended() == b"-ERR [SYS/TEMP] The server is stopping; come back in a moment\r\n"
    assert len(await house.entries()) == 1


async def test_too_many_connections(open_house: Opener) -> None:
    house = await open_house(Setup(gate=GateSettings(total=1)))
    first = await house.talk()
    assert first.greeting.startswith("+OK")
    second = await house.talk()
    assert second.greeting.startswith("-ERR [SYS/TEMP] Too many connections")
    assert await second.ended() == b""


async def test_a_removal_that_fails_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.file(ONE)

    def broken(_folder: int, _uids: Sequence[int], _chapter: str) -> "asyncio.Future[list[int]]":
        future: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        future.set_exception(StoreUnavailable("the disk is on fire"))
        return future

    monkeypatch.setattr(house.store, "expunge", broken)
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("DELE 1")
    assert (await talk.ask("QUIT")).startswith("-ERR [SYS/TEMP] The deleted messages could not be removed")
    assert house.logged("drop_failed")[0]["reason"] == "the disk is on fire"
    assert len(await house.entries()) == 1


async def test_a_removal_goes_on_when_the_peer_has_gone(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.file(ONE)
    real = house.store.expunge
    removal: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
    asked = asyncio.Event()

    def slow(folder: int, uids: Sequence[int], chapter: str) -> "asyncio.Future[list[int]]":
        asked.set()
        running = real(folder, uids, chapter)
        running.add_done_callback(lambda done: gone.add_done_callback(lambda _: removal.set_result(done.result())))
        return removal

    gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    monkeypatch.setattr(house.store, "expunge", slow)
    talk = await house.talk()
    await talk.sign_in()
    await talk.ask("DELE 1")
    talk.writer.write(b"QUIT\r\n")
    await asked.wait()
    talk.vanish()
    other = await house.talk()
    assert (await other.sign_in()).startswith("-ERR [IN-USE]")
    gone.set_result(None)
    [closed] = await house.until_logged("drop_closed")
    assert closed["deleted"] == 1
    assert await house.entries() == []
    assert (await other.sign_in()).startswith("+OK")


async def test_a_store_that_fails_between_slices_ends_the_connection(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    await file_large(house, lines_of(3_000_000))
    real = house.store.read_slices

    async def breaking(message_id: int, start: int = 0, end: int | None = None) -> object:
        slices = real(message_id, start, end)
        yield await anext(slices)
        raise StoreUnavailable("the disk is on fire")

    monkeypatch.setattr(house.store, "read_slices", breaking)
    talk = await house.talk()
    await talk.sign_in()
    talk.writer.write(b"RETR 1\r\n")
    with pytest.raises(asyncio.IncompleteReadError) as cut_short:
        await talk.rest()
    assert b"-ERR" not in cut_short.value.partial
    assert house.metrics.internal_errors == 1
    await house.until_logged("drop_closed")


async def test_a_fault_of_ours_is_told_and_frees_the_inbox(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    await house.file(ONE)

    async def broken(_message_id: int) -> object:
        raise ValueError("a fault")

    monkeypatch.setattr(house.store, "read_small", broken)
    talk = await house.talk()
    await talk.sign_in()
    assert (await talk.ask("RETR 1")).startswith("-ERR [SYS/TEMP]")
    assert await talk.ended() == b""
    assert house.drops.sessions == 0
    assert "ValueError: a fault" in str(house.logged("internal_error")[0]["trace"])


async def test_an_inbox_that_cannot_be_read(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(_folder: int) -> object:
        raise StoreUnavailable("the disk is on fire")

    monkeypatch.setattr(house.store, "entries", broken)
    talk = await house.talk()
    assert (await talk.sign_in()).startswith("-ERR [SYS/TEMP] The inbox cannot be read")
    monkeypatch.undo()
    assert (await talk.sign_in()).startswith("+OK")


async def test_a_session_is_counted_and_logged(house: House) -> None:
    await house.file(ONE)
    await house.pop(lambda client: client.retr(1))
    [opened] = house.logged("drop_opened")
    assert opened == {"user": USER, "peer": "127.0.0.1", "messages": 1, "octets": len(ONE)}
    [closed] = await house.until_logged("drop_closed")
    assert closed == {"user": USER, "peer": "127.0.0.1", "read": 1, "octets": len(ONE), "deleted": 0}
    assert house.logged("read")[0]["size"] == len(ONE)
    assert (house.metrics.sessions, house.metrics.logins) == (1, 1)


async def test_passwords_are_not_logged(house: House) -> None:
    talk = await house.talk()
    await talk.ask("PASS my secret")
    await talk.ask("APOP my secret")
    await talk.ask("AUTH PLAIN my secret !")
    await talk.ask("AUTH NTLM")
    await talk.ask("my secret")
    assert "secret" not in repr(house.lines)
    assert len(house.logged("protocol_error")) == 5


async def test_limits_of_the_protocol_reach_the_door(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=replace(ServerSettings("h"), errors=2), door=Pop3Settings(backlog=100)))
    talk = await house.talk()
    talk.writer.write(b"X" * 3000 + b"\r\nY\r\n" + b"NOOP\r\n" * 1000)
    answer = await talk.ended()
    assert answer.splitlines()[0] == b"-ERR The line is too long"
    assert answer.splitlines()[-1].startswith(b"-ERR [SYS/TEMP] Too many errors")


async def test_a_peer_that_only_stops_talking_is_answered(house: House) -> None:
    await house.file(ONE)
    talk = await house.talk()
    talk.writer.write(b"USER user\r\nPASS pencil\r\nRETR 1\r\nDELE 1\r\n")
    talk.writer.write_eof()
    answer = await talk.ended()
    assert answer.endswith(b".\r\n+OK Message 1 goes when you QUIT\r\n")
    await house.until_logged("drop_closed")
    assert len(await house.entries()) == 1


async def test_a_peer_that_quits_and_stops_talking(house: House) -> None:
    await house.file(ONE)
    talk = await house.talk()
    talk.writer.write(b"USER user\r\nPASS pencil\r\nDELE 1\r\nQUIT\r\n")
    talk.writer.write_eof()
    assert (await talk.ended()).endswith(b"+OK Bye, 1 removed\r\n")
    assert await house.entries() == []


async def test_an_inbox_is_free_when_its_reader_is_sent_away(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=replace(ServerSettings("h"), errors=1)))
    talk = await house.talk()
    await talk.sign_in()
    assert (await talk.ask("NONSENSE")).startswith("-ERR Command not recognised")
    assert (await talk.ended()).startswith(b"-ERR [SYS/TEMP] Too many errors")
    assert house.drops.sessions == 0  # though the peer has not closed
