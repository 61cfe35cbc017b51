"""Which messages wait for their digest? Found by the folders that changed, from the newest on."""

import json
from itertools import islice
from typing import TypeAlias

from apsw import Connection

from pillarbox.store.interface import StoreError

from .derived_reading import DerivedReaders
from .derived_sql import DERIVED
from .statements import text

# Messages known to wait at a time; those behind them are found when these are done.
KNOWN_AT_ONCE = 100_000
FOLDERS_AT_ONCE = 200
_Looked: TypeAlias = tuple[list[int], dict[int, int]]


class Backlog:
    """What is known to wait. In the loop's thread."""

    def __init__(self, readers: DerivedReaders) -> None:
        self._readers = readers
        self._waiting: list[int] = []
        # The highest UID that was looked at, by folder; the folders to look at, None: all of them.
        self._looked: dict[int, int] = {}
        self._changed: set[int] | None = None
        self._more = False

    def note(self, changed: frozenset[int]) -> None:
        """These folders have changed; an empty set: any may have."""
        if not changed:
            self._changed = None
        elif self._changed is not None:
            self._changed |= changed

    def start_over(self) -> None:
        """Nothing is digested any more."""
        self._looked.clear()
        self._changed = None

    async def newest(self, limit: int) -> list[int]:
        """At most ``limit`` ids, newest first. The same ones again until they have a digest or are gone."""
        await self._look()
        while True:
            tail = self._waiting[-2 * limit :]
            wanted = await self._still_wanted(tail)
            if wanted or not tail:
                break
            del self._waiting[-len(tail) :]
        if not wanted and self._more:
            self._more = False
            self.start_over()
            return await self.newest(limit)
        self._waiting[len(self._waiting) - len(tail) :] = wanted
        return wanted[: -limit - 1 : -1]

    async def _still_wanted(self, ids: list[int]) -> list[int]:
        if not ids:
            return []
        argument = json.dumps(ids)
        found = await self._readers.read(lambda connection: text(connection, DERIVED["still_wanted"], argument))
        return _numbers(found)

    async def _look(self) -> None:
        """Look at the folders that have changed."""
        if self._changed is None:
            self._changed = set(_numbers(await self._readers.read(_all_folders)))
        while self._changed:
            folders = list(islice(self._changed, FOLDERS_AT_ONCE))
            self._changed.difference_update(folders)
            try:
                found, ends = await self._look_at(folders)
            except StoreError:
                self.note(frozenset(folders))
                raise
            self._looked.update({folder: end - 1 for folder, end in ends.items()})
            for folder in folders:
                if folder not in ends:
                    self._looked.pop(folder, None)
            if found:
                self._add(found)

    async def _look_at(self, folders: list[int]) -> _Looked:
        wanted = json.dumps([(folder, self._looked.get(folder, 0)) for folder in folders])
        return await self._readers.read(lambda connection: _look_at(connection, json.dumps(folders), wanted))

    def _add(self, found: list[int]) -> None:
        waiting = sorted({*self._waiting, *found})
        self._more = self._more or len(waiting) > KNOWN_AT_ONCE
        self._waiting = waiting[-KNOWN_AT_ONCE:]


def _all_folders(connection: Connection) -> str:
    return text(connection, DERIVED["all_folders"])


def _look_at(connection: Connection, folders: str, wanted: str) -> _Looked:
    # The ends first: what comes in between is found now, and once more when its change is told.
    ends = json.loads(text(connection, DERIVED["folder_ends"], folders))
    return _numbers(text(connection, DERIVED["not_digested"], wanted)), {int(key): end for key, end in ends.items()}


def _numbers(array: str) -> list[int]:
    found: list[int] = json.loads(array)
    return found
