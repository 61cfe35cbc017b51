"""A POP3 door with everything real behind it: accounts, inbox and a store in a folder that goes away."""

import asyncio
import os
import poplib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from doors.foundation import PASSWORD, USER, Client, Foundation, Watching, soon
from pillarbox.accounts.throttle import ThrottleSettings
from pillarbox.doors.pop3.connection import Pop3Connection
from pillarbox.doors.pop3.role import Pop3Listening, Pop3Role, Pop3Services, Pop3Settings
from pillarbox.inbox.drop import DropBox, DropSettings
from pillarbox.net.gate import GateSettings
from pillarbox.proto.pop3.server import ServerConnection, ServerSettings
from pillarbox.store.rows import Content

T = TypeVar("T")


class Watched(Watching[ServerConnection], Pop3Connection):
    """See ``Watching``."""


@dataclass
class Setup:
    """What a test wants otherwise."""

    protocol: ServerSettings = field(default_factory=lambda: ServerSettings("mx.example.org"))
    door: Pop3Settings = field(default_factory=Pop3Settings)
    drop: DropSettings = field(default_factory=DropSettings)
    throttle: ThrottleSettings = field(default_factory=lambda: ThrottleSettings(login_delay=0.0))
    gate: GateSettings = field(default_factory=GateSettings)
    tls: str = "starttls"


class House(Foundation[Watched]):
    """Use it with ``async with``."""

    def __init__(self, folder: Path, setup: Setup | None = None) -> None:
        super().__init__(folder)
        self._setup = setup or Setup()

    async def __aenter__(self) -> Self:
        setup = self._setup
        login = await self.lay(setup.throttle)
        self.drops = DropBox(self.store, self.clock, self.log, setup.drop)
        services = Pop3Services(self.clock, self.log, self.metrics, login, self.drops, os.urandom)
        role = Pop3Role(Pop3Listening("test", setup.protocol, setup.door, setup.tls), services)
        await self.listen(lambda *peer: Watched(role, *peer), setup.gate, setup.tls)
        return self

    async def __aexit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        await self.unlisten()
        await self.leave()

    async def file_path(self, path: Path, size: int) -> int:
        """Put a message into the inbox whose octets lie in a file; its id."""
        new = self.new_message(Content(b"", path, size))
        await self.store.accept(new)
        return new.message.id

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

    async def connect(self) -> "Talk":
        """A raw conversation."""
        talk = Talk(*await asyncio.open_connection("127.0.0.1", self.port, limit=2**26))
        self.clients.append(talk)
        return talk

    async def talk(self) -> "Talk":
        """A raw conversation, greeted."""
        talk = await self.connect()
        talk.greeting = await talk.line()
        return talk


@dataclass
class Talk(Client):
    """A client that says what it is told."""

    async def line(self) -> str:
        """The next line; "" at the end."""
        return (await soon(self.reader.readline())).decode().rstrip("\r\n")

    async def ask(self, command: str) -> str:
        """The first line of the answer to ``command``."""
        self.writer.write(command.encode() + b"\r\n")
        return await self.line()

    async def rest(self) -> bytes:
        """The other lines of an answer of several, with their dots and the end."""
        return await soon(self.reader.readuntil(b"\r\n.\r\n"))

    async def sign_in(self, user: str = USER, password: str = PASSWORD) -> str:
        """The answer to the password."""
        await self.ask(f"USER {user}")
        return await self.ask(f"PASS {password}")
