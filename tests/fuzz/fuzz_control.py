"""Does the control channel survive whatever a local caller sends? Mutates good conversations with a real server.

Nothing may be raised, junk closes only its own connection, and a good request is answered behind it as before.
"""

import asyncio
import json
import random
import tempfile
from pathlib import Path

from fuzz.rounds import mutate
from pillarbox.app.calling import proof
from pillarbox.app.control import ControlServer, ControlSettings, Json, Request
from pillarbox.net.platform import current
from pillarbox.observe.log import Log, NoSink

TOKEN = "a-secret-of-this-test"
NONCE = "0123"
GREETING = f"PILLARBOX 1 {NONCE}\n".encode()
REQUESTS = (
    b'{"command": "echo", "octets": 5, "say": "x"}\nabcde', b'{"command": "echo"}\n', b'{"command": "door"}\nhello',
    b'{"command": "other", "octets": 0}\n', b'{"command": "echo", "say": {"a": [1, 2.5, null, true, "\\u00fc"]}}\n',
)  # fmt: skip
SPICE = (
    b"\n", b"\r\n", b"\0", b"\xff", b"{", b"}", b"[" * 20_000, b'{"a":' * 20_000, b'"', b"\\u", b"\\ud800", b"-1",
    b"1e999", b"9" * 5000, b"NaN", b"true", b'"octets": ', b'"octets": 99999999999', b"PILLARBOX 1 ", b"x" * 300,
    b"x" * 200_000,
)  # fmt: skip


async def echo(request: Request) -> Json:
    """Says again what was said."""
    octets = [piece async for piece in request.octets]
    return {"said": request.fields.get("say"), "octets": len(b"".join(octets))}


async def converse(port: int, greeting: bytes, said: bytes, *, known: bool) -> bytes:
    """All that the server says, to the end of the connection; ``known``: the caller proves itself in between."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(greeting)
        if known:
            nonce = (await reader.readline()).decode().partition(" ")[0]
            writer.write(proof(TOKEN, "caller", nonce).encode() + b"\n")
        writer.write(said)
        writer.write_eof()
        async with asyncio.timeout(5.0):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


async def _case(dice: random.Random, folder: Path) -> None:
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: faults.append(told))
    log = Log(NoSink(), lambda _at, kind, _id, fields: f"{kind} {fields}\n", lambda: 0.0)
    server = ControlServer(folder, current().private_files, TOKEN, log, ControlSettings(patience=0.5, work=0.5))
    server.commands["echo"] = echo
    await server.open({"pid": 1})
    try:
        port = int(json.loads((folder / "control.json").read_text())["port"])
        greeting, said = GREETING, mutate(dice.choice(REQUESTS), dice, SPICE)
        if known := dice.random() < 0.8:
            answer = await converse(port, greeting, said, known=True)
            assert answer.count(b"\n") <= 1
            assert TOKEN.encode() not in answer
        else:
            greeting = mutate(greeting, dice, SPICE)
            assert b'"ok"' not in await converse(port, greeting, said, known=False)
        again = await converse(port, GREETING, b'{"command": "echo", "say": 7}\n', known=True)
        assert json.loads(again) == {"ok": True, "said": 7, "octets": 0}, known
    finally:
        await server.close()
    assert not faults, faults


def one_case(seed: int) -> None:
    """One mutated conversation, and a good one behind it."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_case(random.Random(seed), Path(folder)))
