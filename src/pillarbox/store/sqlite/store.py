"""How does the whole SQLite store come together? It is opened here, from its parts, and closed."""

import asyncio
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import apsw

from pillarbox.store.interface import StoreError

from .bodies import Bodies
from .connect import DATABASE, connect, let_go
from .derived import SqliteDerived, open_derived
from .directory import SqliteDirectory
from .engine import Engine
from .faults import explain
from .mailboxes import SqliteMailboxes
from .messages import SqliteMessages
from .migrate import migrate
from .part import Clock
from .queue import SqliteQueue
from .readers import Readers
from .settings import SqliteSettings
from .sharing import SqliteSharing
from .transport import SqliteTransport
from .trust import SqliteTrust
from .upkeep import SqliteUpkeep


class SqliteStore(
    SqliteMessages,
    SqliteQueue,
    SqliteMailboxes,
    SqliteSharing,
    SqliteDerived,
    SqliteDirectory,
    SqliteTransport,
    SqliteTrust,
    SqliteUpkeep,
):
    """``interface.Store`` in one folder: ``pillarbox.db``, ``derived.db``, ``blobs/`` and ``incoming/``."""

    @classmethod
    async def open(
        cls,
        folder: Path,
        *,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        settings: SqliteSettings,
        loop: asyncio.AbstractEventLoop,
    ) -> "SqliteStore":
        """Open the store in ``folder``, which is made when there is none. StoreError says why it cannot be opened."""
        bodies = Bodies(folder, random_bytes(8).hex())
        database = folder / DATABASE
        connection = _prepare(folder, database, bodies, settings)
        engine = Engine(database, bodies, settings, loop, clock.monotonic)
        engine.start(connection)
        readers = Readers(database, settings, loop)
        store = cls(engine, readers, bodies, clock=clock, random_bytes=random_bytes, settings=settings)
        store.derive(open_derived(folder, readers, settings, loop))
        return store

    async def close(self) -> None:
        """See ``interface.Upkeep.close``."""
        await super().close()
        await self.close_derived()

    @property
    def last_group(self) -> int:
        """How many units the last transaction took in together."""
        return self._engine.last_group


def _prepare(folder: Path, database: Path, bodies: Bodies, settings: SqliteSettings) -> apsw.Connection:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        bodies.open()
        if not database.exists():
            # Made before SQLite makes it, so that it and its log are private from the first octet.
            os.close(os.open(database, os.O_CREAT | os.O_RDWR, 0o600))
        with suppress(OSError):
            folder.chmod(0o700)
        connection = connect(database, settings)
    except (OSError, apsw.Error) as error:
        raise StoreError(f"the store in {folder} cannot be opened: {error}") from error
    try:
        migrate(connection)
    except (StoreError, apsw.Error) as error:
        let_go(connection)
        raise explain(error) from error
    return connection
