"""What can an administrator do to what waits? Hold, release, try now, remove: told in each message's story."""

from collections.abc import Sequence
from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.observe.story import Chapter
from pillarbox.store.interface import Messages, Queue
from pillarbox.store.rows import QueueFilter


class QueueStore(Messages, Queue, Protocol):
    """What of the store is needed here."""


class Nudge(Protocol):
    """Who runs the queue: the runner itself, or the way to it from another process."""

    def recall(self, message_ids: Sequence[int]) -> None:
        """Let go of what waits in memory of these messages."""

    def retry(self) -> None:
        """Rows are due now, and somebody wants them tried."""


class Control:
    """Acts on matching rows; each returns the ids of their messages. ``user`` is who wants it, for the story."""

    def __init__(self, store: QueueStore, clock: Clock, nudge: Nudge) -> None:
        self._store = store
        self._clock = clock
        self._nudge = nudge

    async def hold(self, where: QueueFilter, user: str) -> list[int]:
        """Take rows out of delivery until they are released."""
        found = await self._store.queue_hold(where)
        self._nudge.recall(found)
        await self._tell(found, "held", where, user)
        return found

    async def release(self, where: QueueFilter, user: str) -> list[int]:
        """Put held rows back, due now."""
        found = await self._store.queue_release(where, self._clock.now())
        await self._tell(found, "released", where, user)
        self._nudge.retry()
        return found

    async def retry(self, where: QueueFilter, user: str) -> list[int]:
        """Make waiting rows due now."""
        found = await self._store.queue_retry(where, self._clock.now())
        await self._tell(found, "retried", where, user)
        self._nudge.retry()
        return found

    async def drop(self, where: QueueFilter, user: str) -> list[int]:
        """Remove rows, without a report to their senders."""
        found = await self._store.queue_drop(where, self._chapter("dropped", where, user))
        self._nudge.recall(found)
        return found

    async def _tell(self, message_ids: Sequence[int], kind: str, where: QueueFilter, user: str) -> None:
        chapter = self._chapter(kind, where, user)
        told = [self._store.tell(message_id, chapter) for message_id in message_ids]
        for future in told:
            await future

    def _chapter(self, kind: str, where: QueueFilter, user: str) -> str:
        chapter = Chapter(self._clock.now)
        chapter.add(kind, user=user, recipient=where.recipient)
        return chapter.encode()
