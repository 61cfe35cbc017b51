"""Who else may use a folder, and what is noted on it, in SQLite? The ``Sharing`` part of the store."""

import asyncio
import json
from collections.abc import Mapping, Sequence

from apsw import Connection

from pillarbox.store.rows import FolderRow

from . import folders
from .effects import Effects
from .part import Part
from .statements import SHARING, Value, rows

SHARED = "/shared/"


class SqliteSharing(Part):
    """``interface.Sharing``."""

    async def rights(self, folder_id: int) -> dict[str, str]:
        """See ``interface.Sharing.rights``."""
        return await self._readers.read(lambda connection: dict(rows(connection, SHARING["rights"], (folder_id,))))

    async def rights_in(self, folder_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """See ``interface.Sharing.rights_in``."""
        wanted = json.dumps(list(folder_ids))
        found: dict[int, dict[str, str]] = {}
        for folder_id, identifier, rights in await self._readers.read(
            lambda connection: rows(connection, SHARING["rights_in"], (wanted,))
        ):
            found.setdefault(folder_id, {})[identifier] = rights
        return found

    def set_rights(self, folder_id: int, identifier: str, rights: str | None) -> "asyncio.Future[None]":
        """See ``interface.Sharing.set_rights``."""
        return self._engine.submit(_set_rights_group, (folder_id, identifier, rights))

    async def shared_with(self, account_id: int) -> list[tuple[str, FolderRow]]:
        """See ``interface.Sharing.shared_with``."""
        return await self._readers.read(lambda connection: _shared_with(connection, account_id))

    async def notes(self, account_id: int, folder_id: int) -> dict[str, bytes]:
        """See ``interface.Sharing.notes``."""
        return await self._readers.read(
            lambda connection: dict(rows(connection, SHARING["notes"], (folder_id, account_id)))
        )

    def set_notes(self, account_id: int, folder_id: int, values: Mapping[str, bytes | None]) -> "asyncio.Future[None]":
        """See ``interface.Sharing.set_notes``."""
        return self._engine.submit(_set_notes_group, (account_id, folder_id, dict(values)))


def _set_rights_group(
    connection: Connection, effects: Effects, acts: Sequence[tuple[int, str, str | None]]
) -> list[None]:
    for folder_id, identifier, rights in acts:
        values: dict[str, Value] = {"folder": folder_id, "identifier": identifier}
        if rights is None:
            connection.execute(SHARING["remove_rights"], values)
        else:
            connection.execute(SHARING["set_rights"], {**values, "rights": rights})
        effects.changed.add(folder_id)
    return [None] * len(acts)


def _shared_with(connection: Connection, account_id: int) -> list[tuple[str, FolderRow]]:
    owners = {
        folder_id: address for address, folder_id in rows(connection, SHARING["shared_with"], {"account": account_id})
    }
    condition = "id IN (SELECT value FROM json_each(?))"
    found = folders.find(connection, condition, json.dumps(list(owners)))
    return sorted(((owners[row.id], row) for row in found), key=lambda pair: (pair[0], pair[1].name))


def _set_notes_group(
    connection: Connection, effects: Effects, acts: Sequence[tuple[int, int, dict[str, bytes | None]]]
) -> list[None]:
    for account_id, folder_id, values in acts:
        for name, value in values.items():
            owner = 0 if name.startswith(SHARED) else account_id
            if value is None:
                connection.execute(SHARING["remove_note"], (folder_id, owner, name))
            else:
                connection.execute(SHARING["set_note"], (folder_id, owner, name, value))
        if folder_id:
            effects.changed.add(folder_id)
    return [None] * len(acts)
