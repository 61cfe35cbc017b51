"""Are all written conversations held as written, and the same however their octets are cut?"""

import asyncio
import ssl
from pathlib import Path

import pytest
import trustme

from dialogs import runner
from dialogs.written import all_at_once, at_random, byte_by_byte
from pillarbox.proto.smtp import events

FILES = runner.files()


@pytest.fixture(scope="module")
def contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """The two sides' TLS."""
    authority = trustme.CA()
    of_server, of_client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(of_server)
    authority.configure_trust(of_client)
    return of_server, of_client


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_in_step(path: Path) -> None:
    runner.play(runner.read(path))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_cut_anywhere(path: Path) -> None:
    dialog = runner.read(path)
    whole = runner.play_cut(dialog, all_at_once)
    for cut in (byte_by_byte, *map(at_random, range(5))):
        cut_up = runner.play_cut(dialog, cut)
        assert cut_up.events == whole.events
        assert cut_up.output == whole.output


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
async def test_over_a_socket(path: Path, contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    of_server, of_client = contexts

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        side = runner.Server(runner.read(path))
        told = 0
        octets = b"begin"
        while octets:
            writer.write(side.output[told:].encode())
            told = len(side.output)
            if side.events and isinstance(side.events[-1], events.StartTls):
                await writer.start_tls(of_server)
                side.events.clear()
                side.handshake()
            octets = b"" if side.connection.closing else await reader.read(4096)
            side.feed(octets)
        writer.close()
        await writer.wait_closed()
        over.set()

    over = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        await runner.play_over_socket(path, "127.0.0.1", port, of_client)
        await over.wait()


async def test_a_wrong_answer_is_seen(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        writer.close()
        await writer.wait_closed()
        over.set()

    over = asyncio.Event()
    (tmp_path / "wrong.txt").write_text("role: mx\n\nS: 220 ...\nC: NOOP\nS: 250 ...\n")
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        with pytest.raises(AssertionError, match="wanted"):
            await runner.play_over_socket(tmp_path / "wrong.txt", "127.0.0.1", server.sockets[0].getsockname()[1])
        await over.wait()
