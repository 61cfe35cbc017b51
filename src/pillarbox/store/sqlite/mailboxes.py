"""What can be asked of folders and their entries in SQLite? The ``Mailboxes`` part of the store."""

import asyncio
from collections.abc import Callable, Sequence

from pillarbox.store.rows import (
    Acceptance,
    Accepted,
    Copied,
    CopyOrder,
    EntryRow,
    FlagChange,
    FlagsChanged,
    FolderChanges,
    FolderRow,
    Octets,
)

from . import entries, filed, folders, marking, uploads
from .part import Part
from .statements import ENTRY, FOLDER, rows, single


class SqliteMailboxes(Part):
    """``interface.Mailboxes``."""

    def on_change(self, listener: Callable[[frozenset[int]], None]) -> None:
        """See ``interface.Mailboxes.on_change``."""
        self._engine.listeners.add(listener)

    def touched_elsewhere(self) -> None:
        """See ``interface.Mailboxes.touched_elsewhere``."""
        self._engine.listeners.tell(frozenset())

    # --- folders ---

    async def folders(self, account_id: int) -> list[FolderRow]:
        """See ``interface.Mailboxes.folders``."""
        return await self._readers.read(lambda connection: folders.find(connection, "account_id = ?", account_id))

    async def folder(self, account_id: int, name: str) -> FolderRow | None:
        """See ``interface.Mailboxes.folder``."""
        condition = "account_id = ? AND name = ?"
        return await self._readers.read(lambda connection: folders.find_one(connection, condition, account_id, name))

    async def folder_by_id(self, folder_id: int) -> FolderRow | None:
        """See ``interface.Mailboxes.folder_by_id``."""
        return await self._readers.read(lambda connection: folders.find_one(connection, "id = ?", folder_id))

    def add_folder(
        self, account_id: int, name: str, special_use: str | None = None, *, subscribed: bool = True
    ) -> "asyncio.Future[FolderRow]":
        """See ``interface.Mailboxes.add_folder``."""
        added = (account_id, name, special_use, subscribed, self._clock.now())
        return self._engine.submit(folders.add_group, added)

    def rename_folder(self, folder_id: int, name: str) -> "asyncio.Future[list[FolderRow]]":
        """See ``interface.Mailboxes.rename_folder``."""
        return self._engine.submit(folders.rename_group, (folder_id, name))

    def set_special_use(self, folder_id: int, special_use: str | None) -> "asyncio.Future[None]":
        """See ``interface.Mailboxes.set_special_use``."""
        return self._engine.submit(folders.use_group, (folder_id, special_use))

    def remove_folder(self, folder_id: int, chapter: str) -> "asyncio.Future[bool]":
        """See ``interface.Mailboxes.remove_folder``."""
        return self._engine.submit(folders.remove_group, (folder_id, chapter))

    def empty_into(self, folder_id: int, target: int, chapter: str) -> "asyncio.Future[int]":
        """See ``interface.Mailboxes.empty_into``."""
        return self._engine.submit(filed.empty_group, (folder_id, target, chapter, self._clock.now()))

    async def subscriptions(self, account_id: int) -> list[str]:
        """See ``interface.Mailboxes.subscriptions``."""
        return await self._readers.read(
            lambda connection: [name for (name,) in rows(connection, FOLDER["subscriptions"], (account_id,))]
        )

    def subscribe(self, account_id: int, name: str, on: bool) -> "asyncio.Future[None]":
        """See ``interface.Mailboxes.subscribe``."""
        return self._engine.submit(folders.subscribe_group, (account_id, name, on))

    def take_recent(self, folder_id: int) -> "asyncio.Future[int]":
        """See ``interface.Mailboxes.take_recent``."""
        return self._engine.write(lambda connection: folders.take_recent(connection, folder_id))

    # --- entries ---

    async def entries(self, folder_id: int) -> list[EntryRow]:
        """See ``interface.Mailboxes.entries``."""
        return await self._readers.read(lambda connection: entries.entries(connection, folder_id))

    async def changes(self, folder_id: int, modseq: int) -> FolderChanges | None:
        """See ``interface.Mailboxes.changes``."""
        return await self._readers.read(lambda connection: entries.changes(connection, folder_id, modseq))

    async def entry_prefix(self, folder_id: int, uid: int) -> bytes:
        """See ``interface.Mailboxes.entry_prefix``."""
        found = await self._readers.read(lambda connection: single(connection, ENTRY["prefix"], folder_id, uid))
        if not isinstance(found, bytes):
            raise KeyError((folder_id, uid))
        return found

    async def octets(self, folder_id: int, uids: Sequence[int], limit: int) -> list[Octets]:
        """See ``interface.Mailboxes.octets``."""
        return await self._readers.read(lambda connection: entries.octets(connection, folder_id, uids, limit))

    def append(self, acceptance: Acceptance) -> "asyncio.Future[Accepted]":
        """See ``interface.Mailboxes.append``."""
        weight = acceptance.message.content.size
        return self._engine.submit(uploads.append_group, (acceptance, self._clock.now()), weight)

    def append_many(self, acceptances: Sequence[Acceptance]) -> "asyncio.Future[list[Accepted]]":
        """See ``interface.Mailboxes.append_many``."""
        weight = sum(acceptance.message.content.size for acceptance in acceptances)
        return self._engine.submit(uploads.append_together, (acceptances, self._clock.now()), weight)

    def replace(self, acceptance: Acceptance, folder_id: int, uid: int, chapter: str) -> "asyncio.Future[Accepted]":
        """See ``interface.Mailboxes.replace``."""
        replacement = uploads.Replacement(acceptance, folder_id, uid, chapter, self._clock.now())
        return self._engine.submit(uploads.replace_group, replacement, acceptance.message.content.size)

    def copy(self, order: CopyOrder) -> "asyncio.Future[Copied]":
        """See ``interface.Mailboxes.copy``."""
        return self._engine.submit(filed.copy_group, (order, self._clock.now()))

    def expunge(self, folder_id: int, uids: Sequence[int], chapter: str) -> "asyncio.Future[list[int]]":
        """See ``interface.Mailboxes.expunge``."""
        return self._engine.submit(filed.expunge_group, (folder_id, list(uids), chapter))

    def set_flags(self, folder_id: int, uids: Sequence[int], add: int, remove: int) -> "asyncio.Future[int]":
        """See ``interface.Mailboxes.set_flags``."""
        return self._engine.submit(marking.set_group, (folder_id, list(uids), add, remove))

    def change_flags(self, change: FlagChange) -> "asyncio.Future[FlagsChanged]":
        """See ``interface.Mailboxes.change_flags``."""
        return self._engine.submit(marking.change_group, change)
