"""How is written what can be computed again? By a thread of its own, so that no commit of mail ever waits for it."""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw
from apsw import Connection

from pillarbox.store.interface import StoreError, StoreUnavailable

from .connect import let_go
from .derived_file import DerivedFile
from .faults import explain, needs_reopening

log = logging.getLogger("pillarbox.store")
R = TypeVar("R")
DAMAGE = (apsw.CorruptError, apsw.NotADBError)


class DerivedWriter:
    """The thread that writes derived.db; it starts with the first unit. Each unit is a transaction."""

    def __init__(self, file: DerivedFile, loop: asyncio.AbstractEventLoop) -> None:
        self._file = file
        self._loop = loop
        self._thread = ThreadPoolExecutor(1, "pillarbox-derived")
        self._connection: Connection | None = None
        self._closed = False
        # Called in the loop when there is a new file, in which nothing is yet.
        self.on_new_file: Callable[[], None] | None = None

    def write(self, unit: Callable[[Connection], R]) -> "asyncio.Future[R]":
        """Run ``unit`` in a transaction. It may run twice: again, when the file had to be made anew."""
        return self._do(lambda: self._run(unit))

    async def make(self) -> None:
        """Have the file be there, so that it can be read."""
        await self.write(lambda _connection: None)

    async def make_anew(self, damaged: Path) -> None:
        """Leave the file ``damaged`` for a new one, unless that was done already."""
        await self._do(lambda: self._leave(damaged))

    def _do(self, work: Callable[[], R]) -> "asyncio.Future[R]":
        if self._closed:
            future: asyncio.Future[R] = self._loop.create_future()
            future.set_exception(StoreUnavailable("the store is closed"))
            return future
        return self._loop.run_in_executor(self._thread, work)

    async def close(self) -> None:
        """Complete what waits, then let go of the file."""
        if not self._closed:
            self._closed = True
            await self._loop.run_in_executor(self._thread, self._let_go)
            self._thread.shutdown(wait=True)

    # --- the thread ---

    def _run(self, unit: Callable[[Connection], R]) -> R:
        try:
            try:
                return self._transact(unit)
            except DAMAGE as error:
                self._start_over(str(error))
                return self._transact(unit)
        except (apsw.Error, OSError) as error:
            raise self._explained(error) from error

    def _leave(self, damaged: Path) -> None:
        if self._file.path != damaged:
            return
        try:
            self._start_over("a reader found damage")
        except (apsw.Error, OSError) as error:
            raise self._explained(error) from error

    def _explained(self, error: Exception) -> StoreError:
        if needs_reopening(error):
            self._let_go()
        return explain(error)

    def _transact(self, unit: Callable[[Connection], R]) -> R:
        connection = self._connection
        if connection is None:
            before = self._file.path
            connection = self._connection = self._file.connect()
            if self._file.path != before:
                self._tell()
        connection.execute("BEGIN IMMEDIATE")
        try:
            result = unit(connection)
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        return result

    def _start_over(self, reason: str) -> None:
        log.error("%s is damaged and is made anew: %s", self._file.path.name, reason)
        self._let_go()
        self._connection = self._file.anew()
        self._tell()

    def _tell(self) -> None:
        if self.on_new_file is not None:
            self._loop.call_soon_threadsafe(self.on_new_file)

    def _let_go(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            let_go(connection)
