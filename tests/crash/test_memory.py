"""How much memory do many large messages take at once? A bound, not their size: they stream to disk."""

import asyncio
from pathlib import Path

import pytest

from crash.mailserver import USERS, Mailserver
from crash.sink import sink
from peers.proc import peak_rss, reset_peak
from peers.process import Daemon, Endpoint

MIB = 1024 * 1024
_BLOCK = (b"x" * 76 + b"\r\n") * 840  # 64 KiB of lines


@pytest.mark.crash
async def test_twenty_times_20_mib_in_120_mib(tmp_path: Path) -> None:
    assert await _peak_during_flood(tmp_path, 20, 20 * MIB) < 120 * MIB


@pytest.mark.crash
@pytest.mark.soak
async def test_hundred_times_50_mib_in_300_mib(tmp_path: Path) -> None:
    assert await _peak_during_flood(tmp_path, 100, 49 * MIB) < 300 * MIB


async def _peak_during_flood(folder: Path, connections: int, size: int) -> int:
    """The server's highest resident set while ``connections`` clients send a message of ``size`` octets each."""
    async with sink() as remote:
        server = Mailserver(folder / "data", remote.endpoint)
        with server.box.running() as daemon:
            return await _flood(daemon, server.smtp, connections, size)


async def _flood(daemon: Daemon, endpoint: Endpoint, connections: int, size: int) -> int:
    reset_peak(daemon.pid)
    begin = asyncio.Barrier(connections)
    replies = await asyncio.gather(*(_send(endpoint, size, begin) for _ in range(connections)))
    assert all(reply.startswith(b"250") for reply in replies), replies
    return peak_rss(daemon.pid)


async def _send(endpoint: Endpoint, size: int, begin: asyncio.Barrier) -> bytes:
    """One message; all clients are in the middle of theirs at once. The final reply."""
    reader, writer = await asyncio.open_connection(*endpoint)
    writer.write(b"HELO load.test\r\nMAIL FROM:<a@load.test>\r\n")
    writer.write(b"RCPT TO:<%s>\r\nDATA\r\n" % USERS[0].encode())
    while not (await reader.readline()).startswith(b"354"):
        pass
    await begin.wait()
    writer.write(b"Subject: large\r\n\r\n")
    for _ in range(size // len(_BLOCK)):
        writer.write(_BLOCK)
        await writer.drain()
    await begin.wait()  # nobody ends before everybody has sent all
    writer.write(b".\r\n")
    reply = await reader.readline()
    writer.close()
    return reply
