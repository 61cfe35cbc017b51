"""How do users sign in over a real socket, what do the others hear, and what does guessing cost?"""

import asyncio
import json
import ssl
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from pillarbox.net.clock import SystemClock
from pillarbox.observe.log import Fields
from pillarbox.proto.scram import ScramClient
from pillarbox.testing import Box, server

ANN, BOB, PASSWORD = "ann@example.test", "bob@example.test", "a good password"
MINUTES = 60.0


class HandClock:
    """POSIX time as it is; monotonic time moves only when the test says so."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self.now = SystemClock.now

    def monotonic(self) -> float:
        """Seconds that the test let pass."""
        return self.passed


class House:
    """A running server whose late answers are on time; ``waited`` is what they should have waited."""

    box: Box

    def __init__(self) -> None:
        self.clock = HandClock()
        self.waited: list[float] = []
        self.logged: list[tuple[str, Fields]] = []

    async def pause(self, seconds: float) -> None:
        """Wait as the server would, but without time."""
        self.waited.append(seconds)

    def tell(self, kind: str, _message_id: str | None, fields: Fields) -> None:
        """Hear what is logged."""
        self.logged.append((kind, dict(fields)))

    def fields(self, kind: str) -> list[Fields]:
        """What was logged of one kind."""
        return [fields for found, fields in self.logged if found == kind]


class Talk:
    """One connection to the submission listener."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def answer(self) -> str:
        """The next whole answer; "" when the server has closed."""
        text = ""
        while line := (await asyncio.wait_for(self.reader.readline(), 10)).decode():
            text += line
            if line[3:4] == " ":
                break
        return text

    async def ask(self, line: str) -> str:
        """Send a line; the answer."""
        self.writer.write(line.encode() + b"\r\n")
        return await self.answer()

    async def start_tls(self) -> None:
        """STARTTLS, and EHLO again."""
        assert (await self.ask("STARTTLS")).startswith("220 ")
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        await self.writer.start_tls(context)
        await self.ask("EHLO me")


@asynccontextmanager
async def house_in(folder: Path, **settings: object) -> AsyncIterator[House]:
    house = House()
    users = {ANN: PASSWORD, BOB: "something else"}
    async with server(folder, users, settings=settings, clock=house.clock, pause=house.pause) as box:
        house.box = box
        box.server.log.watch = house.tell
        yield house


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with house_in(tmp_path) as house:
        yield house


@asynccontextmanager
async def talk(house: House, kind: str = "submission") -> AsyncIterator[Talk]:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.box.port(kind))
    talk = Talk(reader, writer)
    assert (await talk.answer()).startswith("220 ")
    await talk.ask("EHLO me")
    try:
        yield talk
    finally:
        writer.close()
        await writer.wait_closed()


def coded(text: str | bytes) -> str:
    return b64encode(text.encode() if isinstance(text, str) else text).decode()


async def plain(talk: Talk, user: str, password: str, authzid: str = "") -> str:
    return await talk.ask("AUTH PLAIN " + coded(f"{authzid}\0{user}\0{password}"))


async def login(talk: Talk, user: str, password: str) -> str:
    assert await talk.ask("AUTH LOGIN") == "334 VXNlcm5hbWU6\r\n"
    assert await talk.ask(coded(user)) == "334 UGFzc3dvcmQ6\r\n"
    return await talk.ask(coded(password))


async def scram(talk: Talk, user: str, password: str) -> str:
    client = ScramClient(user, password, b"\x01" * 18)
    first = await talk.ask("AUTH SCRAM-SHA-256 " + coded(client.first))
    if not first.startswith("334 "):
        return first
    last = await talk.ask(coded(client.final(b64decode(first[4:]))))
    if not last.startswith("334 "):
        return last
    client.check(b64decode(last[4:]))  # the server has proved that it knows the password, too
    return await talk.ask("")


WAYS = {"PLAIN": plain, "LOGIN": login, "SCRAM-SHA-256": scram}
each_way = pytest.mark.parametrize("mechanism", list(WAYS))


@each_way
async def test_the_right_password_lets_in(house: House, mechanism: str) -> None:
    async with talk(house) as line:
        assert (await WAYS[mechanism](line, ANN, PASSWORD)).startswith("235 2.7.0 ")
        assert (await line.ask(f"MAIL FROM:<{ANN}>")).startswith("250 ")
        assert (await line.ask("RCPT TO:<somebody@far.test>")).startswith("250 ")
        assert (await line.ask("RSET")).startswith("250 ")
        assert (await line.ask(f"MAIL FROM:<{BOB}>")).startswith("5")  # a user sends only as themselves
    assert house.fields("login") == [{"user": ANN, "peer": "127.0.0.1", "service": "smtp", "mechanism": mechanism}]
    assert house.waited == []


@each_way
@pytest.mark.parametrize(("user", "password"), [(ANN, "wrong"), ("nobody@example.test", PASSWORD), ("@@", "x")])
async def test_all_failures_sound_alike(house: House, mechanism: str, user: str, password: str) -> None:
    async with talk(house) as line:
        answer = await WAYS[mechanism](line, user, password)
        assert answer == "535 5.7.8 The user name or the password is wrong\r\n"
        assert (await line.ask(f"MAIL FROM:<{ANN}>")).startswith("530 5.7.0 ")
    [fields] = house.fields("login_failed")
    assert (fields["user"], fields["peer"], fields["mechanism"]) == (user, "127.0.0.1", mechanism)
    assert (house.waited, house.box.server.metrics.logins_failed) == ([1], 1)


async def test_each_failure_waits_longer_until_nobody_is_heard(tmp_path: Path) -> None:
    async with house_in(tmp_path, limits={"login_failures": 4, "login_lockout": "10m"}) as house:
        for guess in range(4):
            async with talk(house) as line:
                assert (await plain(line, ANN, f"guess {guess}")).startswith("535 5.7.8 ")
        assert house.waited == [1, 2, 4, 8]
        reader, writer = await asyncio.open_connection("127.0.0.1", house.box.port("submission"))
        said = await asyncio.wait_for(reader.read(), 10)
        assert said.startswith(b"421 4.7.0 Too many failed sign-ins")
        writer.close()
        assert house.fields("connection_refused")[0]["reason"] == "Too many failed sign-ins; try again later"
        assert house.box.server.metrics.sessions_refused == 1
        async with talk(house, "smtp") as line:  # mail from elsewhere comes in all the same
            assert (await line.ask("NOOP")).startswith("250 ")
        house.clock.passed += 10 * MINUTES + 1
        async with talk(house) as line:
            assert (await plain(line, ANN, PASSWORD)).startswith("235 ")


async def test_a_lock_that_comes_during_a_session_ends_it(tmp_path: Path) -> None:
    async with house_in(tmp_path, limits={"login_failures": 2}) as house:
        async with talk(house) as line:
            for guess in range(2):
                assert (await plain(line, ANN, f"guess {guess}")).startswith("535 ")
            assert (await plain(line, ANN, PASSWORD)).startswith("421 4.7.0 ")
            assert await line.answer() == ""
        assert house.fields("login_locked")[0]["mechanism"] == "PLAIN"


async def test_the_owner_stays_in_while_others_guess(tmp_path: Path) -> None:
    async with house_in(tmp_path, limits={"login_failures": 2}) as house:
        async with talk(house) as line:
            assert (await plain(line, ANN, PASSWORD)).startswith("235 ")
        for guess in range(3):
            async with talk(house) as line:
                await plain(line, BOB, f"guess {guess}")
        async with talk(house) as line:  # the same address, from which Ann signed in before
            assert (await scram(line, ANN, PASSWORD)).startswith("235 ")


@each_way
async def test_a_star_cancels(house: House, mechanism: str) -> None:
    async with talk(house) as line:
        first = f" {coded(ScramClient(ANN, 'x', b'1' * 18).first)}" if mechanism.startswith("SCRAM") else ""
        assert (await line.ask(f"AUTH {mechanism}{first}")).startswith("334 ")
        assert (await line.ask("*")).startswith("501 5.7.0 ")
        assert (await WAYS[mechanism](line, ANN, PASSWORD)).startswith("235 ")
    assert house.fields("login_failed") == []


async def test_nobody_acts_for_somebody_else(house: House) -> None:
    async with talk(house) as line:
        assert (await plain(line, ANN, PASSWORD, BOB)).startswith("535 ")
        assert (await plain(line, ANN, PASSWORD, ANN)).startswith("235 ")


async def test_passwords_travel_only_inside_tls_where_it_says_never(tmp_path: Path) -> None:
    async with house_in(tmp_path, submission={"cleartext_login": "never"}) as house, talk(house) as line:
        assert "AUTH" not in await line.ask("EHLO me")
        for mechanism in WAYS:
            assert (await line.ask(f"AUTH {mechanism}")).startswith("5")
        await line.start_tls()
        offers = await line.ask("EHLO me")
        assert all(mechanism in offers for mechanism in WAYS)
        assert (await plain(line, ANN, PASSWORD)).startswith("235 ")


async def test_no_password_is_written_down(house: House, tmp_path: Path) -> None:
    async with talk(house) as line:
        await plain(line, ANN, "an almost good password")
        await login(line, ANN, "an almost good password")
        await scram(line, ANN, "an almost good password")
        await line.ask("AUTH PLAIN an almost good password")  # no base64 at all
        await plain(line, ANN, PASSWORD)
        for command in (f"MAIL FROM:<{ANN}>", f"RCPT TO:<{ANN}>", "DATA"):
            await line.ask(command)
        assert "queued as" in await line.ask("Subject: x\r\n\r\nhi\r\n.")
    store = house.box.server.store
    account = await store.account(ANN)
    assert account is not None
    inbox = await store.folder(account.id, "INBOX")
    assert inbox is not None
    [entry] = await store.entries(inbox.id)
    story = "".join(await store.story(entry.message_id))
    house.box.server.log.flush()
    written = (tmp_path / "log").read_text() + story + json.dumps(house.logged)
    assert "login" in story
    for secret in ("good password", coded(PASSWORD), coded(f"\0{ANN}\0{PASSWORD}")):
        assert secret not in written
