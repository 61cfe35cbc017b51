"""What does a peer meet that takes too much: connections, time, turns at talking?"""

import asyncio
from pathlib import Path

from pillarbox.net.clock import SystemClock
from pillarbox.testing import server

ANN = "ann@example.test"


class HandClock:
    """POSIX time as it is; monotonic time moves only when the test says so."""

    def __init__(self) -> None:
        self.passed = 1000.0
        self.now = SystemClock.now

    def monotonic(self) -> float:
        """Seconds that the test let pass."""
        return self.passed


async def test_silence_ends_a_session(tmp_path: Path) -> None:
    clock = HandClock()
    async with server(tmp_path, {ANN: "x y z"}, clock=clock) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        await reader.readline()
        clock.passed += 299
        box.server.deadlines.sweep()
        writer.write(b"NOOP\r\n")
        assert (await reader.readline()).startswith(b"250 ")
        clock.passed += 301
        box.server.deadlines.sweep()
        assert (await reader.read()).startswith(b"421 4.4.2 ")
        writer.close()


async def test_drops_of_a_command_do_not_prolong_patience(tmp_path: Path) -> None:
    clock = HandClock()
    async with server(tmp_path, {ANN: "x y z"}, clock=clock) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        await reader.readline()
        for octet in b"EHLO":
            writer.write(bytes([octet]))
            await writer.drain()
            clock.passed += 76
        box.server.deadlines.sweep()
        assert (await reader.read()).startswith(b"421 4.4.2 ")
        writer.close()


async def test_a_body_that_drips_is_cut_off(tmp_path: Path) -> None:
    clock = HandClock()
    async with server(tmp_path, {ANN: "x y z"}, clock=clock) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        writer.write(b"EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n")
        while not (await reader.readline()).startswith(b"354 "):
            pass
        answer = asyncio.create_task(reader.read())
        while not answer.done():
            writer.write(b"x" * 70 + b"\r\n")
            clock.passed += 30
            await asyncio.wait([answer], timeout=0.01)
        assert answer.result().startswith(b"421 4.4.2 ")
        assert await box.inbox(ANN) == []
        writer.close()


async def test_more_connections_than_all_may_have_are_told_so(tmp_path: Path) -> None:
    async with server(tmp_path, {ANN: "x y z"}, settings={"limits": {"connections": 3}}) as box:
        open_ones = [await asyncio.open_connection("127.0.0.1", box.port("smtp")) for _ in range(3)]
        for reader, _writer in open_ones:
            assert (await reader.readline()).startswith(b"220 ")
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        assert (await reader.read()).startswith(b"421 4.7.0 Too many connections")
        writer.close()
        for _reader, each in open_ones:
            each.close()


async def test_a_trusted_proxy_names_the_client(tmp_path: Path) -> None:
    listener = {"kind": "smtp", "address": "127.0.0.1:0", "proxy": ["127.0.0.0/8"]}
    async with server(tmp_path, {ANN: "x y z"}, settings={"listener": [listener]}) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        writer.write(b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\n")
        assert (await reader.readline()).startswith(b"220 ")  # after the wait that strangers have
        writer.write(
            b"EHLO a\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<ann@example.test>\r\nDATA\r\n"
            b"Subject: x\r\n\r\nhi\r\n.\r\nQUIT\r\n"
        )
        await reader.read()
        [message] = await box.inbox(ANN)
        assert b"from a ([192.0.2.7])" in message
        writer.close()


async def test_a_stranger_that_talks_first_is_shown_out(tmp_path: Path) -> None:
    listener = {"kind": "smtp", "address": "127.0.0.1:0", "proxy": ["127.0.0.0/8"]}
    async with server(tmp_path, {ANN: "x y z"}, settings={"listener": [listener]}) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        writer.write(b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\nEHLO a\r\n")
        assert (await reader.read()).startswith(b"554 5.5.1 You spoke before the greeting")
        writer.close()


async def test_a_proxy_that_says_nothing_understandable_gets_no_answer(tmp_path: Path) -> None:
    listener = {"kind": "smtp", "address": "127.0.0.1:0", "proxy": ["127.0.0.0/8"]}
    async with server(tmp_path, {ANN: "x y z"}, settings={"listener": [listener]}) as box:
        reader, writer = await asyncio.open_connection("127.0.0.1", box.port("smtp"))
        writer.write(b"EHLO a.test\n")
        assert await reader.read() == b""
        writer.close()
