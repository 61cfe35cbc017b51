"""How is the store read while it is written? A few threads with their own connections, which see the last commit."""

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeAlias, TypeVar

import apsw

from pillarbox.store.interface import StoreUnavailable

from .connect import connect, let_go
from .faults import explain, needs_reopening
from .settings import SqliteSettings

log = logging.getLogger("pillarbox.store")
R = TypeVar("R")
Query: TypeAlias = Callable[[apsw.Connection], R]
Job: TypeAlias = "tuple[Query[Any], asyncio.Future[Any]]"


class Readers:
    """The reading threads. Each opens its connection at its first job, and anew after an error."""

    def __init__(self, database: Path, settings: SqliteSettings, loop: asyncio.AbstractEventLoop) -> None:
        self._database = database
        self._settings = settings
        self._loop = loop
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._idle = 0
        self._closed = False

    def read(self, query: Query[R]) -> "asyncio.Future[R]":
        """Run ``query`` on a reading connection; it must fetch all it wants before it returns."""
        future: asyncio.Future[R] = self._loop.create_future()
        if self._closed:
            future.set_exception(StoreUnavailable("the store is closed"))
            return future
        if self._idle:
            self._idle -= 1
        elif len(self._threads) < self._settings.readers:
            self._start()
        self._jobs.put((query, future))
        return future

    def end(self) -> None:
        """Complete what waits, then end the threads. Does not wait."""
        self._closed = True
        for _ in self._threads:
            self._jobs.put(None)

    def close(self) -> None:
        """``end``, and wait for it."""
        self.end()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        thread = Thread(target=self._work, name=f"pillarbox-read-{len(self._threads)}", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _work(self) -> None:
        connection: apsw.Connection | None = None
        while (job := self._jobs.get()) is not None:
            query, future = job
            result, failure = None, None
            try:
                connection = connection or connect(self._database, self._settings, reader=True)
                result = query(connection)
            except Exception as error:  # noqa: BLE001 - handed to who waits, in its own words or as a StoreError
                failure = explain(error) if isinstance(error, apsw.Error) else error
                if connection is not None and needs_reopening(error):
                    let_go(connection)
                    connection = None
            self._tell(future, result, failure)
        if connection is not None:
            let_go(connection)

    def _tell(self, future: "asyncio.Future[Any]", result: object, failure: Exception | None) -> None:
        try:
            self._loop.call_soon_threadsafe(self._complete, future, result, failure)
        except RuntimeError as error:
            log.warning("nobody waits for an answer any more: %s", error)

    def _complete(self, future: "asyncio.Future[Any]", result: object, failure: Exception | None) -> None:
        self._idle = min(self._idle + 1, len(self._threads))
        if future.done():
            return
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
