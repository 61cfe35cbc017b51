"""How does a test get a mail server? As a context manager; users, domains and settings are arguments.

async with server(tmp_path, users={"ann@example.test": "a password"}) as box:
    smtplib.SMTP("127.0.0.1", box.port("smtp")) ...
"""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pillarbox.accounts.management import Management
from pillarbox.accounts.passwords import Passwords, PasswordSettings
from pillarbox.app.build import Pause, StandIns, build
from pillarbox.app.config import Loaded
from pillarbox.app.serve import start
from pillarbox.app.server import Server
from pillarbox.app.settings import Settings
from pillarbox.net.clock import Clock, SystemClock
from pillarbox.net.dns import Resolver
from pillarbox.net.platform import current
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

from .names import FakeResolver

HOSTNAME = "mx.example.test"
KINDS = ("smtp", "submission", "lmtp", "imap", "pop3")
# Hashes that cost nothing: nobody steals the passwords of a test.
CHEAP = PasswordSettings(hash_memory=64, hash_passes=1, scram_iterations=4096)


@dataclass(frozen=True, slots=True)
class Box:
    """A running server. ``server`` is all of it, for tests that look inside."""

    server: Server
    folder: Path

    def port(self, kind: str) -> int:
        """The port of the first listener of a kind: smtp, submission, lmtp, imap or pop3."""
        names: list[str] = [part.kind for part in self.server.loaded.settings.listener]
        return self.server.listeners[names.index(kind)].port

    async def inbox(self, address: str) -> list[bytes]:
        """What lies in the inbox of ``address``, as its reader gets it."""
        store = self.server.store
        account = await store.account(address)
        folder = await store.folder(account.id, "INBOX") if account is not None else None
        assert folder is not None, f"{address} has no inbox"
        found = []
        for entry in await store.entries(folder.id):
            slices = [octets async for octets in store.read_slices(entry.message_id)]
            found.append(await store.entry_prefix(folder.id, entry.uid) + b"".join(slices))
        return found


@asynccontextmanager
async def server(  # noqa: PLR0913 - a test names what it needs and leaves out the rest
    folder: Path,
    users: Mapping[str, str] | None = None,
    *,
    settings: Mapping[str, object] | None = None,
    resolver: Resolver | None = None,
    catch_all: str | None = None,
    clock: Clock | None = None,
    pause: Pause = asyncio.sleep,
) -> AsyncIterator[Box]:
    """A server with its data in ``folder`` until the block ends.

    ``users`` maps addresses to passwords; their domains become ours. ``settings`` are those of pillarbox.toml, over
    listeners for each kind on ports of their own; where they name DNS servers, those are asked unless a ``resolver``
    is given. ``catch_all`` is the user that gets all mail (try-out mode). ``pause`` is asked to wait where an answer is
    late on purpose.
    """
    listeners = [{"kind": kind, "address": "127.0.0.1:0"} for kind in KINDS]
    base: dict[str, object] = {"hostname": HOSTNAME, "listener": listeners, "log": {"file": "log"}}
    loaded = Loaded(folder, Settings.model_validate(base | dict(settings or {})), {})
    clock = clock or SystemClock()
    loop = asyncio.get_running_loop()
    accounts = await _users(loaded, users or {}, clock, loop)
    platform = current()
    if resolver is None and not loaded.settings.dns.servers:
        resolver = FakeResolver()
    built = await build(
        loaded,
        platform,
        loop,
        clock,
        catch_all=accounts[catch_all] if catch_all is not None else None,
        stand_ins=StandIns(resolver, pause),
    )
    try:
        await start(built)
        yield Box(built, folder)
    finally:
        await built.close()


async def _users(
    loaded: Loaded, users: Mapping[str, str], clock: Clock, loop: asyncio.AbstractEventLoop
) -> dict[str, int]:
    store = await SqliteStore.open(
        loaded.data, clock=clock, random_bytes=os.urandom, settings=SqliteSettings(), loop=loop
    )
    try:
        with ThreadPoolExecutor(1) as pool:
            management = Management(store, Passwords(pool, clock, os.urandom, CHEAP), clock)
            for domain in dict.fromkeys(address.rpartition("@")[2] for address in users):
                if await store.domain(domain) is None:
                    await management.add_domain(domain)
            for address, password in users.items():
                if await store.account(address) is None:
                    await management.add_user(address, password)
        rows = await store.accounts()
    finally:
        await store.close()
    return {row.address: row.id for row in rows}
