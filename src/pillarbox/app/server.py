"""What is a running server, and in which order does it begin and end?

Doors close first, so that nothing new comes in; then the queue drains; then the store completes what waits; the log is
last, because all of them tell it.
"""

import asyncio
import os
import traceback
from collections.abc import Coroutine
from concurrent.futures import Executor
from dataclasses import dataclass, field
from math import nan
from typing import TypeVar

from pillarbox import __version__
from pillarbox.accounts.addresses import Senders
from pillarbox.deliver.deliverer import Deliverer
from pillarbox.deliver.tls_counts import day_of
from pillarbox.net.clock import Clock
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.listener import Listener
from pillarbox.net.tls import Certificates
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.queue.runner import Runner
from pillarbox.route.recipients import Recipients
from pillarbox.route.transport import Routes
from pillarbox.store.interface import Store, StoreError

from .certifying import Certifying
from .config import Loaded
from .control import ControlServer, Json
from .orders import Orders
from .reading import Reading
from .resolving import Resolvers
from .trust import Trust

T = TypeVar("T")

GRACE = 5.0  # seconds that a client may take to end its message when the server stops
UPKEEP_EVERY = 3600.0  # seconds between two rounds of sweeping and forgetting
KEEP_COUNTS = 7 * 86_400.0  # seconds that counted TLS sessions wait to be reported
UPKEEP_ROWS = 1_000  # stories forgotten in one transaction


@dataclass(slots=True)
class Server:
    """A built server: open the listeners, then ``begin``; ``close`` in the end, whatever happened."""

    loaded: Loaded
    loop: asyncio.AbstractEventLoop
    clock: Clock
    log: Log
    metrics: Metrics
    store: Store
    pool: Executor
    deadlines: Deadlines
    certificates: Certificates | None
    resolvers: Resolvers
    queue: Runner
    routes: Routes
    recipients: Recipients
    senders: Senders
    control: ControlServer
    reading: Reading
    deliverer: Deliverer
    trust: Trust | None = None
    certifying: Certifying | None = None
    listeners: list[Listener] = field(default_factory=list)
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: dict[int, "asyncio.Task[object]"] = field(default_factory=dict)
    began: float = 0.0
    queued: float = nan  # as it was when the metrics were last exported

    async def begin(self) -> None:
        """Deliver what waits and take orders. Called when all listeners are bound."""
        self.began = self.clock.monotonic()
        await self.queue.start()
        await self.control.open(
            {"pid": os.getpid(), "listeners": [listener.doorway.name for listener in self.listeners]}
        )
        if any(part.kind == "imap" for part in self.loaded.settings.listener):
            self.reading.begin()
        self.spawn(self._keep_up())
        if self.trust is not None:
            self.trust.begin()
        if self.certifying is not None:
            self.spawn(self.certifying.run())
        self.log.event("started", version=__version__, loop=type(self.loop).__module__)

    def reload(self) -> None:
        """Read certificates anew and go on in a new log file; what cannot be read is told, and the old stays."""
        self.recipients.clear()
        self.senders.clear()
        try:
            self.log.reopen()
            if self.certificates is not None:
                self.certificates.reload()
        except OSError as error:  # ssl.SSLError is one
            self.log.event("reload_failed", reason=str(error))
        else:
            self.log.event("reloaded")

    async def close(self) -> None:
        """End everything, in the order that loses nothing."""
        self.log.event("stopping")
        await asyncio.gather(*(listener.close(GRACE) for listener in self.listeners))
        await self.control.close()
        await self.queue.stop()
        await self.deliverer.close()
        for task in list(self.tasks.values()):
            task.cancel()
        await asyncio.gather(*self.tasks.values(), return_exceptions=True)
        await self.reading.close()
        if self.trust is not None:
            await self.trust.close()
        await self.resolvers.close()
        self.deadlines.close()
        await self.store.close()
        self.pool.shutdown()
        self.log.event("stopped")
        self.log.close()

    def take_orders(self) -> None:
        """Let the control channel reach what it may change."""
        queue = self.queue
        orders = Orders(
            self.store, self.export, self.clock, self._wake, queue.retry, queue.recall, self.reload, self.stop.set,
            self._status,
        )  # fmt: skip
        self.control.commands |= orders.commands()

    def measure(self) -> None:
        """Let the metrics show what is not counted but looked up."""
        gauge = self.metrics.gauge
        gauge("queue_recipients", "Recipients that wait in the queue, held ones included.", lambda: self.queued)
        gauge("connections_open", "Incoming connections that are open.", self._connections)

    async def export(self) -> str:
        """All metrics in Prometheus' text format, the queue counted now."""
        try:
            self.queued = await self.store.queue_count()
        except StoreError:
            self.queued = nan  # NaN says that it is not known; what watches us must see the rest all the more
        return self.metrics.export()

    def _connections(self) -> int:
        return sum(len(listener.doorway.open) for listener in self.listeners)

    def _wake(self) -> None:
        """Another process changed the store: forget what was remembered of it, and look what it did to the queue."""
        self.recipients.clear()
        self.senders.clear()
        self.store.touched_elsewhere()
        if self.trust is not None:
            self.trust.wake()
        if self.certifying is not None:
            self.certifying.wake()
        self.spawn(self.queue.look_again())

    async def _status(self) -> Json:
        return {
            "version": __version__,
            "pid": os.getpid(),
            "up_seconds": round(self.clock.monotonic() - self.began),
            "listeners": [listener.doorway.name for listener in self.listeners],
            "connections": self._connections(),
            "accepted": self.metrics.messages_accepted,
            "queued": await self.store.queue_count(),
        }

    def spawn(self, work: Coroutine[object, object, T]) -> "asyncio.Task[T]":
        """Run ``work`` as a task that is kept until it is done; an error that nobody awaits is logged."""
        task = self.loop.create_task(work)
        self.tasks[id(task)] = task
        task.add_done_callback(self._done)
        return task

    def _done(self, task: "asyncio.Task[object]") -> None:
        self.tasks.pop(id(task), None)
        if not task.cancelled() and (error := task.exception()) is not None:
            self.metrics.internal_errors += 1
            self.log.event("internal_error", trace="".join(traceback.format_exception(error)))

    async def _keep_ways_safe(self) -> None:
        """Fetch the MTA-STS policies of others anew before they expire, forget what no longer counts."""
        now, memory = self.clock.now(), self.loaded.settings.delivery.tls_memory
        await self.store.forget_transport(now, now - memory, day_of(now - KEEP_COUNTS))
        self.spawn(self.deliverer.policies.refresh())  # it may take hours, and upkeep goes on

    async def _keep_up(self) -> None:
        """Now and then: sweep files that crashes left, forget the stories of messages that are long gone."""
        keep = self.loaded.settings.limits.stories
        while True:
            try:
                swept = await self.store.sweep()
                if swept:
                    self.log.event("swept", files=swept)
                while await self.store.forget(self.clock.now() - keep, UPKEEP_ROWS) == UPKEEP_ROWS:
                    pass
                await self._keep_ways_safe()
            except (StoreError, OSError) as error:
                self.log.event("upkeep_failed", reason=str(error))
            await asyncio.sleep(UPKEEP_EVERY)
