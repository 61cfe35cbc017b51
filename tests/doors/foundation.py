"""What stands under every house of these tests: accounts, a store in a folder that goes away, a door on loopback."""

import asyncio
import os
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar, cast

from pillarbox.accounts.login import Login
from pillarbox.accounts.management import Management
from pillarbox.accounts.passwords import Passwords, PasswordSettings
from pillarbox.accounts.throttle import Throttle, ThrottleSettings
from pillarbox.doors.paced import C, PacedConnection
from pillarbox.mail.headers import header_size
from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import SystemClock
from pillarbox.net.connection import Connection, Doorway
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.gate import Gate, GateSettings
from pillarbox.net.listener import Listener
from pillarbox.net.tls import CertificatePaths, make_self_signed, server_context
from pillarbox.observe.log import Fields, Log, NoSink
from pillarbox.observe.metrics import Metrics
from pillarbox.store.rows import Acceptance, Content, EntryRow, Filing, FolderRow, NewMessage
from pillarbox.store.sqlite import SqliteStore
from pillarbox.store.sqlite.settings import SqliteSettings

USER, PASSWORD = "user@example.org", "pencil"
T = TypeVar("T")
W = TypeVar("W", bound=Connection)


class MovableClock:
    """The machine's clock, which a test can put forward."""

    def __init__(self) -> None:
        self._real = SystemClock()
        self.ahead = 0.0

    def now(self) -> float:
        """See ``Clock``."""
        return self._real.now() + self.ahead

    def monotonic(self) -> float:
        """See ``Clock``."""
        return self._real.monotonic() + self.ahead


class Watching(PacedConnection[C]):
    """A connection that tells when its peer takes no more, and how much waited for it at most."""

    most_waiting = 0
    most_buffered = 0

    def opened(self) -> None:
        self.stuck = asyncio.Event()
        super().opened()

    def received(self, data: bytes) -> None:
        super().received(data)
        if self._proto is not None:
            self.most_buffered = max(self.most_buffered, self._proto.buffered)

    def write(self, data: bytes) -> None:
        super().write(data)
        self.most_waiting = max(self.most_waiting, self.transport.get_write_buffer_size())

    def pause_writing(self) -> None:
        super().pause_writing()
        self.stuck.set()


class Foundation(Generic[W]):
    """``lay``, then ``listen``; ``unlisten`` and ``leave`` in the end. One user has an account."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.clock = MovableClock()
        self.metrics = Metrics()
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.connections: list[W] = []
        self.clients: list[Client] = []
        self.ids = IdSource()
        self._changed = asyncio.Event()

    async def lay(self, throttle: ThrottleSettings) -> Login:
        """The store and the accounts."""
        self.store = await SqliteStore.open(
            self._folder / "store", clock=self.clock, random_bytes=os.urandom, settings=SqliteSettings(),
            loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self.pool = ThreadPoolExecutor(2)
        cheap = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)
        passwords = Passwords(self.pool, self.clock, os.urandom, cheap)
        self.management = Management(self.store, passwords, self.clock)
        await self.management.add_domain("example.org")
        self.account_id = (await self.management.add_user(USER, PASSWORD)).id
        self.log = Log(NoSink(), self._render, self.clock.now)
        return Login(self.store, passwords, Throttle(self.clock, throttle), self.clock, self.log)

    async def listen(
        self, connection: Callable[[Doorway, tuple[str, int] | None], W], gate: GateSettings, tls: str
    ) -> None:
        """Open the door."""
        loop = asyncio.get_running_loop()
        self.deadlines = Deadlines(loop, self.clock)
        context = self._context()
        doorway = Doorway(
            "test", loop, self.clock, self.deadlines, Gate(gate, self.clock),
            tls=lambda: context, implicit_tls=tls == "implicit",
        )  # fmt: skip

        def factory(doorway: Doorway, proxied: tuple[str, int] | None) -> Connection:
            self.connections.append(connection(doorway, proxied))
            return self.connections[-1]

        self.listener = Listener(doorway, factory, "127.0.0.1", 0)
        await self.listener.open()
        self.port = self.listener.port

    async def unlisten(self) -> None:
        """Let nobody in any more, and be left by all."""
        for client in self.clients:
            client.writer.transport.abort()
            with suppress(OSError):
                await client.writer.wait_closed()
        await self.listener.close(5.0)
        self.deadlines.close()

    async def leave(self) -> None:
        """Close the store."""
        await self.store.close()
        self.pool.shutdown()

    def _context(self) -> ssl.SSLContext:
        certificate, key = make_self_signed("localhost", self.clock.now())
        paths = CertificatePaths(self._folder / "certificate.pem", self._folder / "key.pem")
        paths.certificate.write_bytes(certificate)
        paths.key.write_bytes(key)
        return server_context(paths)

    @property
    def client_tls(self) -> ssl.SSLContext:
        """For clients that trust us blindly."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context

    def _render(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        self.lines.append((kind, dict(fields)))
        self._changed.set()
        return ""

    def logged(self, kind: str) -> list[dict[str, object]]:
        """The fields of all events of a kind."""
        return [fields for name, fields in self.lines if name == kind]

    async def until_logged(self, kind: str, times: int = 1) -> list[dict[str, object]]:
        """Wait until an event was logged so often."""
        async with asyncio.timeout(10):
            while len(self.logged(kind)) < times:
                self._changed.clear()
                await self._changed.wait()
        return self.logged(kind)

    async def file(self, message: bytes, prefix: bytes = b"", flags: int = 0, folder: str = "INBOX") -> int:
        """Put a message into a folder, as delivery does; its id."""
        return (await self.file_all([message], prefix, flags, folder))[0]

    async def file_all(
        self, messages: Sequence[bytes], prefix: bytes = b"", flags: int = 0, folder: str = "INBOX"
    ) -> list[int]:
        """Put messages into a folder; their ids."""
        new = [self.new_message(Content(b"", message, len(message)), prefix, flags, folder) for message in messages]
        await asyncio.gather(*map(self.store.accept, new))
        return [acceptance.message.id for acceptance in new]

    def new_message(self, content: Content, prefix: bytes = b"", flags: int = 0, folder: str = "INBOX") -> Acceptance:
        """A message for the user, not yet accepted."""
        now = self.clock.now()
        header = header_size(content.body) if isinstance(content.body, bytes) else 0
        message = NewMessage(self.ids.next(now), now, "", content, header)
        return Acceptance(message, "[]", [Filing(self.account_id, USER, prefix, folder, flags)])

    async def folder(self, name: str = "INBOX", account_id: int | None = None) -> FolderRow:
        """A folder of the user, or of ``account_id``."""
        folder = await self.store.folder(account_id or self.account_id, name)
        assert folder is not None, f"there is no {name}"
        return folder

    async def entries(self, name: str = "INBOX") -> list[EntryRow]:
        """What lies in a folder of the user."""
        return await self.store.entries((await self.folder(name)).id)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, done in a thread."""
        return await asyncio.get_running_loop().run_in_executor(None, work)


async def soon(work: Awaitable[T]) -> T:
    """What ``work`` gives, which must not take long."""
    async with asyncio.timeout(10):
        return await work


@dataclass
class Client:
    """One end of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: str = ""

    def take_nothing(self) -> None:
        """Leave what comes to the kernel; asyncio's own reader would take a lot before it stops."""
        cast(asyncio.Transport, self.writer.transport).pause_reading()

    def take_again(self) -> None:
        """The end of that."""
        cast(asyncio.Transport, self.writer.transport).resume_reading()

    async def ended(self) -> bytes:
        """What comes until the server hangs up."""
        return await soon(self.reader.read())

    def close(self) -> None:
        """Hang up."""
        self.writer.close()

    def vanish(self) -> None:
        """Be gone without a goodbye: the server's next look at the connection is an error."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
