"""By which way do a message's recipients leave? Asked at once where the routing rules are known, else when they are."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.route import Route
from pillarbox.observe.story import Chapter
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import QueueItem

from .parcel import Parcel
from .tools import Tools


class Routing(Protocol):
    """What of route chooses the way."""

    def known(self, sender: str, domain: str) -> Route | None:
        """The way for ``domain``, at once; None when the rules must be read anew first."""

    async def route(self, sender: str, domain: str) -> Route:
        """The way for ``domain``."""


class Load:
    """Rows of one message in one domain, before their way is known. ``content`` and ``kept``: see Parcel."""

    __slots__ = ("content", "items", "kept")

    def __init__(self, items: list[QueueItem]) -> None:
        self.items = items
        self.content: bytes | None = None
        self.kept = 0

    def keep(self, content: bytes) -> None:
        """Have the octets at hand when they leave."""
        self.content = content
        self.kept = len(content)

    @property
    def message_id(self) -> int:
        """Whose rows these are."""
        return self.items[0].message.id


class Ways:
    """Makes parcels of loads and passes them to ``send``."""

    def __init__(self, routing: Routing, send: Callable[[Parcel], None], tools: Tools) -> None:
        self._routing = routing
        self._send = send
        self._tools = tools
        self._waiting: list[Load] = []
        self._task: asyncio.Task[None] | None = None

    def send(self, load: Load) -> None:
        """Pass ``load`` on, at once where the rules are known."""
        item = load.items[0]
        route = self._routing.known(item.message.sender, item.domain)
        if route is not None:
            self._pass_on(load, route)
            return
        self._waiting.append(load)
        self.tick()

    @property
    def is_busy(self) -> bool:
        """True while the rules are being read."""
        return self._task is not None

    def tick(self) -> None:
        """See to what could not be routed because the store did not answer."""
        if self._waiting and self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._route_waiting(), name="routing")

    def all_waiting(self) -> list[Load]:
        """What waits for the rules."""
        return list(self._waiting)

    def recall(self, message_ids: frozenset[int]) -> list[Load]:
        """Take back what waits of these messages."""
        taken = [load for load in self._waiting if load.message_id in message_ids]
        self._waiting = [load for load in self._waiting if load.message_id not in message_ids]
        return taken

    async def stop(self) -> None:
        """Route nothing more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._waiting.clear()

    async def _route_waiting(self) -> None:
        try:
            while self._waiting:
                item = self._waiting[0].items[0]
                route = await self._routing.route(item.message.sender, item.domain)
                if self._waiting and self._waiting[0].items[0] is item:
                    self._pass_on(self._waiting.pop(0), route)
        except StoreError as error:
            self._tools.log.event("routing_failed", None, reason=str(error))
        finally:
            self._task = None

    def _pass_on(self, load: Load, route: Route) -> None:
        chapter = Chapter(self._tools.clock.now)
        message = load.items[0].message
        if message.tls is not None:
            route = replace(route, wish=TlsWish(message.tls))
        self._send(Parcel(message, load.items, route, chapter, load.content, load.kept))


def loads(items: Sequence[QueueItem]) -> list[Load]:
    """Rows of one message in one domain, with one reverse-path, together in the order in which they came."""
    if len(items) == 1:
        return [Load(list(items))]
    groups: dict[tuple[int, str, str | None], list[QueueItem]] = {}
    for item in items:
        groups.setdefault((item.message.id, item.domain, item.own_sender), []).append(item)
    return [Load(group) for group in groups.values()]
