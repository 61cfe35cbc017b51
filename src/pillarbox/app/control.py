"""How do commands reach the running server? Over loopback TCP, by whoever can read the token in the data folder.

The server writes ``control.json`` (port and token; private) when it starts and removes it when it ends. Each side
proves that it knows the token without showing it: after a crash somebody else may listen on the port of an old file.
Then comes one request; the server answers it and closes:

    caller  PILLARBOX 1 <nonce>                             at most 128 octets
    server  <nonce> <proof of the server for the caller's nonce>
    caller  <proof of the caller for the server's nonce>    at most 128 octets
    caller  {"command":"wake","octets":0,…}                 at most 1 MiB; then ``octets`` octets, if any
    server  {"ok":true,…}  or  {"ok":false,"what":…,"why":…,"cure":…,"code":75}

Whatever else comes is junk, and closes only the connection on which it came. TCP, because not every system has local
sockets; a token, because on every system others may connect to a loopback port.
"""

import asyncio
import hmac
import json
import secrets
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, cast

from pillarbox.net.platform.needs import PrivateFiles
from pillarbox.observe.log import Log
from pillarbox.store.interface import StoreError

from .calling import FILE, GREETING, proof
from .trouble import Exit, Trouble

Json: TypeAlias = dict[str, Any]  # what JSON gives; each command looks at what it takes out


@dataclass(frozen=True, slots=True)
class ControlSettings:
    """``connections`` at a time; ``greeting`` and ``request``: octets of a line; ``patience``: seconds until
    the caller must have proved itself; ``work``: seconds for a whole request."""

    connections: int = 32
    greeting: int = 128
    request: int = 1024 * 1024
    patience: float = 5.0
    work: float = 600.0


class Conversation(asyncio.Protocol):
    """One connection: lines and octets in, with a bounded buffer."""

    _HIGH = 256 * 1024

    def __init__(self, begin: "Callable[[Conversation], None]", end: "Callable[[Conversation], None]") -> None:
        self._begin = begin
        self._end = end
        self._buffer = bytearray()
        self._eof = False
        self._waiter: asyncio.Future[None] | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller is there."""
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)
        self._begin(self)

    def data_received(self, data: bytes) -> None:
        """Octets came; reading pauses while too many wait."""
        self._buffer += data
        if len(self._buffer) > self._HIGH:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> bool:
        """The caller will send no more, but may still read."""
        self._eof = True
        self._wake()
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        """The caller is gone."""
        self._eof = True
        self._wake()
        self._end(self)

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def _more(self) -> None:
        if self._eof:
            raise ConnectionError("the caller stopped in the middle")
        self.transport.resume_reading()
        self._waiter = asyncio.get_running_loop().create_future()
        await self._waiter

    async def line(self, limit: int) -> bytes:
        """The next line without its end; ConnectionError when there is none within ``limit`` octets."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > limit:
                raise ConnectionError("the line is too long")
            await self._more()
        if end > limit:
            raise ConnectionError("the line is too long")
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line

    async def octets(self, count: int) -> AsyncIterator[bytes]:
        """The next ``count`` octets, in the pieces in which they come."""
        while count > 0:
            if not self._buffer:
                await self._more()
            piece = bytes(self._buffer[:count])
            del self._buffer[: len(piece)]
            count -= len(piece)
            yield piece


@dataclass(frozen=True, slots=True)
class Request:
    """What a caller wants: the fields of the request, and the octets behind it."""

    fields: Json
    octets: AsyncIterator[bytes]
    size: int


Command: TypeAlias = Callable[[Request], Awaitable[Json]]
Door: TypeAlias = Callable[[], asyncio.Protocol]


class ControlServer:
    """Answers requests. ``commands`` by name; ``doors`` by name are protocols that take over the connection."""

    def __init__(
        self,
        folder: Path,
        private: PrivateFiles,
        token: str,
        log: Log,
        settings: ControlSettings | None = None,
    ) -> None:
        self.commands: dict[str, Command] = {}
        self.doors: dict[str, Door] = {}
        self._file = folder / FILE
        self._private = private
        self._token = token
        self._log = log
        self._settings = settings or ControlSettings()
        self._server: asyncio.Server | None = None
        self._open: dict[Conversation, asyncio.Task[None]] = {}
        self._handed_over: set[asyncio.Transport] = set()

    async def open(self, about: Mapping[str, object]) -> None:
        """Listen, and tell where in the control file; ``about`` (such as the process id) stands there too."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Conversation(self._begin, self._end), "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        content = json.dumps({**about, "port": port, "token": self._token})
        self._private.write(self._file, content.encode())

    async def close(self) -> None:
        """Remove the file, stop listening, end what runs."""
        self._file.unlink(missing_ok=True)
        if self._server is not None:
            self._server.close()
        for transport in self._handed_over:
            transport.abort()
        conversations, tasks = list(self._open), list(self._open.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for conversation in conversations:
            conversation.transport.abort()
        if self._server is not None:
            await self._server.wait_closed()

    def _begin(self, conversation: Conversation) -> None:
        if len(self._open) >= self._settings.connections:
            conversation.transport.abort()
            return
        self._open[conversation] = asyncio.get_running_loop().create_task(self._serve(conversation))

    def _end(self, conversation: Conversation) -> None:
        self._open.pop(conversation, None)

    async def _serve(self, conversation: Conversation) -> None:
        transport = conversation.transport
        try:
            door = await self._converse(conversation)
        except (ConnectionError, TimeoutError, ValueError) as error:
            self._log.event("control_junk", reason=str(error) or type(error).__name__)
            transport.abort()
            return
        except Exception as error:  # noqa: BLE001 - a mistake of ours: told in the log, and the caller is let go
            self._log.event("internal_error", trace="".join(traceback.format_exception(error)))
            transport.abort()
            return
        finally:
            self._open.pop(conversation, None)
        if door is None:
            transport.close()
            return
        protocol = door()
        self._handed_over = {kept for kept in self._handed_over if not kept.is_closing()} | {transport}
        transport.set_protocol(protocol)
        protocol.connection_made(transport)

    async def _converse(self, conversation: Conversation) -> Door | None:
        async with asyncio.timeout(self._settings.patience):
            greeting = await conversation.line(self._settings.greeting)
            await self._prove(conversation, greeting.decode("ascii"))
        async with asyncio.timeout(self._settings.work):
            fields = _fields(await conversation.line(self._settings.request))
            door = self.doors.get(str(fields.get("command")))
            answer = {"ok": True} if door is not None else await self._answer(conversation, fields)
            conversation.transport.write(json.dumps(answer).encode() + b"\n")
        return door

    async def _prove(self, conversation: Conversation, greeting: str) -> None:
        """Show that we know the token, and see that the caller does; ValueError when not."""
        if not greeting.startswith(GREETING):
            raise ValueError("the greeting is not understood")
        nonce = secrets.token_hex(16)
        ours = proof(self._token, "server", greeting.removeprefix(GREETING))
        conversation.transport.write(f"{nonce} {ours}\n".encode())
        theirs = await conversation.line(self._settings.greeting)
        if not hmac.compare_digest(theirs, proof(self._token, "caller", nonce).encode()):
            raise ValueError("the caller does not know the token")

    async def _answer(self, conversation: Conversation, fields: Json) -> Json:
        size = fields.get("octets", 0)
        command = self.commands.get(str(fields.get("command")))
        if command is None or not isinstance(size, int) or size < 0:
            raise ValueError("the request is not understood")
        try:
            return {"ok": True, **await self._obey(command, Request(fields, conversation.octets(size), size))}
        except Trouble as trouble:
            return {"ok": False, "what": trouble.what, "why": trouble.why, "cure": trouble.cure, "code": trouble.code}

    async def _obey(self, command: Command, request: Request) -> Json:
        try:
            return await command(request)
        except StoreError as error:
            raise unavailable(str(error)) from error


def _fields(line: bytes) -> Json:
    try:
        fields = json.loads(line)
    except RecursionError as error:  # thousands of brackets: as much junk as any other
        raise ValueError("the request is nested too deeply") from error
    if not isinstance(fields, dict):
        raise ValueError("the request is no object")
    return cast(Json, fields)


async def rest(request: Request) -> None:
    """Read away what is left of a request's octets, so that the caller gets to its answer."""
    async for _piece in request.octets:
        pass


def unavailable(why: str) -> Trouble:
    """The Trouble of a server that cannot do it now but may later."""
    return Trouble("the server cannot do this now", why, "try again in a moment", Exit.TEMPORARY)
