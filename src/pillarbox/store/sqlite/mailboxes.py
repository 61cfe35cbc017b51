"""What happens to folders and their entries in SQLite? The ``Mailboxes`` part of the store."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from itertools import starmap

from apsw import Connection, ConstraintError

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Acceptance, Accepted, EntryRow, Flags, FolderRow

from .bodies import Bodies
from .ledger import accept_group, change_refs
from .part import Part
from .statements import MAILBOX, MESSAGE, UPKEEP, Row, Value, rows, single


class SqliteMailboxes(Part):
    """``interface.Mailboxes``."""

    async def folders(self, account_id: int) -> list[FolderRow]:
        """See ``interface.Mailboxes.folders``."""
        return await self._readers.read(
            lambda connection: [_folder_row(row) for row in rows(connection, MAILBOX["folders"], (account_id,))]
        )

    async def folder(self, account_id: int, name: str) -> FolderRow | None:
        """See ``interface.Mailboxes.folder``."""
        return await self._readers.read(lambda connection: _folder(connection, account_id, name))

    def add_folder(self, account_id: int, name: str, special_use: str | None = None) -> "asyncio.Future[FolderRow]":
        """See ``interface.Mailboxes.add_folder``."""
        now = self._clock.now()
        return self._engine.write(lambda connection: new_folder(connection, account_id, name, special_use, now))

    async def entries(self, folder_id: int) -> list[EntryRow]:
        """See ``interface.Mailboxes.entries``."""
        return await self._readers.read(
            lambda connection: list(starmap(EntryRow, rows(connection, MAILBOX["entries"], (folder_id,))))
        )

    async def entry_prefix(self, folder_id: int, uid: int) -> bytes:
        """See ``interface.Mailboxes.entry_prefix``."""
        found = await self._readers.read(lambda connection: single(connection, MAILBOX["prefix"], folder_id, uid))
        if not isinstance(found, bytes):
            raise KeyError((folder_id, uid))
        return found

    def append(self, acceptance: Acceptance) -> "asyncio.Future[Accepted]":
        """See ``interface.Mailboxes.append``."""
        return self._engine.submit(accept_group, acceptance, acceptance.message.content.size)

    def expunge(self, folder_id: int, uids: Sequence[int], chapter: str) -> "asyncio.Future[list[int]]":
        """See ``interface.Mailboxes.expunge``."""
        return self._engine.submit(_expunge_group, (folder_id, list(uids), chapter))

    def set_flags(self, folder_id: int, uids: Sequence[int], add: int, remove: int) -> "asyncio.Future[int]":
        """See ``interface.Mailboxes.set_flags``."""
        return self._engine.write(lambda connection: _set_flags(connection, folder_id, uids, add, remove))


def new_folder(connection: Connection, account_id: int, name: str, special_use: str | None, now: float) -> FolderRow:
    """A new, empty folder. StoreError when there is one of that name, or no such account."""
    uidvalidity = single(connection, UPKEEP["next_uidvalidity"], int(now))
    values: dict[str, Value] = {"account": account_id, "name": name, "uidvalidity": uidvalidity, "use": special_use}
    try:
        made = rows(connection, MAILBOX["add_folder"], values)
    except ConstraintError as error:
        raise StoreError(f"account {account_id} has a folder {name} already") from error
    if not made:
        raise StoreError(f"there is no account {account_id} any more")
    return _folder_row(made[0])


def _folder_row(columns: Row) -> FolderRow:
    row = FolderRow(*columns)
    row.subscribed = bool(row.subscribed)
    return row


def _folder(connection: Connection, account_id: int, name: str) -> FolderRow | None:
    found = rows(connection, MAILBOX["folder"], (account_id, name))
    return _folder_row(found[0]) if found else None


def _expunge_group(
    connection: Connection, bodies: Bodies, acts: Sequence[tuple[int, list[int], str]]
) -> list[list[int]]:
    return [_expunge(connection, bodies, folder_id, uids, chapter) for folder_id, uids, chapter in acts]


def _expunge(connection: Connection, bodies: Bodies, folder_id: int, uids: list[int], chapter: str) -> list[int]:
    wanted: dict[str, Value] = {"folder": folder_id, "uids": json.dumps(uids)}
    leaving = rows(connection, MAILBOX["leaving"], wanted)
    if not leaving:
        return []
    gone = [uid for uid, _, _, _ in leaving]
    modseq = _new_modseq(connection, "shrink_folder", {
        "folder": folder_id,
        "messages": len(leaving),
        "unseen": sum(1 for _, _, flags, _ in leaving if not flags & Flags.SEEN.value),
        "octets": sum(size for _, _, _, size in leaving),
    })  # fmt: skip
    wanted["uids"] = json.dumps(gone)
    connection.execute(MAILBOX["remove_entries"], wanted)
    connection.execute(MAILBOX["bury"], {**wanted, "modseq": modseq})
    messages = Counter(message_id for _, message_id, _, _ in leaving)
    if chapter:
        connection.executemany(MESSAGE["tell"], [(chapter, message_id) for message_id in messages])
    change_refs(connection, bodies, Counter({message_id: -n for message_id, n in messages.items()}))
    return gone


def _set_flags(connection: Connection, folder_id: int, uids: Sequence[int], add: int, remove: int) -> int:
    change: dict[str, Value] = {"folder": folder_id, "uids": json.dumps(list(uids)), "add": add, "remove": remove}
    [(unseen,)] = rows(connection, MAILBOX["seen_change"], change)
    modseq = _new_modseq(connection, "flag_folder", {"folder": folder_id, "unseen": unseen})
    connection.execute(MAILBOX["set_flags"], {**change, "modseq": modseq})
    return modseq


def _new_modseq(connection: Connection, name: str, values: dict[str, int]) -> int:
    """The new MODSEQ of a folder; StoreError when the folder is gone."""
    found = rows(connection, MAILBOX[name], values)
    if not found:
        raise StoreError(f"there is no folder {values['folder']} any more")
    return int(found[0][0])
