"""How is the SQLite store kept well: closed, copied, checked, swept? The ``Upkeep`` part of the store."""

from pathlib import Path

from apsw import Connection

from pillarbox.store.interface import StoreError

from .part import Part
from .statements import UPKEEP, single


class SqliteUpkeep(Part):
    """``interface.Upkeep``."""

    async def close(self) -> None:
        """See ``interface.Upkeep.close``."""
        self._readers.close()
        await self._engine.close()
        self._bodies.close()

    async def secret(self, name: str) -> bytes:
        """See ``interface.Upkeep.secret``."""
        found = await self._readers.read(lambda connection: single(connection, UPKEEP["secret"], name))
        if isinstance(found, bytes):
            return found
        fresh = self._random_bytes(32)
        return await self._engine.write(lambda connection: _keep_secret(connection, name, fresh))

    async def backup(self, target: Path) -> None:
        """See ``interface.Upkeep.backup``."""
        raise NotImplementedError(target)

    async def check(self) -> list[str]:
        """See ``interface.Upkeep.check``."""
        raise NotImplementedError


def _keep_secret(connection: Connection, name: str, fresh: bytes) -> bytes:
    connection.execute(UPKEEP["keep_secret"], (name, fresh))
    kept = single(connection, UPKEEP["secret"], name)
    if not isinstance(kept, bytes):
        raise StoreError(f"the secret {name} was not kept")
    return kept
