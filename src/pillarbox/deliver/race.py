"""Which of several addresses answers first? Quick fallback: the next is tried beside one that is slow. RFC 8305 §5."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Race(Generic[T, R]):
    """Starts one attempt after another: at once when the one before failed, after ``stagger`` seconds while it is slow.

    ``more`` gives the next thing to try, None when there is none; ``attempt`` tries it, None when it failed;
    ``discard`` gets what was won too late.
    """

    def __init__(
        self,
        more: Callable[[], Awaitable[T | None]],
        attempt: Callable[[T], Awaitable[R | None]],
        discard: Callable[[R], None],
        stagger: float,
    ) -> None:
        self._more = more
        self._attempt = attempt
        self._discard = discard
        self._stagger = stagger
        self._running: dict[asyncio.Task[R | None], T] = {}
        self._exhausted = False

    async def winner(self) -> tuple[T, R] | None:
        """The next success, None when everything failed. Attempts under way go on between two calls."""
        if not self._running:
            await self._start()
        while self._running:
            patience = None if self._exhausted else self._stagger
            done, _ = await asyncio.wait(self._running, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
            won = self._take(done)
            if won is not None:
                return won
            await self._start()
        return None

    def _take(self, done: "set[asyncio.Task[R | None]]") -> tuple[T, R] | None:
        """The earliest started of those that are done and won; the others that are done and failed are forgotten."""
        for task in [task for task in self._running if task in done]:
            result = task.result()
            if result is not None:
                return self._running.pop(task), result
            del self._running[task]
        return None

    async def _start(self) -> None:
        thing = None if self._exhausted else await self._more()
        if thing is None:
            self._exhausted = True
        else:
            self._running[asyncio.ensure_future(self._attempt(thing))] = thing

    async def close(self) -> None:
        """End what still runs; a connection that came about nevertheless is discarded."""
        tasks = list(self._running)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if result is not None and not isinstance(result, BaseException):
                self._discard(result)
        self._running.clear()
