"""When are messages digested? When somebody asks for a digest that is not there; else in quiet moments, newest first.

What is computed is kept by the store, which may lose it: then it is computed again. Nothing waits for the background
work; it takes small batches in the pool, and steps aside while mail comes in hot.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Protocol

from pillarbox.mail import ids
from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.store.digests import Digest
from pillarbox.store.interface import StoreError

from .digest import Compute

_Batch = list[tuple[int, bytes]]


@dataclass(frozen=True, slots=True)
class DigestingSettings:
    """Times in seconds."""

    digest_batch: int = 32
    """Messages that are digested at a time,"""
    digest_octets: int = 1024 * 1024
    """or fewer, as soon as they make this many octets."""
    digest_delay: float = 0.2
    """How long the background work waits after a change: what comes in a burst is digested together."""
    digest_pause: float = 0.1
    """How long the background work steps aside when the server is busy,"""
    digest_pauses: int = 50
    """and how often before it takes one batch all the same."""
    digest_retry: float = 60.0
    """When to try again after the store failed."""
    digest_upkeep: float = 24 * 3600.0
    """How often to look for what was missed, though nothing told of it."""
    digests_forgotten: int = 500
    """Digests of removed messages that go at a time."""
    digest_forget: float = 600.0
    """The least time between two searches for digests of removed messages, which look at all digests there are."""
    unreadable: int = 10_000
    """Messages that could not be read and are not tried again until the next upkeep."""


class DigestStore(Protocol):
    """What digesting needs of the store; see ``store.interface``."""

    async def read_small(self, message_id: int) -> bytes | None: ...

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...

    async def undigested(self, limit: int) -> list[int]: ...

    def put_digests(self, digests: Sequence[Digest]) -> "asyncio.Future[None]": ...

    async def digested(self, message_ids: Sequence[int], column: str) -> dict[int, bytes]: ...

    async def forget_digests(self, limit: int) -> int: ...


@dataclass(frozen=True, slots=True)
class Manners:
    """When the background work steps aside: while ``busy()``, some ``pause`` at a time."""

    busy: Callable[[], bool] = lambda: False
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class Digesting:
    """Makes digests: ``of`` at once; between ``start`` and ``stop`` all others."""

    def __init__(  # noqa: PLR0913 - one for each of the world's parts it touches
        self,
        store: DigestStore,
        compute: Compute,
        pool: Executor,
        clock: Clock,
        log: Log,
        settings: DigestingSettings | None = None,
        *,
        manners: Manners | None = None,
    ) -> None:
        self._store = store
        self._compute = compute
        self._pool = pool
        self._clock = clock
        self._log = log
        self._settings = settings or DigestingSettings()
        self._manners = manners or Manners()
        self._wanted = asyncio.Event()
        self._unreadable: set[int] = set()
        self._upkeep_due = 0.0
        self._forget_due = 0.0
        self._task: asyncio.Task[None] | None = None

    async def of(self, message_ids: Sequence[int], column: str) -> dict[int, bytes]:
        """A column (``store.interface.Derived.digested``) of messages by id. What is missing is computed and kept
        first; messages that are gone are left out.

        StoreError when the store fails.
        """
        found = await self._store.digested(message_ids, column)
        if len(found) == len(message_ids):
            return found
        missing = [message_id for message_id in dict.fromkeys(message_ids) if message_id not in found]
        if missing:
            await self._make(missing)
            found |= await self._store.digested(missing, column)
        return found

    # --- in the background ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to look for messages without a digest."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="digesting")

    def wake(self) -> None:
        """Folders have changed: something may be new, or gone."""
        self._wanted.set()

    async def stop(self) -> None:
        """End, with the batch in hand left undone."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    async def _run(self) -> None:
        while True:
            self._wanted.clear()
            try:
                await self._digest_waiting()
                delay = await self._forget_gone()
            except StoreError as error:
                self._log.event("digests_wait", None, reason=str(error))
                delay = self._settings.digest_retry
            timer = asyncio.get_running_loop().call_later(delay, self._wanted.set)
            try:
                await self._wanted.wait()
            finally:
                timer.cancel()
            await self._manners.pause(self._settings.digest_delay)

    async def _digest_waiting(self) -> None:
        if self._clock.monotonic() >= self._upkeep_due:
            self._upkeep_due = self._clock.monotonic() + self._settings.digest_upkeep
            self._unreadable.clear()
        while waiting := await self._waiting():
            await self._step_aside()
            await self._make(waiting)

    async def _forget_gone(self) -> float:
        """Forget the digests of messages that are gone, unless it was done a moment ago; seconds until it is time."""
        left = self._forget_due - self._clock.monotonic()
        if left > 0:
            return left
        while await self._store.forget_digests(self._settings.digests_forgotten) >= self._settings.digests_forgotten:
            await self._step_aside()
        self._forget_due = self._clock.monotonic() + self._settings.digest_forget
        return self._settings.digest_upkeep

    async def _waiting(self) -> list[int]:
        """A batch of those that can be read."""
        found = await self._store.undigested(self._settings.digest_batch + len(self._unreadable))
        readable = [message_id for message_id in found if message_id not in self._unreadable]
        return readable[: self._settings.digest_batch]

    async def _step_aside(self) -> None:
        for _ in range(self._settings.digest_pauses):
            if not self._manners.busy():
                return
            await self._manners.pause(self._settings.digest_pause)

    # --- batches ----------------------------------------------------------------------------------------------------

    async def _make(self, message_ids: Sequence[int]) -> None:
        """Digest these, a batch at a time."""
        batch: _Batch = []
        size = 0
        for message_id in message_ids:
            octets = await self._octets(message_id)
            if octets is None:
                continue
            batch.append((message_id, octets))
            size += len(octets)
            if size >= self._settings.digest_octets or len(batch) >= self._settings.digest_batch:
                await self._keep(batch)
                batch, size = [], 0
        if batch:
            await self._keep(batch)

    async def _octets(self, message_id: int) -> bytes | None:
        try:
            small = await self._store.read_small(message_id)
            return b"".join([piece async for piece in self._store.read_slices(message_id)]) if small is None else small
        except KeyError:  # removed a moment ago
            self._set_aside(message_id)
        except OSError as error:
            self._set_aside(message_id)
            self._log.event("not_digested", ids.encode(message_id), reason=str(error))
        return None

    def _set_aside(self, message_id: int) -> None:
        if len(self._unreadable) >= self._settings.unreadable:
            self._unreadable.clear()
        self._unreadable.add(message_id)

    async def _keep(self, batch: _Batch) -> None:
        loop = asyncio.get_running_loop()
        digests, failed = await loop.run_in_executor(self._pool, _computed, self._compute, batch)
        for message_id, reason in failed:
            self._log.event("not_digested", ids.encode(message_id), reason=reason)
        await self._store.put_digests(digests)


def _computed(compute: Compute, batch: _Batch) -> tuple[list[Digest], list[tuple[int, str]]]:
    """The digests; an empty one, and why, for a message over which our own code stumbles: the others need not wait."""
    digests: list[Digest] = []
    failed: list[tuple[int, str]] = []
    for message_id, octets in batch:
        try:
            digests.append(compute(octets, message_id))
        except Exception as error:  # noqa: BLE001 - told to the log; asked for again and again it would stumble again
            failed.append((message_id, f"{type(error).__name__}: {error}"))
            digests.append(compute.empty(message_id, len(octets)))
    return digests, failed
