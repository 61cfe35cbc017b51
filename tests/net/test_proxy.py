"""Is a PROXY header read for what it says, and to its last octet only?"""

import asyncio
import socket
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.net.proxy import SIGNATURE, Proxied, ProxyError, parse_v1, parse_v2, read_header

V4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 5000, 25)
V6 = socket.inet_pton(socket.AF_INET6, "2001:db8::1") * 2 + struct.pack("!HH", 5000, 25)


def head(command: int = 0x21, family: int = 0x11, body: bytes = V4) -> bytes:
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(body)) + body


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"PROXY TCP4 192.0.2.1 198.51.100.1 5000 25\r\n", Proxied("192.0.2.1", 5000)),
        (b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 25\r\n", Proxied("2001:db8::1", 5000)),
        (b"PROXY UNKNOWN\r\n", None),
        (b"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", None),
        (head(), Proxied("192.0.2.1", 5000)),
        (head(family=0x21, body=V6), Proxied("2001:db8::1", 5000)),
        (head(body=V4 + b"\x04\x00\x01x"), Proxied("192.0.2.1", 5000)),
        (head(command=0x20, family=0, body=b""), None),
    ],
)
async def test_headers(octets: bytes, found: Proxied | None) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.sendall(octets + b"EHLO a\r\n")
        assert await read_header(asyncio.get_running_loop(), near) == found
        assert near.recv(100) == b"EHLO a\r\n"


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO client.test\r\n", b"PROXY TCP4 192.0.2.1\r\n       ", b"PROXY TCP4 300.0.0.1 192.0.2.1 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 99999\r\n", b"PROXY TCP5 192.0.2.1 192.0.2.2 1 2\r\n",
        b"PROXY TCP4 192.0.2.1 192.0.2.2 1 +2\r\n", b"PROXY " + b"x" * 200, head(command=0x11), head(command=0x22),
        head(body=V4[:8]), SIGNATURE + b"\x21\x11\xff\xff",
    ],
)  # fmt: skip
async def test_what_is_no_header(octets: bytes) -> None:
    near, far = socket.socketpair()
    with near, far:
        near.setblocking(False)
        far.sendall(octets)
        with pytest.raises(ProxyError):
            await read_header(asyncio.get_running_loop(), near)


async def test_a_peer_that_leaves_within_the_header() -> None:
    near, far = socket.socketpair()
    with near:
        near.setblocking(False)
        far.sendall(b"PROXY TCP4 192")
        far.close()
        with pytest.raises(ConnectionError):
            await read_header(asyncio.get_running_loop(), near)


@given(st.binary(max_size=120))
def test_only_proxy_errors_come_out(octets: bytes) -> None:
    try:
        parse_v1(octets)
    except ProxyError:
        pass
    try:
        parse_v2(octets.ljust(16, b"\0")[:16], octets[16:])
    except ProxyError:
        pass
