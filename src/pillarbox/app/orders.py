"""Which orders does a running server take? The commands of the control channel, save ``submit``."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from pillarbox.net.clock import Clock
from pillarbox.store.interface import Queue
from pillarbox.store.rows import QueueFilter

from . import waiting
from .control import Command, Json, Request

_EVERYTHING = QueueFilter(everything=True)


@dataclass(frozen=True, slots=True)
class Orders:
    """What orders act on. ``export``: the metrics as text; ``wake``: the store changed; ``retry``: rows are due that
    somebody wants tried; ``recall``: let go of messages that are held or gone; ``reload``: read certificates and log
    file anew; ``stop``: end; ``status``: what `pillarbox status` shows; ``page``: rows of the queue in one answer."""

    store: Queue
    export: Callable[[], Awaitable[str]]
    clock: Clock
    wake: Callable[[], None]
    retry: Callable[[], None]
    recall: Callable[[Sequence[int]], None]
    reload: Callable[[], None]
    stop: Callable[[], None]
    status: Callable[[], Awaitable[Json]]
    page: int = waiting.PAGE

    def commands(self) -> dict[str, Command]:
        """All of them by name."""
        return {
            "wake": self._wake,
            "retry": self._retry,
            "recall": self._recall,
            "flush": self._flush,
            "reload": self._reload,
            "stop": self._stop,
            "metrics": self._metrics,
            "status": self._status,
            "queue": self._queue,
        }

    async def _wake(self, _request: Request) -> Json:
        self.wake()
        return {}

    async def _retry(self, _request: Request) -> Json:
        self.retry()
        return {}

    async def _recall(self, request: Request) -> Json:
        numbers = request.fields.get("messages")
        self.recall([number for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else [])
        return {}

    async def _flush(self, _request: Request) -> Json:
        """sendmail -q: everything that waits is due now."""
        numbers = await self.store.queue_retry(_EVERYTHING, self.clock.now())
        self.retry()
        return {"messages": len(set(numbers))}

    async def _reload(self, _request: Request) -> Json:
        self.reload()
        return {}

    async def _stop(self, _request: Request) -> Json:
        self.stop()
        return {}

    async def _metrics(self, _request: Request) -> Json:
        return {"text": await self.export()}

    async def _status(self, _request: Request) -> Json:
        return await self.status()

    async def _queue(self, request: Request) -> Json:
        """One page of `mailq`: ``after`` is where the next one begins, 0 behind the last. A message is not split."""
        after = request.fields.get("after", 0)
        records: list[Json] = []
        rows = 0
        async for items in waiting.messages(self.store, _EVERYTHING, self.page, after if isinstance(after, int) else 0):
            records.append(waiting.record(items))
            rows += len(items)
            if rows >= self.page:
                return {"messages": records, "after": items[-1].id}
        return {"messages": records, "after": 0}
