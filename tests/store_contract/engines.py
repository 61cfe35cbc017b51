"""How does a test open a store, fill it and make values for it?"""

import asyncio
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from pillarbox.store.interface import Store
from pillarbox.store.rows import Acceptance, AccountRow, Content, Enqueue, Filing, FolderRow, NewMessage
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

START = 1_700_000_000.0
FOLDERS = [("INBOX", None), ("Junk", "\\Junk"), ("Sent", "\\Sent")]
PREFIX = b"Return-Path: <sender@example.com>\r\n"
HEAD = b"Received: by mx.example.org\r\n"
BODY = b"Subject: hello\r\n\r\nworld\r\n"


@dataclass
class HandClock:
    """A clock that a test sets."""

    time: float = START

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@dataclass
class Bench:
    """One engine with a store in ``folder``."""

    engine: str
    folder: Path
    loop: asyncio.AbstractEventLoop
    clock: HandClock = field(default_factory=HandClock)
    settings: SqliteSettings = field(default_factory=SqliteSettings)
    _store: Store | None = None
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    async def open(self) -> Store:
        numbers = count(1)
        self._store = await SqliteStore.open(
            self.folder,
            clock=self.clock,
            random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
            settings=self.settings,
            loop=self.loop,
        )
        return self._store

    async def close(self) -> None:
        if self._store is not None:
            wrong = await self._store.check()
            await self._store.close()
            self._store = None
            assert wrong == []

    def abandon(self) -> None:
        """Ask nothing more of this store: it was damaged on purpose."""
        self._store = None

    async def reopen(self) -> Store:
        """Close without complaint and open again: what was acknowledged is there."""
        await self.store.close()
        return await self.open()

    async def account(self, name: str = "user", octets: int | None = None, messages: int | None = None) -> int:
        row = AccountRow(0, f"{name}@example.org", name, None, None, octets, messages, True, START)
        return await self.store.add_account(row, FOLDERS)

    async def folder_of(self, account_id: int, name: str = "INBOX") -> FolderRow:
        found = await self.store.folder(account_id, name)
        assert found is not None
        return found

    def message(self, body: bytes | Path = BODY, *, sender: str = "sender@example.com", skip: int = 0) -> NewMessage:
        number = next(self._numbers) << 18
        size = len(body) if isinstance(body, bytes) else body.stat().st_size
        return NewMessage(number, self.clock.now(), sender, Content(HEAD, body, size, skip), len(HEAD) + 18)

    def large(self, octets: bytes) -> Path:
        """A finished large body in the incoming folder."""
        path = self.store.incoming() / f"spool-{next(self._numbers)}"
        path.write_bytes(octets)
        return path

    def local(
        self, *accounts: int, body: bytes | Path = BODY, retry_full: tuple[float, float] | None = None
    ) -> Acceptance:
        filings = [Filing(account, f"user{account}@example.org", PREFIX) for account in accounts]
        return Acceptance(self.message(body), "[1]", filings, retry_full=retry_full)

    def remote(self, *recipients: str, due: float = START, lease: float | None = None) -> Acceptance:
        queued = [Enqueue(r, r.partition("@")[2], due, START + 500_000, lease=lease) for r in recipients]
        return Acceptance(self.message(), "[1]", queued=queued)
