"""Are connections let in, named rightly, and ended when the listener closes?"""

import asyncio
import socket
from ipaddress import ip_network

import pytest

from net.porch import on_both_loops, porch, rest, soon

LOOPBACK = (ip_network("127.0.0.0/8"),)


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@on_both_loops
async def test_the_port_that_was_bound_is_told() -> None:
    async with porch() as first, porch() as second, porch(proxies=LOOPBACK) as third:
        ports = {each.listener.port for each in (first, second, third)}
        assert len(ports) == 3
        assert all(1 <= port <= 65535 for port in ports)
        for each in (first, second):
            reader, writer = await each.connect()
            assert await soon(reader.readline()) == b"hello\n"
            writer.close()


@on_both_loops
async def test_a_port_that_is_taken_cannot_be_had() -> None:
    async with porch() as first:
        with pytest.raises(OSError):
            async with porch(port=first.listener.port):
                pass


@on_both_loops
async def test_a_peer_is_known_by_its_address() -> None:
    async with porch() as here:
        reader, writer = await here.connect()
        connection = await soon(here.connections.get())
        assert (connection.peer, connection.peer_port) == writer.get_extra_info("sockname")
        assert here.doorway.gate.total == 1
        assert await soon(reader.readline()) == b"hello\n"  # who leaves with that unread resets the connection
        writer.close()
        assert await here.end() == (connection, None)
        assert here.is_empty()


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
@on_both_loops
async def test_ipv6() -> None:
    async with porch(host="::1") as here:
        reader, writer = await here.connect()
        assert await soon(reader.readline()) == b"hello\n"
        assert (await soon(here.connections.get())).peer == "::1"
        writer.close()
        await here.end()


@on_both_loops
async def test_one_too_many_is_told_and_takes_no_place() -> None:
    async with porch(total=1) as here:
        reader, writer = await here.connect()
        assert await soon(reader.readline()) == b"hello\n"
        for _ in range(3):
            other, refused = await here.connect()
            assert await rest(other) == b"full\n"
            refused.close()
        assert here.doorway.gate.total == 1
        writer.close()
        await here.end()
        again, welcome = await here.connect()
        assert await soon(again.readline()) == b"hello\n"
        welcome.close()


@on_both_loops
async def test_one_too_many_for_tls_is_closed_without_a_word() -> None:
    async with porch(total=0, implicit=True) as here:
        reader, writer = await here.connect()
        assert await rest(reader) == b""
        writer.close()
        assert here.broken == []


@on_both_loops
async def test_closing_asks_all_to_end_and_waits_for_them() -> None:
    async with porch() as here:
        clients = [await here.connect() for _ in range(3)]
        for reader, _writer in clients:
            assert await soon(reader.readline()) == b"hello\n"
        await soon(here.listener.close(30.0))
        assert here.is_empty()
        for reader, writer in clients:
            assert await rest(reader) == b"stopping\n"
            writer.close()


@on_both_loops
async def test_who_stays_is_cut_off_after_the_grace() -> None:
    async with porch() as here:
        here.stubborn = True
        reader, writer = await here.connect()
        assert await soon(reader.readline()) == b"hello\n"
        await soon(here.listener.close(0.05))
        await here.end()
        assert await rest(reader) == b""
        assert here.is_empty()
        writer.close()


@on_both_loops
async def test_a_handshake_under_way_does_not_hold_up_the_end() -> None:
    async with porch(implicit=True) as here:
        here.stubborn = True
        reader, writer = await here.connect()
        writer.write(b"\x16\x03\x01")  # the beginning of one
        await writer.drain()
        await soon(here.arrived.get())
        await soon(here.listener.close(0.05))
        assert await rest(reader) == b""
        assert here.is_empty()
        writer.close()


@on_both_loops
async def test_a_closed_listener_lets_nobody_in() -> None:
    async with porch() as here:
        port = here.listener.port
        await here.listener.close(0.0)
        with pytest.raises(OSError):
            await asyncio.open_connection("127.0.0.1", port)


@on_both_loops
async def test_behind_a_proxy_its_client_is_the_peer() -> None:
    async with porch(proxies=LOOPBACK) as here:
        reader, writer = await here.connect()
        writer.write(b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 25\r\nfirst words\n")
        assert await soon(reader.readline()) == b"hello\n"
        assert await soon(reader.readline()) == b"first words\n"
        connection = await soon(here.connections.get())
        assert (connection.peer, connection.peer_port) == ("192.0.2.7", 5000)
        writer.close()
        await here.end()


@on_both_loops
async def test_a_proxy_that_says_nothing_holds_up_nobody() -> None:
    async with porch(proxies=LOOPBACK) as here:
        silent, one = await here.connect()
        reader, writer = await here.connect()
        writer.write(b"PROXY UNKNOWN\r\n")
        assert await soon(reader.readline()) == b"hello\n"
        await soon(here.listener.close(5.0))
        assert await rest(silent) == b""
        assert here.is_empty()
        for each in (one, writer):
            each.close()
