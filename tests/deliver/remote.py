"""A remote mail server that plays a script: what it says to each command, and when it hangs up."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

OFFERS = b"250-remote.test\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250-8BITMIME\r\n250-DSN\r\n250 SMTPUTF8\r\n"
HANG_UP = b"HANG UP"
SILENCE = b""


@dataclass
class Script:
    """``answers``: command prefix -> reply, or a list of replies for one use each (the last one stays). ``final``:
    the answer to the end of data. ``greeting``: the first words. A reply HANG_UP closes, SILENCE says nothing."""

    greeting: bytes = b"220 remote.test ESMTP\r\n"
    offers: bytes = OFFERS
    answers: Mapping[bytes, bytes | list[bytes]] = field(default_factory=dict)
    final: bytes | list[bytes] = b"250 2.0.0 taken\r\n"
    tls: ssl.SSLContext | None = None
    implicit: bool = False
    offers_after_tls: bytes = OFFERS
    on_data: Callable[[bytes], bytes | None] | None = None


@dataclass
class Remote:
    """A running script: ``lines`` is what every connection said, ``messages`` the contents that came (dots undone)."""

    script: Script
    port: int = 0
    address: str = "127.0.0.1"
    lines: list[bytes] = field(default_factory=list)
    writes: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    open: list["_Talk"] = field(default_factory=list)


DEFAULTS: dict[bytes, bytes] = {
    b"HELO": b"250 remote.test\r\n",
    b"MAIL": b"250 2.1.0 sender fine\r\n",
    b"RCPT": b"250 2.1.5 recipient fine\r\n",
    b"DATA": b"354 go\r\n",
    b"RSET": b"250 2.0.0 reset\r\n",
    b"QUIT": b"221 2.0.0 bye\r\n",
    b"STARTTLS": b"220 2.0.0 go\r\n",
}


class _Talk(asyncio.Protocol):
    def __init__(self, remote: Remote) -> None:
        self.remote = remote
        self.buffer = b""
        self.in_data = False
        self.chunk = -1
        self.secure = False
        self.upgrading = False
        self.content = b""
        self.task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.remote.connections += 1
        self.remote.open.append(self)
        if self.remote.script.implicit:
            self._upgrade()
        else:
            self.say(self.remote.script.greeting)

    def connection_lost(self, exc: Exception | None) -> None:
        if self in self.remote.open:
            self.remote.open.remove(self)

    def say(self, reply: bytes) -> None:
        if reply == HANG_UP:
            self.transport.abort()
        elif reply:
            self.transport.write(reply)

    def data_received(self, data: bytes) -> None:
        self.remote.writes.append(data)
        self.buffer += data
        while not self.upgrading and self._step():
            pass

    def _step(self) -> bool:
        if self.chunk >= 0:
            return self._take_chunk()
        if self.in_data:
            return self._take_data()
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found or self.transport.is_closing():
            return False
        self.buffer = rest
        self.remote.lines.append(line)
        self._command(line)
        return True

    def _command(self, line: bytes) -> None:
        script = self.remote.script
        verb = line.upper()
        if verb.startswith(b"BDAT"):
            words = verb.split()
            self.chunk, self.last = int(words[1]), len(words) > 2
            return
        if verb.startswith((b"EHLO", b"LHLO")) and not self._scripted(line):
            self.say(script.offers_after_tls if self.secure else script.offers)
            return
        reply = self._scripted(line)
        if reply is None:
            reply = next((text for start, text in DEFAULTS.items() if verb.startswith(start)), b"500 what?\r\n")
        self.say(reply)
        if verb.startswith(b"DATA") and reply.startswith(b"354"):
            self.in_data = True
        if verb.startswith(b"STARTTLS") and reply.startswith(b"220") and script.tls is not None:
            self._upgrade()
        if verb.startswith(b"QUIT"):
            self.transport.close()

    def _scripted(self, line: bytes) -> bytes | None:
        for start, reply in self.remote.script.answers.items():
            if line.startswith(start):
                if isinstance(reply, list):
                    return reply.pop(0) if len(reply) > 1 else reply[0]
                return reply
        return None

    def _take_data(self) -> bool:
        script = self.remote.script
        if script.on_data is not None:
            early = script.on_data(self.buffer)
            if early is not None:
                self.say(early)
                return False
        joined = b"\r\n" + self.buffer
        end = joined.find(b"\r\n.\r\n")
        if end < 0:
            return False
        content, self.buffer = joined[2 : end + 2], joined[end + 5 :]
        self.in_data = False
        self.remote.messages.append(b"".join(_undotted(content)))
        self._final()
        return True

    def _take_chunk(self) -> bool:
        if len(self.buffer) < self.chunk:
            return False
        self.content += self.buffer[: self.chunk]
        self.buffer = self.buffer[self.chunk :]
        self.chunk = -1
        if self.last:
            self.remote.messages.append(self.content)
            self.content = b""
            self._final()
        else:
            self.say(self._scripted(b"BDAT") or b"250 2.0.0 chunk\r\n")
        return True

    def _final(self) -> None:
        final = self.remote.script.final
        if isinstance(final, list):
            final = final.pop(0) if len(final) > 1 else final[0]
        self.say(final)

    def _upgrade(self) -> None:
        self.transport.pause_reading()
        self.buffer, self.upgrading = b"", True
        self.task = asyncio.get_running_loop().create_task(self._handshake())

    async def _handshake(self) -> None:
        context = self.remote.script.tls
        assert context is not None
        try:
            upgraded = await asyncio.get_running_loop().start_tls(self.transport, self, context, server_side=True)
        except OSError:
            upgraded = None
        if upgraded is None:
            self.transport.abort()
            self.connection_lost(None)
            return
        # What the client says may come in one piece with the end of its handshake, before we are told of it.
        self.transport, self.secure, self.upgrading = upgraded, True, False
        self.data_received(b"")
        if self.remote.script.implicit:
            self.say(self.remote.script.greeting)


def _undotted(content: bytes) -> list[bytes]:
    return [line[1:] if line.startswith(b"..") else line for line in content.splitlines(keepends=True)]


@asynccontextmanager
async def remote(script: Script | None = None, address: str = "127.0.0.1", port: int = 0) -> AsyncIterator[Remote]:
    """A remote on loopback; ended, with its connections, when the block is left."""
    running = Remote(script or Script(), address=address)
    server = await asyncio.get_running_loop().create_server(lambda: _Talk(running), address, port)
    running.port = server.sockets[0].getsockname()[1]
    try:
        yield running
    finally:
        server.close()
        for talk in list(running.open):
            talk.transport.abort()
            if talk.task is not None:
                await asyncio.wait([talk.task])
        await server.wait_closed()
        await asyncio.sleep(0)
