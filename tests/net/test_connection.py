"""Does every connection come up, carry octets, and give its place back, whatever the peer does?"""

import asyncio
import socket
import ssl
import struct

from net.porch import Porch, client_context, on_both_loops, porch, rest, soon

JUNK = b"this is no handshake\r\n" * 20


def reset(writer: asyncio.StreamWriter) -> None:
    """Be gone without a goodbye."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Ask for TLS, and begin it."""
    assert await soon(reader.readline()) == b"hello\n"
    writer.write(b"TLS\n")
    assert await soon(reader.readline()) == b"go\n"
    await soon(writer.start_tls(client_context()))


@on_both_loops
async def test_tls_from_the_start() -> None:
    async with porch(implicit=True) as here:
        reader, writer = await soon(here.connect(tls=True))
        assert await soon(reader.readline()) == b"hello\n"
        writer.write(b"words\n")
        assert await soon(reader.readline()) == b"words\n"
        connection = await soon(here.connections.get())
        assert connection.secure
        assert connection.said == ["opened"]
        writer.close()
        await here.end()
        assert here.is_empty()


@on_both_loops
async def test_tls_on_the_way() -> None:
    async with porch() as here:
        reader, writer = await here.connect()
        await upgrade(reader, writer)
        assert await soon(reader.readline()) == b"safe\n"
        writer.write(b"words\n")
        assert await soon(reader.readline()) == b"words\n"
        connection = await soon(here.connections.get())
        assert connection.said == ["opened", "upgraded"]
        assert connection.secure
        writer.close()
        await here.end()
        assert here.is_empty()


@on_both_loops
async def test_what_comes_in_clear_behind_the_wish_for_tls_is_never_heard() -> None:
    """RFC 3207 §6. A loop may have read one more piece before it heard that it should not."""
    async with porch() as here:
        reader, writer = await here.connect()
        connection = await soon(here.connections.get())
        connection.data_received(b"TLS\n")
        connection.data_received(b"a command in clear\n")
        assert await soon(reader.readline()) == b"hello\n"
        assert await soon(reader.readline()) == b"go\n"
        await soon(writer.start_tls(client_context()))
        writer.write(b"words\n")
        assert [await soon(reader.readline()) for _ in range(2)] == [b"safe\n", b"words\n"]
        writer.close()
        await here.end()


@on_both_loops
async def test_words_that_come_with_the_end_of_the_handshake_are_heard() -> None:
    async with porch(implicit=True) as here:
        reader, writer = await here.connect()
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = client_context().wrap_bio(incoming, outgoing)
        while True:
            try:
                client.do_handshake()
            except ssl.SSLWantReadError:
                writer.write(outgoing.read())
                incoming.write(await soon(reader.read(65536)))
            else:
                break
        client.write(b"at once\n")
        writer.write(outgoing.read())  # the client's Finished and its first words in one piece
        heard = b""
        while b"at once\n" not in heard:
            try:
                heard += client.read()
            except ssl.SSLWantReadError:
                incoming.write(await soon(reader.read(65536)))
        assert heard == b"hello\nat once\n"
        writer.close()
        await here.end()


async def fail(here: Porch, *, implicit: bool) -> None:
    """A handshake of junk."""
    reader, writer = await here.connect()
    if not implicit:
        assert await soon(reader.readline()) == b"hello\n"
        writer.write(b"TLS\n")
        assert await soon(reader.readline()) == b"go\n"
    writer.write(JUNK)
    await rest(reader)
    writer.close()


@on_both_loops
async def test_a_handshake_that_fails_gives_its_place_back() -> None:
    for implicit in (True, False):
        async with porch(implicit=implicit) as here:
            for number in range(1, 4):
                await fail(here, implicit=implicit)
                connection, error = await here.end()
                assert isinstance(error, ssl.SSLError)
                assert [peer for peer, _error in here.broken] == ["127.0.0.1"] * number
                assert not connection.secure
                assert here.is_empty()
            assert here.ended.empty()  # each end was told once


@on_both_loops
async def test_a_handshake_that_never_comes_gives_its_place_back() -> None:
    for implicit in (True, False):
        async with porch(implicit=implicit, handshake=0.05) as here:
            reader, writer = await here.connect()
            if not implicit:
                writer.write(b"TLS\n")
            await rest(reader)
            _connection, error = await here.end()
            assert isinstance(error, OSError)
            assert len(here.broken) == 1
            assert here.is_empty()
            writer.close()


@on_both_loops
async def test_a_peer_that_is_gone_during_the_handshake_gives_its_place_back() -> None:
    async with porch(implicit=True) as here:
        for leave in (reset, asyncio.StreamWriter.close):
            _reader, writer = await here.connect()
            writer.write(b"\x16\x03\x01")
            await writer.drain()
            await soon(here.arrived.get())
            leave(writer)
            await here.end()
            assert here.is_empty()
        assert here.ended.empty()


@on_both_loops
async def test_a_peer_that_is_gone_at_once_takes_no_place() -> None:
    async with porch() as here:
        _reader, writer = await here.connect()
        reset(writer)
        reader, other = await here.connect()  # the first one has been looked at when this one is
        assert await soon(reader.readline()) == b"hello\n"
        other.close()
        while not here.is_empty():
            await here.end()


@on_both_loops
async def test_last_words_arrive_while_the_peer_still_talks() -> None:
    async with porch() as here:
        reader, writer = await here.connect()
        assert await soon(reader.readline()) == b"hello\n"
        writer.write(b"BYE\n")
        assert await soon(reader.readline()) == b"bye\n"
        writer.write(b"but listen\n" * 1_000)
        assert await rest(reader) == b""  # an end, no reset
        writer.close()
        await here.end()


@on_both_loops
async def test_who_never_closes_is_cut_off_when_the_linger_is_over() -> None:
    async with porch() as here:
        reader, writer = await here.connect()
        writer.write(b"BYE\n")
        assert await rest(reader) == b"hello\nbye\n"
        connection = await soon(here.connections.get())
        assert connection.closing
        here.deadlines.sweep()
        assert here.doorway.gate.total == 1
        here.clock.at += here.doorway.linger
        here.deadlines.sweep()
        assert (await here.end())[0] is connection
        assert here.is_empty()
        writer.close()


@on_both_loops
async def test_a_deadline_ends_who_is_silent() -> None:
    async with porch() as here:
        reader, writer = await here.connect()
        connection = await soon(here.connections.get())
        connection.deadline = here.clock.at + 60
        here.deadlines.sweep()
        assert here.ended.empty()
        here.clock.at += 61
        here.deadlines.sweep()
        await here.end()
        assert await rest(reader) in {b"hello\n", b""}
        writer.close()


@on_both_loops
async def test_who_does_not_read_is_waited_for() -> None:
    async with porch() as here:
        reader, writer = await here.connect()
        connection = await soon(here.connections.get())
        writer.write(b"FLOOD\n")
        await soon(reader.readexactly(7))
        assert not connection.writable
        while not connection.drains:
            assert await soon(reader.read(1 << 20))
        assert connection.writable
        writer.close()
        await here.end()
        assert here.is_empty()
