"""A POP3 door with everything real behind it: accounts, inbox and a store in a folder that goes away."""

import asyncio
import os
import poplib
import socket
import ssl
import struct
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar, cast

from pillarbox.accounts.login import Login
from pillarbox.accounts.management import Management
from pillarbox.accounts.passwords import Passwords, PasswordSettings
from pillarbox.accounts.throttle import Throttle, ThrottleSettings
from pillarbox.doors.pop3.connection import Pop3Connection
from pillarbox.doors.pop3.role import Pop3Listening, Pop3Role, Pop3Services, Pop3Settings
from pillarbox.inbox.drop import DropBox, DropSettings
from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import SystemClock
from pillarbox.net.connection import Connection, Doorway
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.gate import Gate, GateSettings
from pillarbox.net.listener import Listener
from pillarbox.net.tls import CertificatePaths, make_self_signed, server_context
from pillarbox.observe.log import Fields, Log
from pillarbox.observe.metrics import Metrics
from pillarbox.proto.pop3.server import ServerSettings
from pillarbox.store.rows import Acceptance, Content, EntryRow, Filing, NewMessage
from pillarbox.store.sqlite import SqliteStore
from pillarbox.store.sqlite.settings import SqliteSettings

USER, PASSWORD = "user@example.org", "pencil"
T = TypeVar("T")


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


class Watched(Pop3Connection):
    """A connection that tells when its peer takes no more, and how much waited for it at most."""

    __slots__ = ("most_buffered", "most_waiting", "stuck")

    def __init__(self, role: Pop3Role, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(role, doorway, proxied)
        self.stuck = asyncio.Event()
        self.most_waiting = 0
        self.most_buffered = 0

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


@dataclass
class Setup:
    """What a test wants otherwise."""

    protocol: ServerSettings = field(default_factory=lambda: ServerSettings("mx.example.org"))
    door: Pop3Settings = field(default_factory=Pop3Settings)
    drop: DropSettings = field(default_factory=DropSettings)
    throttle: ThrottleSettings = field(default_factory=lambda: ThrottleSettings(login_delay=0.0))
    gate: GateSettings = field(default_factory=GateSettings)
    tls: str = "starttls"


class House:
    """Use it with ``async with``."""

    def __init__(self, folder: Path, setup: Setup | None = None) -> None:
        self._folder = folder
        self._setup = setup or Setup()
        self.clock = MovableClock()
        self.metrics = Metrics()
        self.lines: list[tuple[str, dict[str, object]]] = []
        self.connections: list[Watched] = []
        self._changed = asyncio.Event()
        self._talks: list[Talk] = []
        self._ids = IdSource()

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self.store = await SqliteStore.open(
            self._folder / "store",
            clock=self.clock,
            random_bytes=os.urandom,
            settings=SqliteSettings(),
            loop=loop,
        )
        self._pool = ThreadPoolExecutor(1)
        cheap = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)
        passwords = Passwords(self._pool, self.clock, os.urandom, cheap)
        management = Management(self.store, passwords, self.clock)
        await management.add_domain("example.org")
        self.account_id = (await management.add_user(USER, PASSWORD)).id
        self.management = management
        self.log = Log(_Nowhere(), self._render, self.clock.now)
        throttle = Throttle(self.clock, self._setup.throttle)
        self.drops = DropBox(self.store, self.clock, self.log, self._setup.drop)
        login = Login(self.store, passwords, throttle, self.clock, self.log)
        services = Pop3Services(self.clock, self.log, self.metrics, login, self.drops, os.urandom)
        setup = self._setup
        role = Pop3Role(Pop3Listening("test", setup.protocol, setup.door, setup.tls), services)
        self.deadlines = Deadlines(loop, self.clock)
        context = self._context()
        doorway = Doorway(
            "test",
            loop,
            self.clock,
            self.deadlines,
            Gate(setup.gate, self.clock),
            tls=lambda: context,
            implicit_tls=setup.tls == "implicit",
        )

        def factory(doorway: Doorway, proxied: tuple[str, int] | None) -> Connection:
            connection = Watched(role, doorway, proxied)
            self.connections.append(connection)
            return connection

        self.listener = Listener(doorway, factory, "127.0.0.1", 0)
        await self.listener.open()
        self.port = self.listener.port
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for talk in self._talks:
            talk.writer.transport.abort()
            with suppress(OSError):
                await talk.writer.wait_closed()
        await self.listener.close(5.0)
        self.deadlines.close()
        await self.store.close()
        self._pool.shutdown()

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

    async def file(self, message: bytes, prefix: bytes = b"", flags: int = 0) -> int:
        """Put a message into the inbox; its id."""
        return (await self.file_all([message], prefix, flags))[0]

    async def file_all(self, messages: Sequence[bytes], prefix: bytes = b"", flags: int = 0) -> list[int]:
        """Put messages into the inbox; their ids."""
        new = [self._new(Content(b"", message, len(message)), prefix, flags) for message in messages]
        await asyncio.gather(*map(self.store.accept, new))
        return [acceptance.message.id for acceptance in new]

    async def file_path(self, path: Path, size: int) -> int:
        """Put a message into the inbox whose octets lie in a file; its id."""
        new = self._new(Content(b"", path, size), b"", 0)
        await self.store.accept(new)
        return new.message.id

    def _new(self, content: Content, prefix: bytes, flags: int) -> Acceptance:
        now = self.clock.now()
        message = NewMessage(self._ids.next(now), now, "", content, 0)
        return Acceptance(message, "[]", [Filing(self.account_id, USER, prefix, flags=flags)])

    async def entries(self) -> list[EntryRow]:
        """What lies in the inbox."""
        folder = await self.store.folder(self.account_id, "INBOX")
        assert folder is not None
        return await self.store.entries(folder.id)

    async def pop(self, work: Callable[[poplib.POP3], T], user: str = USER, password: str = PASSWORD) -> T:
        """What ``work`` does with poplib, signed in, in a thread."""

        def run() -> T:
            client = poplib.POP3("127.0.0.1", self.port, timeout=10)
            try:
                client.user(user)
                client.pass_(password)
                return work(client)
            finally:
                with suppress(OSError, poplib.error_proto):
                    client.quit()

        return await self.in_thread(run)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """What ``work`` gives, done in a thread."""
        return await asyncio.get_running_loop().run_in_executor(None, work)

    async def connect(self) -> "Talk":
        """A raw conversation."""
        talk = Talk(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**26))
        self._talks.append(talk)
        return talk

    async def talk(self) -> "Talk":
        """A raw conversation, greeted."""
        talk = await self.connect()
        talk.greeting = await talk.line()
        return talk


@dataclass
class Talk:
    """A client that says what it is told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: str = ""

    async def line(self) -> str:
        """The next line; "" at the end."""
        return (await self._soon(self.reader.readline())).decode().rstrip("\r\n")

    async def ask(self, command: str) -> str:
        """The first line of the answer to ``command``."""
        self.writer.write(command.encode() + b"\r\n")
        return await self.line()

    async def rest(self) -> bytes:
        """The other lines of an answer of several, with their dots and the end."""
        return await self._soon(self.reader.readuntil(b"\r\n.\r\n"))

    async def sign_in(self, user: str = USER, password: str = PASSWORD) -> str:
        """The answer to the password."""
        await self.ask(f"USER {user}")
        return await self.ask(f"PASS {password}")

    def take_nothing(self) -> None:
        """Leave what comes to the kernel; asyncio's own reader would take a lot before it stops."""
        cast(asyncio.Transport, self.writer.transport).pause_reading()

    def take_again(self) -> None:
        """The end of that."""
        cast(asyncio.Transport, self.writer.transport).resume_reading()

    async def ended(self) -> bytes:
        """What comes until the server hangs up."""
        return await self._soon(self.reader.read())

    def close(self) -> None:
        """Hang up."""
        self.writer.close()

    def vanish(self) -> None:
        """Be gone without a goodbye: the server's next look at the connection is an error."""
        self.writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()

    async def _soon(self, work: Awaitable[T]) -> T:
        async with asyncio.timeout(10):
            return await work


class _Nowhere:
    """A sink that is never written to."""

    def write(self, text: str) -> None:
        """See ``Sink``."""

    def reopen(self) -> None:
        """See ``Sink``."""

    def close(self) -> None:
        """See ``Sink``."""
