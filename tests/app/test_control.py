"""Orders reach the server from whoever has the token; junk closes only its own connection."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from pillarbox.app.calling import NotRunning, Nudge, ask, connect, proof
from pillarbox.app.control import ControlServer, ControlSettings, Json, Request, rest, unavailable
from pillarbox.app.trouble import Exit, Trouble
from pillarbox.net.platform import current
from pillarbox.observe.log import Log, NoSink

TOKEN = "a-secret-of-this-test"


class Heard(NoSink):
    """Keeps what is logged."""

    text = ""

    def write(self, text: str) -> None:
        self.text += text


async def echo(request: Request) -> Json:
    octets = [piece async for piece in request.octets]
    return {"said": request.fields.get("say"), "octets": len(b"".join(octets))}


async def refuse(request: Request) -> Json:
    await rest(request)
    raise unavailable("it is tired")


async def stumble(_request: Request) -> Json:
    raise RuntimeError("a mistake of ours")


@pytest.fixture
async def control(tmp_path: Path) -> AsyncIterator[ControlServer]:
    log = Log(Heard(), lambda _at, kind, _id, fields: f"{kind} {fields}\n", lambda: 0.0)
    settings = ControlSettings(connections=3, patience=0.2, request=20_000)
    server = ControlServer(tmp_path, current().private_files, TOKEN, log, settings)
    server.commands |= {"echo": echo, "refuse": refuse, "stumble": stumble}
    await server.open({"pid": 1})
    yield server
    await server.close()


async def port(folder: Path) -> int:
    return int(json.loads((folder / "control.json").read_text())["port"])


async def converse(folder: Path, data: bytes, *, known: bool = False) -> bytes:
    """Send octets as they are, after proof where ``known``; what comes back then until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", await port(folder))
    try:
        if known:
            writer.write(b"PILLARBOX 1 0123\n")
            nonce, shown = (await reader.readline()).decode().split()
            assert shown == proof(TOKEN, "server", "0123")
            writer.write(proof(TOKEN, "caller", nonce).encode() + b"\n")
        writer.write(data)
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def test_a_command_and_its_answer(control: ControlServer, tmp_path: Path) -> None:
    answer = await asyncio.to_thread(ask, tmp_path, "echo", [b"x" * 300_000, b"yz"], say="grün", octets=300_002)
    assert answer == {"ok": True, "said": "grün", "octets": 300_002}


async def test_a_refusal_comes_with_its_reasons(control: ControlServer, tmp_path: Path) -> None:
    with pytest.raises(Trouble) as caught:
        await asyncio.to_thread(ask, tmp_path, "refuse", [b"x" * 500_000], octets=500_000)
    assert caught.value.why == "it is tired"
    assert caught.value.code is Exit.TEMPORARY


@pytest.mark.parametrize(
    "junk",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x16\x03\x01\x02\x00" * 100,
        b"x" * 10_000,
        b"PILLARBOX 1 \xff\n",
        b"PILLARBOX 2 0123\n",
        b"\n",
    ],
)
async def test_junk_gets_nothing_and_harms_nobody(control: ControlServer, tmp_path: Path, junk: bytes) -> None:
    assert await converse(tmp_path, junk) == b""
    assert (await asyncio.to_thread(ask, tmp_path, "echo", say=1))["said"] == 1


@pytest.mark.parametrize(
    "request_line",
    [
        b"not json\n",
        b"[]\n",
        b'{"command": "unknown"}\n',
        b'{"command": "echo", "octets": -1}\n',
        b"[" * 19_000 + b"\n",
        b'{"a":' * 300 + b"\n",
        b"\xff\xfe\n",
        b"x" * 30_000,
    ],
)
async def test_a_request_that_is_none_gets_nothing(control: ControlServer, tmp_path: Path, request_line: bytes) -> None:
    assert await converse(tmp_path, request_line, known=True) == b""
    assert (await asyncio.to_thread(ask, tmp_path, "echo", say=1))["said"] == 1


async def test_a_mistake_of_ours_lets_the_caller_go(control: ControlServer, tmp_path: Path) -> None:
    assert await converse(tmp_path, b'{"command":"stumble"}\n', known=True) == b""
    answer = await asyncio.to_thread(ask, tmp_path, "echo", say="still here")
    assert answer["said"] == "still here"


async def test_without_the_token_there_is_no_answer(control: ControlServer, tmp_path: Path) -> None:
    said = await converse(tmp_path, b'PILLARBOX 1 0123\nwrong\n{"command": "echo"}\n')
    assert said.count(b"\n") == 1
    assert TOKEN.encode() not in said
    mirrored = said.split()[1]  # the server's own proof does not serve as the caller's
    assert (await converse(tmp_path, b"PILLARBOX 1 0123\n" + mirrored + b'\n{"command": "echo"}\n')).count(b"\n") == 1


async def test_another_program_on_the_old_port_learns_nothing(tmp_path: Path) -> None:
    heard = bytearray()

    async def pretend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.readline())
        writer.write(b"0123 " + b"0" * 64 + b"\n")
        heard.extend(await reader.read())
        writer.close()

    async with await asyncio.start_server(pretend, "127.0.0.1", 0) as thief:
        number = thief.sockets[0].getsockname()[1]
        (tmp_path / "control.json").write_text(json.dumps({"port": number, "token": TOKEN}))
        with pytest.raises(NotRunning, match="no server is running"):
            await asyncio.to_thread(ask, tmp_path, "submit", [b"a letter"], octets=8)
    assert b"letter" not in heard
    assert TOKEN.encode() not in heard


async def test_silence_is_not_borne_for_long(control: ControlServer, tmp_path: Path) -> None:
    assert await asyncio.wait_for(converse(tmp_path, b"PILLARBOX 1 "), 5) == b""


async def test_only_so_many_at_a_time(control: ControlServer, tmp_path: Path) -> None:
    number = await port(tmp_path)
    waiting = [await asyncio.open_connection("127.0.0.1", number) for _ in range(3)]
    assert await converse(tmp_path, b"PILLARBOX 1 0123\n") == b""
    for _reader, writer in waiting:
        writer.close()


async def test_only_its_owner_can_read_the_token(control: ControlServer, tmp_path: Path) -> None:
    assert current().private_files.problem(tmp_path / "control.json") is None


async def test_a_door_takes_the_connection_over(control: ControlServer, tmp_path: Path) -> None:
    class Parrot(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            assert isinstance(transport, asyncio.Transport)
            self.transport = transport
            transport.write(b"220 hello\r\n")

        def data_received(self, data: bytes) -> None:
            self.transport.write(data.upper())
            self.transport.close()

    control.doors["smtp"] = Parrot

    def talk() -> bytes:
        with connect(tmp_path) as connection:
            connection.sendall(b'{"command": "smtp"}\n')
            said = connection.makefile("rb")
            lines = said.readline() + said.readline()
            connection.sendall(b"quit\r\n")
            return lines + said.read()

    assert await asyncio.to_thread(talk) == b'{"ok": true}\n220 hello\r\nQUIT\r\n'


async def test_when_the_server_has_gone(control: ControlServer, tmp_path: Path) -> None:
    old = (tmp_path / "control.json").read_bytes()
    await control.close()
    assert not (tmp_path / "control.json").exists()
    with pytest.raises(NotRunning, match="no server is running"):
        await asyncio.to_thread(ask, tmp_path, "echo")
    (tmp_path / "control.json").write_bytes(old)
    with pytest.raises(NotRunning):
        await asyncio.to_thread(ask, tmp_path, "echo")
    (tmp_path / "control.json").write_bytes(b"{")
    with pytest.raises(NotRunning):
        await asyncio.to_thread(ask, tmp_path, "echo")
    await asyncio.to_thread(Nudge(tmp_path).wake)  # nobody there, and nobody minds


async def test_a_nudge_is_cut_into_requests_that_are_taken(control: ControlServer, tmp_path: Path) -> None:
    heard: list[int] = []

    async def recall(request: Request) -> Json:
        heard.append(len(request.fields["messages"]))
        return {}

    control.commands["recall"] = recall
    nudge = Nudge(tmp_path)
    nudge._AT_ONCE = 50
    await asyncio.to_thread(nudge.recall, list(range(120)))
    assert heard == [50, 50, 20]
