"""An IMAP door with everything real behind it: accounts, mailboxes, search and a store in a folder that goes away."""

import asyncio
import os
import re
import socket
import ssl
import struct
import threading
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar, cast

from pillarbox.accounts.login import Login
from pillarbox.accounts.management import Management
from pillarbox.accounts.passwords import Passwords, PasswordSettings
from pillarbox.accounts.throttle import Throttle, ThrottleSettings
from pillarbox.doors.imap.connection import ImapConnection
from pillarbox.doors.imap.crowd import Crowd
from pillarbox.doors.imap.hub import Hub
from pillarbox.doors.imap.role import ImapListening, ImapRole, ImapServices
from pillarbox.doors.imap.settings import ImapSettings
from pillarbox.inbox.append import Appender
from pillarbox.inbox.digest import Compute, Wire
from pillarbox.inbox.digesting import Digesting
from pillarbox.inbox.live.mailboxes import LiveMailboxes
from pillarbox.inbox.search.searcher import Searcher
from pillarbox.inbox.tree import Tree
from pillarbox.intake.spool import Spool, SpoolSettings
from pillarbox.mail.headers import header_size
from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import SystemClock
from pillarbox.net.connection import Connection, Doorway
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.gate import Gate, GateSettings
from pillarbox.net.listener import Listener
from pillarbox.net.tls import CertificatePaths, make_self_signed, server_context
from pillarbox.observe.log import Fields, Log
from pillarbox.observe.metrics import Metrics
from pillarbox.proto.imap.bodystructure import body, structure
from pillarbox.proto.imap.envelope import envelope
from pillarbox.proto.imap.settings import ServerSettings
from pillarbox.store.rows import Acceptance, Content, EntryRow, Filing, FolderRow, NewMessage
from pillarbox.store.sqlite import SqliteStore
from pillarbox.store.sqlite.settings import SqliteSettings

USER, PASSWORD = "user@example.org", "pencil"
OTHER, OTHER_PASSWORD = "other@example.org", "eraser"
T = TypeVar("T")

_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")


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


class Watched(ImapConnection):
    """A connection that tells when its peer takes no more, and how much waited for it at most."""

    __slots__ = ("most_buffered", "most_waiting", "stuck")

    def __init__(self, role: ImapRole, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
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
    door: ImapSettings = field(default_factory=ImapSettings)
    throttle: ThrottleSettings = field(default_factory=lambda: ThrottleSettings(login_delay=0.0))
    gate: GateSettings = field(default_factory=GateSettings)
    spool: SpoolSettings = field(default_factory=SpoolSettings)
    tls: str = "starttls"
    room: bool = True


class House:
    """Use it with ``async with``."""

    def __init__(self, folder: Path, setup: Setup | None = None) -> None:
        self._folder = folder
        self.setup = setup or Setup()
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
            self._folder / "store", clock=self.clock, random_bytes=os.urandom, settings=SqliteSettings(), loop=loop
        )
        self._pool = ThreadPoolExecutor(2)
        cheap = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)
        passwords = Passwords(self._pool, self.clock, os.urandom, cheap)
        self.management = Management(self.store, passwords, self.clock)
        await self.management.add_domain("example.org")
        self.account_id = (await self.management.add_user(USER, PASSWORD)).id
        self.other_id = (await self.management.add_user(OTHER, OTHER_PASSWORD)).id
        self.log = Log(_Nowhere(), self._render, self.clock.now)
        login = Login(self.store, passwords, Throttle(self.clock, self.setup.throttle), self.clock, self.log)
        self.services = self._services(login, loop)
        await self._listen(ImapRole(self._listening(), self.services), loop)
        return self

    def _services(self, login: Login, loop: asyncio.AbstractEventLoop) -> ImapServices:
        store, clock, log = self.store, self.clock, self.log
        setup = self.setup
        self.live = LiveMailboxes(store, clock, log)
        self.digesting = Digesting(store, Compute(Wire(envelope, body, structure)), self._pool, clock, log)
        searcher = Searcher(store, self.digesting, self._pool, clock)
        return ImapServices(
            clock, log, self.metrics, login, store, self.live, Tree(store, clock), searcher, self.digesting,
            Appender(store, self._ids, clock, self._pool),
            lambda: Spool(setup.spool, store.incoming(), loop, self._pool),
            lambda: setup.room,
            Crowd(setup.door.user_connections), Hub(), os.urandom,
        )  # fmt: skip

    def _listening(self) -> ImapListening:
        return ImapListening("test", self.setup.protocol, self.setup.door, self.setup.tls)

    async def _listen(self, role: ImapRole, loop: asyncio.AbstractEventLoop) -> None:
        self.deadlines = Deadlines(loop, self.clock)
        context = self._context()
        doorway = Doorway(
            "test", loop, self.clock, self.deadlines, Gate(self.setup.gate, self.clock),
            tls=lambda: context, implicit_tls=self.setup.tls == "implicit",
        )  # fmt: skip

        def factory(doorway: Doorway, proxied: tuple[str, int] | None) -> Connection:
            connection = Watched(role, doorway, proxied)
            self.connections.append(connection)
            return connection

        self.listener = Listener(doorway, factory, "127.0.0.1", 0)
        await self.listener.open()
        self.port = self.listener.port

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for talk in self._talks:
            talk.writer.transport.abort()
            with suppress(OSError):
                await talk.writer.wait_closed()
        await self.listener.close(5.0)
        self.deadlines.close()
        self.live.stop()
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

    async def file(self, message: bytes, prefix: bytes = b"", flags: int = 0, folder: str = "INBOX") -> int:
        """Put a message into a folder, as delivery does; its id."""
        return (await self.file_all([message], prefix, flags, folder))[0]

    async def file_all(
        self, messages: Sequence[bytes], prefix: bytes = b"", flags: int = 0, folder: str = "INBOX"
    ) -> list[int]:
        """Put messages into a folder; their ids."""
        new = [self._new(Content(b"", message, len(message)), prefix, flags, folder) for message in messages]
        await asyncio.gather(*map(self.store.accept, new))
        return [acceptance.message.id for acceptance in new]

    def _new(self, content: Content, prefix: bytes, flags: int, folder: str) -> Acceptance:
        now = self.clock.now()
        assert isinstance(content.body, bytes)
        message = NewMessage(self._ids.next(now), now, "", content, header_size(content.body))
        return Acceptance(message, "[]", [Filing(self.account_id, USER, prefix, folder, flags)])

    async def folder(self, name: str = "INBOX", account_id: int | None = None) -> FolderRow:
        """A folder of the user, or of ``account_id``."""
        folder = await self.store.folder(account_id or self.account_id, name)
        assert folder is not None, f"there is no {name}"
        return folder

    async def entries(self, name: str = "INBOX") -> list[EntryRow]:
        """What lies in a folder of the user."""
        return await self.store.entries((await self.folder(name)).id)

    async def octets(self, name: str = "INBOX") -> list[bytes]:
        """The messages in a folder of the user."""
        found = []
        for entry in await self.entries(name):
            small = await self.store.read_small(entry.message_id)
            if small is None:
                small = b"".join([piece async for piece in self.store.read_slices(entry.message_id)])
            found.append(small)
        return found

    async def pool_is_idle(self) -> None:
        """All that the worker pool was given until now is done."""
        both = threading.Barrier(2)
        await asyncio.gather(*[asyncio.wrap_future(self._pool.submit(both.wait)) for _ in range(2)])

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
        talk.greeting = (await talk.response()).decode().rstrip("\r\n")
        return talk

    async def signed_in(self, user: str = USER, password: str = PASSWORD) -> "Talk":
        """A conversation of somebody who has signed in."""
        talk = await self.talk()
        assert (await talk.ask(f"LOGIN {user} {password}")).ok
        return talk

    async def selecting(self, mailbox: str = "INBOX", user: str = USER, password: str = PASSWORD) -> "Talk":
        """A conversation of somebody who has selected a mailbox."""
        talk = await self.signed_in(user, password)
        assert (await talk.ask(f"SELECT {mailbox}")).ok
        return talk


class Answer(NamedTuple):
    """The untagged responses, each with its literals and without its line end, and the tagged line without its tag."""

    untagged: list[str]
    tagged: str

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return self.tagged.startswith("OK")

    def starting(self, mark: str) -> list[str]:
        """The untagged responses that begin so behind "* "."""
        return [line[2:] for line in self.untagged if line.startswith("* " + mark)]


@dataclass
class Talk:
    """A client that says what it is told."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    greeting: str = ""
    count: int = 0

    async def response(self) -> bytes:
        """The next response with its literals; b"" at the end."""
        whole = line = await self._soon(self.reader.readline())
        while match := _LITERAL.search(line):
            whole += await self._soon(self.reader.readexactly(int(match[1])))
            line = await self._soon(self.reader.readline())
            whole += line
        return whole

    async def text(self) -> str:
        """The next response without its line end."""
        return (await self.response()).decode("utf-8", "backslashreplace").removesuffix("\r\n")

    async def texts(self, count: int) -> list[str]:
        """The next responses."""
        return [await self.text() for _ in range(count)]

    def say(self, octets: bytes) -> None:
        """Send octets as they are."""
        self.writer.write(octets)

    def begin(self, command: str) -> str:
        """Send a command; its tag."""
        self.count += 1
        tag = f"a{self.count}"
        self.writer.write(f"{tag} {command}\r\n".encode())
        return tag

    async def until(self, tag: str) -> Answer:
        """What comes up to the tagged answer."""
        untagged: list[str] = []
        while not (line := await self.text()).startswith(tag + " "):
            assert line, f"the connection ended before the answer to {tag}, behind {untagged}"
            untagged.append(line)
        return Answer(untagged, line.partition(" ")[2])

    async def ask(self, command: str) -> Answer:
        """The answer to ``command``."""
        return await self.until(self.begin(command))

    async def upload(self, command: str, *messages: bytes, between: str = "") -> Answer:
        """The answer to a command with literals, each sent when the server asks for it."""
        tag = self.begin(f"{command} {{{len(messages[0])}}}")
        for number, message in enumerate(messages, 1):
            line = await self.text()
            if not line.startswith("+"):
                untagged: list[str] = []
                while not line.startswith(tag + " "):
                    untagged.append(line)
                    line = await self.text()
                return Answer(untagged, line.partition(" ")[2])
            more = f"{between} {{{len(messages[number])}}}" if number < len(messages) else ""
            self.writer.write(message + more.encode() + b"\r\n")
        return await self.until(tag)

    async def idle(self) -> str:
        """Begin to idle; the tag."""
        tag = self.begin("IDLE")
        assert (await self.text()).startswith("+ ")
        return tag

    async def done(self, tag: str) -> Answer:
        """End to idle."""
        self.writer.write(b"DONE\r\n")
        return await self.until(tag)

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
