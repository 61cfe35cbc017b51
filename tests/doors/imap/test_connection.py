"""A mail program and the real door: signing in, waiting, being slow, going away."""

import asyncio
import imaplib
import ssl
from base64 import b64encode
from dataclasses import replace

import pytest

from doors.foundation import PASSWORD, USER
from doors.imap.conftest import Opener
from doors.imap.house import OTHER, OTHER_PASSWORD, House, Setup, Watched
from pillarbox.accounts.throttle import ThrottleSettings
from pillarbox.doors.imap.settings import ImapSettings
from pillarbox.net.gate import GateSettings
from pillarbox.proto.imap.settings import ServerSettings

ONE = b"Subject: one\r\n\r\nfirst\r\n"


async def test_a_mail_program_works_from_the_greeting_to_the_goodbye(house: House) -> None:
    await house.file(ONE)

    def work() -> list[object]:
        client = imaplib.IMAP4("127.0.0.1", house.port, timeout=10)
        client.login(USER, PASSWORD)
        selected = client.select()
        fetched = client.fetch("1", "(FLAGS BODY.PEEK[])")
        return [selected, fetched, client.logout()[0]]

    selected, fetched, goodbye = await house.in_thread(work)
    assert selected == ("OK", [b"1"])
    assert fetched == ("OK", [(b"1 (FLAGS (\\Recent) BODY[] {%d}" % len(ONE), ONE), b")"])
    assert goodbye == "BYE"
    await house.until_logged("disconnected")
    assert house.services.crowd.total == 0


async def test_what_is_offered_changes_with_tls(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(cleartext_login="never")))
    talk = await house.talk()
    assert "STARTTLS" in talk.greeting
    assert "LOGINDISABLED" in talk.greeting
    assert "AUTH=" not in talk.greeting
    assert (await talk.ask(f"LOGIN {USER} {PASSWORD}")).tagged.startswith("NO [PRIVACYREQUIRED]")
    assert (await talk.ask("STARTTLS")).ok
    await talk.writer.start_tls(house.client_tls)
    [line] = (await talk.ask("CAPABILITY")).starting("CAPABILITY")
    assert "STARTTLS" not in line
    assert "AUTH=SCRAM-SHA-256" in line
    assert (await talk.ask(f"LOGIN {USER} {PASSWORD}")).ok
    assert house.metrics.tls_handshakes == 1


async def test_tls_from_the_first_octet(open_house: Opener) -> None:
    house = await open_house(Setup(tls="implicit"))

    def work() -> str:
        client = imaplib.IMAP4_SSL("127.0.0.1", house.port, ssl_context=house.client_tls, timeout=10)
        client.login(USER, PASSWORD)
        return str(client.logout()[0])

    assert await house.in_thread(work) == "BYE"
    assert isinstance(house.client_tls, ssl.SSLContext)


async def test_signing_in_with_plain_at_once(house: House) -> None:
    talk = await house.talk()
    response = b64encode(f"\0{USER}\0{PASSWORD}".encode()).decode()
    answer = await talk.ask(f"AUTHENTICATE PLAIN {response}")
    assert answer.tagged.startswith("OK [CAPABILITY ")
    assert house.metrics.logins == 1


async def test_a_wrong_password_is_told_as_such(house: House) -> None:
    talk = await house.talk()
    assert (await talk.ask(f"LOGIN {USER} wrong")).tagged.startswith("NO [AUTHENTICATIONFAILED]")
    assert (await talk.ask(f"LOGIN {USER} {PASSWORD}")).ok
    assert house.metrics.logins_failed == 1


async def test_nobody_signs_in_for_somebody_else(house: House) -> None:
    talk = await house.talk()
    response = b64encode(f"{OTHER}\0{USER}\0{PASSWORD}".encode()).decode()
    assert (await talk.ask(f"AUTHENTICATE PLAIN {response}")).tagged.startswith("NO [AUTHORIZATIONFAILED]")


async def test_who_guesses_too_much_is_sent_away(open_house: Opener) -> None:
    house = await open_house(Setup(throttle=ThrottleSettings(login_delay=0.0, lockout_failures=2)))
    talk = await house.talk()
    for guess in ("one", "two"):
        assert not (await talk.ask(f"LOGIN {USER} {guess}")).ok
    answer = await talk.ask(f"LOGIN {USER} three")
    assert answer.tagged.startswith("NO [UNAVAILABLE]")
    assert (await talk.text()).startswith("* BYE ")
    assert await talk.ended() == b""
    late = await house.talk()
    assert late.greeting.startswith("* BYE ")


async def test_a_user_has_so_many_sessions(open_house: Opener) -> None:
    house = await open_house(Setup(door=ImapSettings(user_connections=1)))
    first = await house.signed_in()
    second = await house.talk()
    assert (await second.ask(f"LOGIN {USER} {PASSWORD}")).tagged.startswith("NO [LIMIT]")
    assert (await second.ask(f"LOGIN {OTHER} {OTHER_PASSWORD}")).ok
    await first.ask("LOGOUT")
    await house.until_logged("disconnected")
    third = await house.talk()
    assert (await third.ask(f"LOGIN {USER} {PASSWORD}")).ok


async def test_signing_out_and_in_as_another(house: House) -> None:
    talk = await house.selecting()
    assert (await talk.ask("ENABLE CONDSTORE")).ok
    assert (await talk.ask("UNAUTHENTICATE")).ok
    assert house.services.crowd.total == 0
    assert (await talk.ask("SELECT INBOX")).tagged.startswith("BAD")
    assert (await talk.ask(f"LOGIN {OTHER} {OTHER_PASSWORD}")).ok
    assert (await talk.ask("ENABLE CONDSTORE")).starting("ENABLED") == ["ENABLED CONDSTORE"]
    assert (await talk.ask("SELECT INBOX")).ok
    assert house.services.crowd.total == 1


async def test_answers_come_in_the_order_of_the_commands(house: House) -> None:
    await house.file(ONE)
    talk = await house.selecting()
    rounds = 200
    for number in range(rounds):
        talk.say(b"x%d NOOP\r\ny%d STATUS INBOX (MESSAGES)\r\nz%d FETCH 1 (UID)\r\n" % (number, number, number))
    for number in range(rounds):
        assert (await talk.until(f"x{number}")).untagged == []
        assert (await talk.until(f"y{number}")).untagged == ["* STATUS INBOX (MESSAGES 1)"]
        assert (await talk.until(f"z{number}")).untagged == ["* 1 FETCH (UID 1)"]


async def test_commands_whose_answers_nobody_reads_wait(house: House) -> None:
    await house.file_all([ONE] * 200)
    talk = await house.selecting()
    talk.take_nothing()
    rounds = 2_000  # their answers would be 20 MB and more
    talk.say(b"x UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)\r\n" * rounds + b"x NOOP\r\n" * 200_000)
    connection = house.connections[0]
    async with asyncio.timeout(10):
        await connection.stuck.wait()
    assert connection.most_waiting < 300_000
    talk.take_again()
    for _ in range(200):
        assert len((await talk.until("x")).untagged) == 200
    assert connection.most_waiting < 300_000
    assert connection.most_buffered < 600_000
    talk.writer.transport.abort()
    await house.until_logged("imap_closed")


async def test_a_long_message_goes_as_fast_as_it_is_taken(house: House) -> None:
    message = b"Subject: large\r\n\r\n" + (b"y" * 70 + b"\r\n") * 200_000
    talk = await house.signed_in()
    assert (await talk.upload("APPEND INBOX", message)).ok
    await talk.ask("SELECT INBOX")
    talk.take_nothing()
    talk.begin("FETCH 1 BODY.PEEK[]")
    connection = house.connections[0]
    async with asyncio.timeout(10):
        await connection.stuck.wait()
    other = await house.signed_in()
    for _ in range(60):  # others are answered meanwhile; whoever does not wait would have read it all by then
        assert (await other.ask("STATUS INBOX (MESSAGES)")).ok
    talk.take_again()
    assert message in await talk.response()
    assert connection.most_waiting < 700_000


async def test_a_reader_that_takes_nothing_is_cut_off(house: House) -> None:
    await house.file_all([ONE] * 100)
    talk = await house.selecting()
    talk.take_nothing()
    talk.say(b"x UID FETCH 1:* (FLAGS INTERNALDATE RFC822.SIZE)\r\n" * 4_000)
    async with asyncio.timeout(10):
        await house.connections[0].stuck.wait()
    house.clock.ahead += 1_801
    house.deadlines.sweep()
    await house.until_logged("disconnected")
    assert house.services.crowd.total == 0


async def test_silence_ends_a_session(house: House) -> None:
    talk = await house.signed_in()
    house.clock.ahead += 1_799
    house.deadlines.sweep()
    assert (await talk.ask("NOOP")).ok
    house.clock.ahead += 1_801
    house.deadlines.sweep()
    assert (await talk.text()).startswith("* BYE ")
    assert await talk.ended() == b""
    [closed] = await house.until_logged("disconnected")
    assert closed["reason"] == "timeout"


async def test_silence_ends_idling_too(house: House) -> None:
    talk = await house.selecting()
    await talk.idle()
    house.clock.ahead += 1_801
    house.deadlines.sweep()
    assert (await talk.text()).startswith("* BYE ")


async def test_signing_in_takes_a_minute_at_most(house: House) -> None:
    talk = await house.talk()
    for _ in range(5):
        house.clock.ahead += 11
        house.deadlines.sweep()
        assert (await talk.ask("NOOP")).ok
    house.clock.ahead += 11
    house.deadlines.sweep()
    assert (await talk.text()).startswith("* BYE ")


async def test_a_stopping_server_says_so(house: House) -> None:
    talk, idler = await house.signed_in(), await house.selecting()
    await idler.idle()
    await house.listener.close(5.0)
    assert (await talk.text()).startswith("* BYE The server is stopping")
    assert (await idler.text()).startswith("* BYE The server is stopping")
    assert await talk.ended() == b""


async def test_too_many_connections(open_house: Opener) -> None:
    house = await open_house(Setup(gate=GateSettings(total=1)))
    first = await house.talk()
    assert first.greeting.startswith("* OK")
    second = await house.talk()
    assert second.greeting == "* BYE [UNAVAILABLE] Too many connections; try again later"
    assert await second.ended() == b""


async def test_a_peer_that_is_gone_leaves_nothing_behind(house: House) -> None:
    await house.file(ONE)
    talk = await house.selecting()
    await talk.idle()
    talk.vanish()
    await house.until_logged("imap_closed")
    assert house.services.crowd.total == 0
    await house.file(ONE)


async def test_too_many_mistakes_end_the_conversation(open_house: Opener) -> None:
    house = await open_house(Setup(protocol=replace(ServerSettings("mx.example.org"), bad_commands=3)))
    talk = await house.signed_in()
    for _ in range(3):
        talk.begin("NONSENSE")
    assert b"* BYE" in await talk.ended()
    assert house.metrics.protocol_errors == 3


async def test_a_fault_of_ours_is_logged_and_ends_the_conversation(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk = await house.signed_in()

    def broken(*_: object, **__: object) -> object:
        raise RuntimeError("broken on purpose")

    monkeypatch.setattr(house.services.tree, "list", broken, raising=False)
    talk.begin('LIST "" *')
    assert (await talk.text()).startswith("* BYE Something went wrong here")
    [error] = await house.until_logged("internal_error")
    assert "broken on purpose" in str(error["trace"])


async def test_compression(house: House) -> None:
    import zlib

    talk = await house.signed_in()
    assert (await talk.ask("COMPRESS DEFLATE")).ok
    pack, unpack = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
    talk.say(pack.compress(b"c NOOP\r\n") + pack.flush(zlib.Z_SYNC_FLUSH))
    answer = b""
    async with asyncio.timeout(10):
        while b"\r\n" not in answer:
            answer += unpack.decompress(await talk.reader.read(1_000))
    assert answer == b"c OK Still here\r\n"


async def test_what_is_not_answered_is_acknowledged(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A client may wait for that before it sends the line end behind a message."""
    acknowledged = asyncio.Event()
    monkeypatch.setattr(Watched, "acknowledge", lambda _: acknowledged.set())
    talk = await house.signed_in()
    talk.say(b"x APPEND INBOX {%d}\r\n" % len(ONE))
    assert (await talk.text()).startswith("+")
    assert not acknowledged.is_set()
    talk.say(ONE)
    async with asyncio.timeout(10):
        await acknowledged.wait()
    talk.say(b"\r\n")
    assert (await talk.until("x")).ok
