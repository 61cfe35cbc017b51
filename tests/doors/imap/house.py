"""An IMAP door with everything real behind it: accounts, mailboxes, search and a store in a folder that goes away."""

import asyncio
import os
import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self, TypeVar

from doors.foundation import PASSWORD, USER, Client, Foundation, Watching, soon
from pillarbox.accounts.login import Login
from pillarbox.accounts.throttle import ThrottleSettings
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
from pillarbox.net.gate import GateSettings
from pillarbox.proto.imap.bodystructure import body, structure
from pillarbox.proto.imap.envelope import envelope
from pillarbox.proto.imap.server import ServerConnection
from pillarbox.proto.imap.settings import ServerSettings

OTHER, OTHER_PASSWORD = "other@example.org", "eraser"
T = TypeVar("T")

_LITERAL = re.compile(rb"~?\{(\d+)\}\r\n\Z")


class Watched(Watching[ServerConnection], ImapConnection):
    """See ``Watching``."""


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


class House(Foundation[Watched]):
    """Use it with ``async with``."""

    def __init__(self, folder: Path, setup: Setup | None = None) -> None:
        super().__init__(folder)
        self.setup = setup or Setup()

    async def __aenter__(self) -> Self:
        login = await self.lay(self.setup.throttle)
        self.other_id = (await self.management.add_user(OTHER, OTHER_PASSWORD)).id
        self.services = self._services(login, asyncio.get_running_loop())
        role = ImapRole(ImapListening("test", self.setup.protocol, self.setup.door, self.setup.tls), self.services)
        await self.listen(lambda *peer: Watched(role, *peer), self.setup.gate, self.setup.tls)
        return self

    def _services(self, login: Login, loop: asyncio.AbstractEventLoop) -> ImapServices:
        store, clock, log = self.store, self.clock, self.log
        setup = self.setup
        self.live = LiveMailboxes(store, clock, log)
        self.digesting = Digesting(store, Compute(Wire(envelope, body, structure)), self.pool, clock, log)
        searcher = Searcher(store, self.digesting, self.pool, clock)
        return ImapServices(
            clock, log, self.metrics, login, store, self.live, Tree(store, clock), searcher, self.digesting,
            Appender(store, self.ids, clock, self.pool),
            lambda: Spool(setup.spool, store.incoming(), loop, self.pool),
            lambda: setup.room,
            Crowd(setup.door.user_connections), Hub(), os.urandom,
        )  # fmt: skip

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.unlisten()
        self.live.stop()
        await self.leave()

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
        await asyncio.gather(*[asyncio.wrap_future(self.pool.submit(both.wait)) for _ in range(2)])

    async def connect(self) -> "Talk":
        """A raw conversation."""
        talk = Talk(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**26))
        self.clients.append(talk)
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
class Talk(Client):
    """A client that says what it is told."""

    count: int = 0

    async def response(self) -> bytes:
        """The next response with its literals; b"" at the end."""
        whole = line = await soon(self.reader.readline())
        while match := _LITERAL.search(line):
            whole += await soon(self.reader.readexactly(int(match[1])))
            line = await soon(self.reader.readline())
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
