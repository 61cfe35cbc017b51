"""How is the SQLite store kept well: closed, copied, checked, swept? The ``Upkeep`` part of the store."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from apsw import Connection

from pillarbox.store.interface import StoreError

from .backup import back_up
from .check import findings
from .connect import DATABASE
from .effects import Effects
from .part import Part
from .readers import Readers
from .statements import MESSAGE, UPKEEP, single, text

R = TypeVar("R")
# Left-over files that one sweep removes at most.
SWEPT_AT_ONCE = 10_000


class SqliteUpkeep(Part):
    """``interface.Upkeep``."""

    async def close(self) -> None:
        """See ``interface.Upkeep.close``."""
        self._readers.close()
        await self._engine.close()
        self._bodies.close()

    async def backup(self, target: Path) -> None:
        """See ``interface.Upkeep.backup``."""
        folder = self._bodies.folder
        await self._apart(lambda _connection: back_up(folder, target, self._settings))

    async def check(self) -> list[str]:
        """See ``interface.Upkeep.check``."""
        return await self._apart(lambda connection: findings(connection, self._bodies.blobs))

    async def sweep(self) -> int:
        """See ``interface.Upkeep.sweep``."""
        before = self._clock.now() - self._settings.sweep_age
        incoming, names = await self._apart(lambda _connection: self._bodies.left_over(before, SWEPT_AT_ONCE))
        self._bodies.sweep_incoming(incoming)
        orphans = await self._engine.submit(_sweep_group, names)
        if orphans:
            # Files go after the commit was told; the next unit runs behind that.
            await self._engine.write(lambda _connection: None)
        return len(incoming) + orphans

    async def secret(self, name: str) -> bytes:
        """See ``interface.Upkeep.secret``."""
        found = await self._readers.read(lambda connection: single(connection, UPKEEP["secret"], name))
        if isinstance(found, bytes):
            return found
        fresh = self._random_bytes(32)
        return await self._engine.write(lambda connection: _keep_secret(connection, name, fresh))

    async def _apart(self, work: Callable[[Connection], R]) -> R:
        """Do something long on a thread of its own, so that the short reads go on."""
        reader = Readers(self._bodies.folder / DATABASE, replace(self._settings, readers=1), asyncio.get_running_loop())
        try:
            result = await reader.read(work)
        except asyncio.CancelledError:
            reader.end()  # without waiting: the thread works on
            raise
        except BaseException:
            reader.close()
            raise
        reader.close()
        return result


def _sweep_group(connection: Connection, effects: Effects, found: Sequence[list[str]]) -> list[int]:
    # Files are moved into place only inside a transaction, and this is one: a file without a row now is an orphan.
    counts = []
    for names in found:
        known = set(json.loads(text(connection, MESSAGE["known_files"], json.dumps(names))))
        orphans = [name for name in names if name not in known]
        effects.bodies.doom(orphans)
        counts.append(len(orphans))
    return counts


def _keep_secret(connection: Connection, name: str, fresh: bytes) -> bytes:
    connection.execute(UPKEEP["keep_secret"], (name, fresh))
    kept = single(connection, UPKEEP["secret"], name)
    if not isinstance(kept, bytes):
        raise StoreError(f"the secret {name} was not kept")
    return kept
