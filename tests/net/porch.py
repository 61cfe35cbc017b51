"""A listener with a door that only echoes, on both event loops; what happened to each connection can be awaited."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import pytest

from pillarbox.net.connection import Connection, Doorway
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.gate import Gate, GateSettings
from pillarbox.net.listener import Listener, Networks
from pillarbox.net.platform import current
from pillarbox.net.tls import CertificatePaths, make_self_signed, server_context

LOOPS = {"asyncio": asyncio.new_event_loop, "best": current().loops.new}
T = TypeVar("T")


class HandClock:
    """Moves when the test says so."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> float:
        """Not asked here."""
        return self.at

    def monotonic(self) -> float:
        """Where the test put it."""
        return self.at


class Echo(Connection):
    """Says hello, sends back what comes, obeys three words: TLS, BYE (close) and FLOOD (fill the peer's buffers)."""

    __slots__ = ("drains", "error", "porch", "said")

    def __init__(self, porch: "Porch", doorway: Doorway, proxied: tuple[str, int] | None) -> None:
        super().__init__(doorway, proxied)
        self.porch = porch
        self.said: list[str] = []
        self.drains = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.porch.arrived.put_nowait(self)

    def opened(self) -> None:
        self.said.append("opened")
        self.porch.connections.put_nowait(self)
        self.write(b"hello\n")

    def refused(self, reason: str) -> bytes:
        self.said.append(reason)
        return b"full\n"

    def received(self, data: bytes) -> None:
        if data.startswith(b"TLS\n"):
            self.write(b"go\n")
            self.start_tls()
        elif data == b"BYE\n":
            self.write(b"bye\n")
            self.finish(hear_out=True)
        elif data == b"FLOOD\n":
            while self.writable:
                self.write(bytes(1 << 16))
        else:
            self.write(data)

    def upgraded(self) -> None:
        self.said.append("upgraded")
        self.write(b"safe\n")

    def drained(self) -> None:
        self.drains += 1

    def deadline_passed(self) -> None:
        self.abort()

    def shutting_down(self) -> None:
        if not self.porch.stubborn:
            self.write(b"stopping\n")
            self.finish()

    def closed(self, error: Exception | None) -> None:
        self.porch.ended.put_nowait((self, error))


@dataclass
class Porch:
    """A listener and what became of its connections: those that ``arrived``, ``connections`` that opened, ``ended``
    ones, and those whose TLS was ``broken``."""

    listener: Listener
    doorway: Doorway
    clock: HandClock
    deadlines: Deadlines
    host: str
    stubborn: bool = False
    arrived: "asyncio.Queue[Echo]" = field(default_factory=asyncio.Queue)
    connections: "asyncio.Queue[Echo]" = field(default_factory=asyncio.Queue)
    ended: "asyncio.Queue[tuple[Echo, Exception | None]]" = field(default_factory=asyncio.Queue)
    broken: list[tuple[str, Exception]] = field(default_factory=list)

    async def connect(self, tls: bool = False) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A client of the listener."""
        return await asyncio.open_connection(self.host, self.listener.port, ssl=client_context() if tls else None)

    async def end(self) -> tuple[Echo, Exception | None]:
        """The next connection that ended, and why."""
        return await soon(self.ended.get())

    def is_empty(self) -> bool:
        """Nothing is open and no place is taken."""
        return not self.doorway.open and self.doorway.gate.total == 0


async def soon(work: Awaitable[T]) -> T:
    """What comes at once unless something is broken."""
    return await asyncio.wait_for(work, 10)


async def rest(reader: asyncio.StreamReader) -> bytes:
    """What comes until the server has closed, in whatever way."""
    try:
        return await soon(reader.read())
    except (ConnectionError, ssl.SSLError):
        return b""


@asynccontextmanager
async def porch(
    *,
    host: str = "127.0.0.1",
    implicit: bool = False,
    handshake: float = 30.0,
    proxies: Networks = (),
    total: int = 100,
    port: int = 0,
) -> AsyncIterator[Porch]:
    """A porch on the running loop; at its end nothing may be left."""
    loop, clock = asyncio.get_running_loop(), HandClock()
    deadlines = Deadlines(loop, clock)
    doorway = Doorway(
        "porch", loop, clock, deadlines, Gate(GateSettings(total=total), clock), tls=tls_context,
        implicit_tls=implicit, handshake_timeout=handshake,
        tls_failed=lambda peer, error: made.broken.append((peer, error)),
    )  # fmt: skip
    listener = Listener(doorway, lambda doorway, proxied: Echo(made, doorway, proxied), host, port, proxies)
    made = Porch(listener, doorway, clock, deadlines, host)
    try:
        await listener.open()
        yield made
    finally:
        await listener.close(0.05)
        deadlines.close()
    assert made.is_empty()


@cache
def tls_context() -> ssl.SSLContext:
    """A certificate of our own, made once."""
    with TemporaryDirectory() as folder:
        paths = CertificatePaths(Path(folder, "c.pem"), Path(folder, "k.pem"))
        for path, octets in zip(
            (paths.certificate, paths.key), make_self_signed("mx.example.test", time.time()), strict=True
        ):
            path.write_bytes(octets)
        return server_context(paths)


@cache
def client_context() -> ssl.SSLContext:
    """Believes every certificate: who the server is does not matter here."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def on_both_loops(scenario: Callable[[], Awaitable[None]]) -> Callable[[str], None]:
    """A test that plays ``scenario`` on asyncio's own loop and on the best one of this system."""

    async def play() -> None:
        await scenario()

    def test(loop: str) -> None:
        with asyncio.Runner(loop_factory=LOOPS[loop]) as runner:
            runner.run(play())

    test.__doc__ = scenario.__doc__
    return pytest.mark.parametrize("loop", list(LOOPS))(test)
