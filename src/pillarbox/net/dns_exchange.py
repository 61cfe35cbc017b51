"""How does a question reach a DNS server, and the answer us? By UDP, or TCP where it does not fit. RFC 1035 §4.2.

Each question has a socket of its own: the kernel gives it an unpredictable port (RFC 5452 §9.2), and being connected it
hears only the server that was asked.
"""

import asyncio
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, cast

from .dns_wire import Question, is_answer_to

# Datagrams that answer something else, after which a server's answer is no longer waited for: somebody is guessing.
_STRANGERS_MAX = 100


@dataclass(frozen=True, slots=True)
class Server:
    """Where a DNS server listens."""

    address: str
    port: int = 53

    @classmethod
    def parse(cls, text: str) -> "Server":
        """``192.0.2.1``, ``192.0.2.1:5353``, ``2001:db8::1`` or ``[2001:db8::1]:5353``; ValueError for others."""
        head, colon, port = text.rpartition(":")
        if colon and port.isascii() and port.isdigit() and (head.count(":") == 0 or head.endswith("]")):
            address = head.removeprefix("[").removesuffix("]")
        else:
            address, port = text.removeprefix("[").removesuffix("]"), "53"
        ip_address(address.partition("%")[0])
        if not 0 < int(port) < 65536:
            raise ValueError(f"{text!r} has no port from 1 to 65535")
        return cls(address, int(port))

    @classmethod
    def system(cls, name_servers: Sequence[str]) -> "list[Server]":
        """What the system names as its servers; this machine itself when it names none (resolv.conf(5))."""
        return [cls(address) for address in name_servers] or [cls("127.0.0.1")]

    def __str__(self) -> str:
        return f"[{self.address}]:{self.port}" if ":" in self.address else f"{self.address}:{self.port}"


class Exchange(Protocol):
    """Carries one query to one server; OSError when the network says no. The caller sets the time-out."""

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        """The answer by datagram."""

    async def tcp(self, server: Server, query: bytes) -> bytes:
        """The answer over a connection of its own."""


class SocketExchange:
    """The real network."""

    async def udp(self, server: Server, question: Question, query: bytes) -> bytes:
        """The first datagram that answers ``question``; others are passed over."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(answer, question, query), remote_addr=(server.address, server.port)
        )
        try:
            return await answer
        finally:
            transport.close()

    async def tcp(self, server: Server, query: bytes) -> bytes:
        """The answer to ``query``, which is sent with its length before it (RFC 1035 §4.2.2)."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[bytes] = loop.create_future()
        transport, _ = await loop.create_connection(lambda: _Connection(answer, query), server.address, server.port)
        try:
            return await answer
        finally:
            transport.abort()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, answer: "asyncio.Future[bytes]", question: Question, query: bytes) -> None:
        self._answer = answer
        self._question = question
        self._query = query
        self._strangers = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        cast(asyncio.DatagramTransport, transport).sendto(self._query)

    def datagram_received(self, data: bytes, addr: object) -> None:
        if self._answer.done():
            return
        if is_answer_to(data, self._question, self._query):
            self._answer.set_result(data)
            return
        self._strangers += 1
        if self._strangers > _STRANGERS_MAX:
            self._answer.set_exception(OSError("too many datagrams that answer nothing"))

    def error_received(self, exc: Exception) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc or OSError("the socket was closed"))


class _Connection(asyncio.Protocol):
    def __init__(self, answer: "asyncio.Future[bytes]", query: bytes) -> None:
        self._answer = answer
        self._query = query
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        cast(asyncio.Transport, transport).write(struct.pack("!H", len(self._query)) + self._query)

    def data_received(self, data: bytes) -> None:
        self._received += data
        if len(self._received) < 2 or self._answer.done():
            return
        size = 2 + int.from_bytes(self._received[:2], "big")
        if len(self._received) >= size:
            self._answer.set_result(self._received[2:size])

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._answer.done():
            self._answer.set_exception(exc or OSError("the server closed the connection without an answer"))
