"""Where do connections come in? One bound address, a protocol for each connection, an orderly end.

Behind a proxy the address that counts is the one in the PROXY header, so connections from ``proxies`` are read to the
end of that header before their protocol begins (net.proxy).
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from ipaddress import IPv4Network, IPv6Network
from typing import TypeAlias

from .connection import Connection, Doorway
from .gate import canonical
from .proxy import ProxyError, read_header

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]
Factory: TypeAlias = Callable[[Doorway, tuple[str, int] | None], Connection]

BACKLOG = 1024  # a short queue loses connections under load, and each waits a second to try again
PROXY_TIMEOUT = 10.0  # seconds a trusted proxy has to send its header
CUT = 1.0  # seconds for connections that were cut to be told of it
ACCEPT_PAUSE = 1.0  # seconds to wait when the process has no file descriptors left


class Listener:
    """Listens on ``host``:``port`` and lets ``factory`` make a connection for each peer."""

    def __init__(self, doorway: Doorway, factory: Factory, host: str, port: int, proxies: Networks = ()) -> None:
        self.doorway = doorway
        self._factory = factory
        self._host = host
        self._port = port
        self._proxies = proxies
        self._server: asyncio.Server | None = None
        self._sockets: list[socket.socket] = []
        self._tasks: dict[int, asyncio.Task[None]] = {}

    async def open(self) -> None:
        """Bind and listen. OSError when the address cannot be had."""
        loop = self.doorway.loop
        if not self._proxies:
            self._server = await loop.create_server(
                lambda: self._factory(self.doorway, None), self._host or None, self._port, backlog=BACKLOG
            )
            return
        infos = await loop.getaddrinfo(self._host or None, self._port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _name, address in infos:
            bound = socket.create_server(address[:2], family=family, backlog=BACKLOG)
            assert (kind, protocol) is not None
            bound.setblocking(False)
            self._sockets.append(bound)
            self._keep(self._accept(bound))

    @property
    def port(self) -> int:
        """The port that was bound, also when 0 was asked for."""
        sockets = self._server.sockets if self._server is not None else self._sockets
        return int(sockets[0].getsockname()[1])

    async def close(self, grace: float) -> None:
        """Take no more connections, ask the open ones to end, and cut those that have not after ``grace`` seconds."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks.values()):
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for bound in self._sockets:
            bound.close()
        doorway = self.doorway
        for connection in list(doorway.open.values()):
            connection.shutting_down()
        await self._until_idle(grace)
        for connection in list(doorway.open.values()):
            connection.abort()
        await self._until_idle(CUT)
        if self._server is not None:
            await self._server.wait_closed()

    async def _until_idle(self, seconds: float) -> None:
        doorway = self.doorway
        if doorway.open:
            doorway.idle.clear()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(doorway.idle.wait(), seconds)

    def _keep(self, work: "asyncio.coroutines.Coroutine[object, object, None]") -> None:  # type: ignore[name-defined]
        task = self.doorway.loop.create_task(work)
        self._tasks[id(task)] = task
        task.add_done_callback(lambda done: self._tasks.pop(id(done), None))

    async def _accept(self, bound: socket.socket) -> None:
        loop = self.doorway.loop
        while True:
            try:
                connection, address = await loop.sock_accept(bound)
            except OSError:  # out of descriptors: those open now will close
                await asyncio.sleep(ACCEPT_PAUSE)
                continue
            connection.setblocking(False)
            self._keep(self._begin(connection, address[0], address[1]))

    async def _begin(self, connection: socket.socket, host: str, port: int) -> None:
        loop = self.doorway.loop
        peer = (host, port)
        try:
            if any(canonical(host) in network for network in self._proxies):
                async with asyncio.timeout(PROXY_TIMEOUT):
                    peer = await read_header(loop, connection) or peer
            await loop.connect_accepted_socket(lambda: self._factory(self.doorway, peer), connection)
        except (ProxyError, OSError, TimeoutError):
            # A proxy that breaks its own protocol gets no answer: nothing can be said who is behind it.
            connection.close()
        except asyncio.CancelledError:  # we stop
            connection.close()
            raise
