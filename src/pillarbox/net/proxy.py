"""Whom does a proxy speak for? PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt), in front of all else.

The header is read to its last octet and not one further, so that a TLS handshake may follow it directly.
"""

import asyncio
import socket
import struct
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import NamedTuple

SIGNATURE = b"\r\n\r\n\x00\r\nQUIT\n"
V1_MAX = 107  # octets of the longest version 1 line, CRLF included
V2_MAX = 536  # octets behind the 16 of a version 2 head that we read: addresses and a few TLVs


class ProxyError(ValueError):
    """What came is no PROXY header; the connection must be closed without an answer."""


class Proxied(NamedTuple):
    """The client's address and port, or None for a health check of the proxy itself (LOCAL, UNKNOWN)."""

    host: str
    port: int


def parse_v1(line: bytes) -> Proxied | None:
    """``PROXY TCP4 192.0.2.1 198.51.100.1 56324 25`` without its CRLF; ProxyError when it is something else."""
    words = line.decode("ascii", "replace").split(" ")
    if words[:2] == ["PROXY", "UNKNOWN"]:
        return None
    try:
        _, family, source, destination, source_port, destination_port = words
        wanted = {"TCP4": IPv4Address, "TCP6": IPv6Address}[family]
        host = str(wanted(source))
        wanted(destination)
        port, _other = _port(source_port), _port(destination_port)
    except (ValueError, KeyError) as error:
        raise ProxyError("the PROXY line is malformed") from error
    return Proxied(host, port)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 5 or int(text) > 65535:
        raise ValueError("no port")
    return int(text)


def parse_v2(head: bytes, body: bytes) -> Proxied | None:
    """The 16 octets of a version 2 head and what its length announced; ProxyError when they are something else."""
    if not head.startswith(SIGNATURE) or head[12] >> 4 != 2:
        raise ProxyError("the PROXY signature or version is wrong")
    command, family = head[12] & 15, head[13] >> 4
    if command == 0:  # LOCAL: the proxy's own health check
        return None
    if command != 1:
        raise ProxyError("the PROXY command is unknown")
    if family == 1 and len(body) >= 12:
        return Proxied(str(ip_address(body[:4])), struct.unpack_from("!H", body, 8)[0])
    if family == 2 and len(body) >= 36:
        return Proxied(str(ip_address(body[:16])), struct.unpack_from("!H", body, 32)[0])
    if family in (0, 3):  # UNSPEC, AF_UNIX: no address that means anything to us
        return None
    raise ProxyError("the PROXY addresses are cut short")


async def read_header(loop: asyncio.AbstractEventLoop, connection: socket.socket) -> Proxied | None:
    """Read the header that a trusted proxy must send first. ProxyError, or ConnectionError when the peer leaves."""
    head = await _exactly(loop, connection, 12)
    if head == SIGNATURE:
        head += await _exactly(loop, connection, 4)
        length = struct.unpack_from("!H", head, 14)[0]
        if length > V2_MAX:
            raise ProxyError(f"the PROXY header announces {length} octets")
        return parse_v2(head, await _exactly(loop, connection, length))
    if not head.startswith(b"PROXY "):
        raise ProxyError("the peer is a trusted proxy but sent no PROXY header")
    while not head.endswith(b"\r\n"):
        if len(head) >= V1_MAX:
            raise ProxyError("the PROXY line does not end")
        head += await _exactly(loop, connection, 1)
    return parse_v1(head[:-2])


async def _exactly(loop: asyncio.AbstractEventLoop, connection: socket.socket, octets: int) -> bytes:
    data = b""
    while len(data) < octets:
        more = await loop.sock_recv(connection, octets - len(data))
        if not more:
            raise ConnectionError("the peer left within the PROXY header")
        data += more
    return data
