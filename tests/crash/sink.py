"""A remote mail server that remembers every message it received whole, also when the sender never read the 250."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crash.messages import is_whole, number_of
from peers.process import Endpoint

DELAY = 0.003
_EHLO = b"250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 SIZE\r\n"
_END = b"\r\n.\r\n"


class Sink:
    """What arrived: how often each number, and which came damaged."""

    def __init__(self) -> None:
        self.received: Counter[int] = Counter()
        self.damaged: list[int | None] = []
        self.endpoint: Endpoint = ("", 0)
        self.connections: set[_Connection] = set()

    def take(self, content: bytes) -> None:
        """One whole message, dots already undone."""
        number = number_of(content)
        if number is None or not is_whole(number, content):
            self.damaged.append(number)
        else:
            self.received[number] += 1


@asynccontextmanager
async def sink() -> AsyncIterator[Sink]:
    """A sink on a free loopback port."""
    loop = asyncio.get_running_loop()
    state = Sink()
    server = await loop.create_server(lambda: _Connection(state), "127.0.0.1", 0)
    state.endpoint = server.sockets[0].getsockname()[:2]
    try:
        yield state
    finally:
        server.close()
        for connection in list(state.connections):
            connection.abort()
        await server.wait_closed()


class _Connection(asyncio.Protocol):
    """SMTP, as little as a relay needs: everything is accepted, after `DELAY`."""

    def __init__(self, state: Sink) -> None:
        self._state = state
        self._buffer = bytearray()
        self._in_data = False
        self._replying = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._state.connections.add(self)
        transport.write(b"220 sink.test ESMTP\r\n")

    def connection_lost(self, exc: Exception | None) -> None:
        self._state.connections.discard(self)

    def abort(self) -> None:
        """Close now."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        self._advance()

    def _advance(self) -> None:
        """Take what is complete; nothing while the reply to a message is still to come, so that replies keep order."""
        while not self._replying and (self._message() if self._in_data else self._command()):
            pass

    def _command(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            return False
        self._buffer = rest
        verb = bytes(line[:4]).upper()
        if verb == b"QUIT":
            self._say(b"221 bye\r\n")
            self.close()
            return False
        self._in_data = verb == b"DATA"
        self._say(_EHLO if verb == b"EHLO" else b"354 go\r\n" if self._in_data else b"250 ok\r\n")
        return True

    def _message(self) -> bool:
        end = self._buffer.find(_END)
        if end < 0:
            return False
        content = bytes(self._buffer[: end + 2]).replace(b"\r\n..", b"\r\n.")
        del self._buffer[: end + len(_END)]
        self._in_data = False
        self._state.take(content)
        self._replying = True
        asyncio.get_running_loop().call_later(DELAY, self._taken)
        return True

    def _taken(self) -> None:
        self._replying = False
        self._say(b"250 taken\r\n")
        self._advance()

    def _say(self, reply: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(reply)

    def close(self) -> None:
        """Close when what was said is out."""
        if self._transport is not None:
            self._transport.close()
