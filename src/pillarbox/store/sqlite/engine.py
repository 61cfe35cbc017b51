"""How do many writers share one sync? The group commit: one thread, one transaction for all that wait, one wake-up.

    loop:    submit -> Future                  the unit waits in a queue
    writer:  take all that wait -> BEGIN IMMEDIATE, run them, COMMIT (write, sync) -> call_soon_threadsafe, once
    loop:    complete every Future of the group

There is no waiting window while little is going on: while one group syncs, the next one gathers. Under load the writer
gives the loop a moment (``gather``) before it takes what waits.

Rules for units: a unit runs on the writer's connection inside a transaction and may be run again, when another unit of
its group failed; so it changes nothing but the database and the Effects. Units that wait at the same moment may be run
in another order than they were submitted in; who needs an order awaits the first.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeVar

import apsw

from pillarbox.store.interface import StoreUnavailable

from .bodies import Bodies
from .connect import connect, let_go, start_log_anew
from .effects import Effects, Listeners
from .faults import explain, is_own_fault, needs_reopening
from .settings import SqliteSettings
from .statements import UPKEEP
from .units import Batch, Unit, by_batch, complete_all, fail, run_each, told

log = logging.getLogger("pillarbox.store")
A = TypeVar("A")
R = TypeVar("R")


class Engine:
    """The writer thread and its connection."""

    def __init__(
        self,
        database: Path,
        bodies: Bodies,
        settings: SqliteSettings,
        loop: asyncio.AbstractEventLoop,
        monotonic: Callable[[], float],
    ) -> None:
        self._monotonic = monotonic
        self._reopen_at = 0.0
        self._database = database
        self._bodies = bodies
        self._effects = Effects(bodies)
        self.listeners = Listeners()
        self._settings = settings
        self._loop = loop
        self._waiting: SimpleQueue[Unit | None] = SimpleQueue()
        self._gathered: list[Unit] = []
        self._thread = Thread(target=self._work, name="pillarbox-store", daemon=True)
        self._connection: apsw.Connection | None = None
        self._untold: list[Unit] = []
        self._log_pages = 0
        self._pause = settings.reopen_pause
        self._closing = False
        self._ended: asyncio.Future[None] = loop.create_future()
        self.last_group = 0

    def start(self, connection: apsw.Connection) -> None:
        """Begin to write on ``connection``, which is the writer thread's from now on."""
        self._use(connection)
        self._thread.start()

    async def close(self) -> None:
        """Write what waits, write the log back into the database, end the thread."""
        if not self._closing:
            self._closing = True
            self._pass_on()
            self._waiting.put(None)
        await asyncio.shield(self._ended)
        self._thread.join()

    def submit(self, batch: Batch[A, R], argument: A, weight: int = 0) -> "asyncio.Future[R]":
        """Have ``argument`` written by ``batch``; ``weight`` is about the octets it writes. In the loop's thread."""
        future: asyncio.Future[R] = self._loop.create_future()
        if self._closing:
            future.set_exception(StoreUnavailable("the store is closed"))
        else:
            self._gathered.append(Unit(batch, argument, future, weight))
            if len(self._gathered) == 1:
                self._loop.call_soon(self._pass_on)
        return future

    def _pass_on(self) -> None:
        """Wake the writer once for all that one turn of the loop has brought: two threads that want the interpreter at
        the same moment cost more than the turn."""
        gathered, self._gathered = self._gathered, []
        for unit in gathered:
            self._waiting.put(unit)

    def write(self, unit: Callable[[apsw.Connection], R]) -> "asyncio.Future[R]":
        """Run ``unit`` in a transaction together with all that waits."""
        return self.submit(run_each, unit)

    # --- the writer thread ---

    def _work(self) -> None:
        while (group := self._take()) is not None:
            self._untold = group
            try:
                self._turn(group)
            except Exception as error:
                # A mistake of ours must not end the only writer, nor leave anyone waiting for ever.
                log.critical("the writer failed", exc_info=error)
                fail(self._untold, StoreUnavailable("the store failed"))
                self._complete(self._untold)
                self._let_go()
        self._let_go()
        self._loop.call_soon_threadsafe(self._ended.set_result, None)

    def _turn(self, group: list[Unit]) -> None:
        if self._connection is None and self._monotonic() >= self._reopen_at:
            self._reopen()
        if self._connection is None:
            fail(group, StoreUnavailable("the store is being reopened after a failure"))
            self._complete(group)
            return
        if group:
            self._commit(self._connection, group)
        self._checkpoint(idle=not group)

    def _take(self) -> list[Unit] | None:
        """All that waits, within bounds; empty when nothing came for a while, None when it is over."""
        group: list[Unit] = []
        octets = 0
        wait = self._pause if self._connection is None else self._settings.checkpoint_idle if self._log_pages else None
        try:
            unit = self._waiting.get(timeout=wait)
            if self.last_group >= self._settings.gather_from:
                # The loop is busy. Two threads that want the interpreter at every statement slow each other down; a
                # moment later there is more to write, and one commit instead of two.
                time.sleep(self._settings.gather)
            while unit is not None:
                group.append(unit)
                octets += unit.weight
                if len(group) >= self._settings.group_units or octets >= self._settings.group_octets:
                    return group
                unit = self._waiting.get_nowait()
        except Empty:
            return group
        if group:
            self._waiting.put(None)  # the end of the queue was reached: write what came before it, then end
        return group or None

    def _commit(self, connection: apsw.Connection, group: list[Unit]) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
            if not self._run(connection, group):
                self._run_apart(connection, group)
            connection.execute("COMMIT")
        except (apsw.Error, OSError) as error:
            self._give_up(connection, group, error)
        else:
            self.last_group = len(group)
            self._complete(group, self._effects.take_changed())
            self._bodies.committed()
            return
        self._complete(group)

    def _run(self, connection: apsw.Connection, group: list[Unit]) -> bool:
        """Run a whole group without savepoints; False when one of its units failed, and all is undone."""
        try:
            for batch, units in by_batch(group):
                results = batch(connection, self._effects, [unit.argument for unit in units])
                for unit, result in zip(units, results, strict=True):
                    unit.result = result
        except Exception as error:
            if not is_own_fault(error):
                raise
            connection.execute("ROLLBACK")
            self._bodies.run_again()
            connection.execute("BEGIN IMMEDIATE")
            return False
        return True

    def _run_apart(self, connection: apsw.Connection, group: list[Unit]) -> None:
        """Run each unit of a group in its own savepoint: the failing one leaves nothing behind."""
        for unit in group:
            mark = self._bodies.mark()
            connection.execute("SAVEPOINT unit")
            try:
                unit.result = unit.batch(connection, self._effects, [unit.argument])[0]
            except Exception as error:
                if not is_own_fault(error):
                    raise
                unit.error = told(error)
                connection.execute("ROLLBACK TO unit")
                self._bodies.back_to(mark)
            connection.execute("RELEASE unit")

    def _give_up(self, connection: apsw.Connection, group: list[Unit], error: Exception) -> None:
        """The transaction failed: nobody in the group gets an acknowledgement."""
        log.error("a group of %d was not stored: %s: %s", len(group), type(error).__name__, error)
        fail(group, explain(error))
        moved = self._bodies.undone()
        reopen = needs_reopening(error)
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
        except apsw.Error as second:
            log.error("rolling back failed too: %s", second)
            reopen = True
        if reopen:
            self._let_go()
        else:
            # No row names them: a failed transaction that needs no reopening was rolled back for certain.
            self._bodies.remove(moved)

    def _complete(self, group: list[Unit], changed: frozenset[int] = frozenset()) -> None:
        self._untold = []
        if not group:
            return
        try:
            self._loop.call_soon_threadsafe(self._tell, group, changed)
        except RuntimeError as error:
            # The loop was closed without closing the store first: nobody is left to be told.
            log.warning("nobody waits for a group of %d any more: %s", len(group), error)

    def _tell(self, group: list[Unit], changed: frozenset[int]) -> None:
        """What changed, then the end of each unit. In the loop's thread."""
        if changed:
            self.listeners.tell(changed)
        complete_all(group)

    # --- the connection ---

    def _use(self, connection: apsw.Connection) -> None:
        connection.set_wal_hook(self._note_log)
        self._connection = connection
        self._pause = self._settings.reopen_pause

    def _note_log(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _checkpoint(self, *, idle: bool) -> None:
        """Write the log back into the database when it is large, or when there is time."""
        octets = self._log_pages * self._settings.page_size
        if self._connection is None or not octets or (not idle and octets < self._settings.checkpoint_octets):
            return
        try:
            left, done = self._connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_PASSIVE)
            self._log_pages = 0 if idle else left - done
        except apsw.BusyError:
            self._log_pages = 0  # another process writes it back
        except apsw.Error as error:
            log.error("writing back the log failed: %s", error)
            if needs_reopening(error):
                self._let_go()

    def _reopen(self) -> None:
        """Trust the disk again only after it took a write and a checkpoint.

        A sync that failed leaves a log whose end may be in memory only; what is appended behind such an end could be
        lost with it. Copying the log into the database, synced, and starting it anew leaves no such place. While
        another connection reads in the log that cannot be done, and need not: the next write goes over that end.
        """
        connection = None
        try:
            connection = connect(self._database, self._settings)
            connection.execute("BEGIN IMMEDIATE")
            connection.execute(UPKEEP["prove_writing"])
            connection.execute("COMMIT")
            start_log_anew(connection, self._settings)
        except apsw.Error as error:
            log.error("the store cannot be used yet, next try in %.1f s: %s", self._pause, error)
            if connection is not None:
                let_go(connection)
            self._reopen_at = self._monotonic() + self._pause
            self._pause = min(self._pause * 2, self._settings.reopen_pause_max)
        else:
            log.warning("the store was reopened and takes writes again")
            self._use(connection)

    def _let_go(self) -> None:
        connection, self._connection, self._log_pages = self._connection, None, 0
        if connection is not None:
            let_go(connection)
