"""Which waiting rows come into memory, and when? What is due, earliest first, as far as there is room."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from traceback import format_exception

from pillarbox.store.interface import Queue, StoreError
from pillarbox.store.rows import QueueItem

from .dispatch import Dispatch
from .settle import Settler
from .spread import Spread
from .tools import Tools
from .window import Window

# How many rows of parked domains the store steps over in one claim.
PORTION = 10_000


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """``claim``: rows claimed at once. ``poll``: seconds after which the store is asked anew what is due.
    ``store_pause``: seconds until a store that failed is asked again."""

    claim: int = 500
    poll: float = 60.0
    store_pause: float = 5.0


class Claims:
    """One task that claims, and passes to ``take`` what it got. It is woken; by itself it does nothing."""

    def __init__(
        self,
        settings: ClaimSettings,
        store: Queue,
        crowding: "Crowding",
        settler: Settler,
        take: Callable[[Sequence[QueueItem]], None],
        tools: Tools,
    ) -> None:
        self._settings = settings
        self._store = store
        self._crowding = crowding
        self._window = crowding.window
        self._settler = settler
        self._take = take
        self._tools = tools
        self._next_due = 0.0
        self._least = min(settings.claim, max(1, self._window.settings.window // 8))  # room worth a claim
        self._is_hungry = False  # something may be due for which there was no room
        self._is_claiming = False
        self._stir = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_busy(self) -> bool:
        """True while the store is being asked, or is about to be."""
        return self._is_claiming or self._stir.is_set()

    def start(self) -> None:
        """Begin with what is due."""
        self._task = asyncio.get_running_loop().create_task(self._run(), name="queue claims")
        self.wake()

    async def stop(self) -> None:
        """Claim nothing more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def wake(self) -> None:
        """Rows have become due."""
        self._next_due = 0.0
        self._stir.set()

    def expect(self, due: float) -> None:
        """A row becomes due at ``due``."""
        self._next_due = min(self._next_due, due)

    def room_was_made(self) -> None:
        """Rows have left the window."""
        if self._is_hungry and self._window.room() >= self._least:
            self._stir.set()

    def tick(self, now: float) -> None:
        """Look at the clock."""
        if now >= self._next_due:
            self._stir.set()

    async def _run(self) -> None:
        while True:
            self._is_claiming = False
            await self._stir.wait()
            self._stir.clear()
            self._is_claiming = True
            try:
                await self._round()
            except StoreError as error:
                self._failed(str(error))
            except Exception as error:  # noqa: BLE001 - a queue that stands still for ever would be worse
                self._failed("".join(format_exception(error)))

    def _failed(self, reason: str) -> None:
        self._tools.log.event("claim_failed", None, reason=reason)
        self._next_due = self._tools.clock.now() + self._settings.store_pause

    async def _round(self) -> None:
        """Claim until nothing more is due or there is no more room."""
        self._crowding.begin_round()
        self._next_due = inf
        self._is_hungry = False
        while self._window.room() >= self._least and not self._settler.is_stuck:
            now = self._tools.clock.now()
            parked = self._crowding.parked(now)
            if parked is None:
                break
            limit = min(self._window.room(), self._settings.claim, self._window.settings.share)
            items = await self._store.claim(now, now + self._window.settings.lease, limit, parked)
            self._take(items)
            if len(items) == limit:
                continue
            due = await self._store.next_due()
            if due is None or due > now:
                self._next_due = min(self._next_due, inf if due is None else due, now + self._settings.poll)
                return
            if not items:
                break  # rows were put off in bulk: more of that in the next second, so that the store can breathe
            for domain in parked:
                self._crowding.put_off(domain, PORTION)
        self._is_hungry = True
        self._next_due = 0.0  # the next tick looks again, if not the next place that becomes free


class Crowding:
    """Who has too much in memory to be claimed now."""

    def __init__(self, window: Window, dispatch: Dispatch, spread: Spread) -> None:
        self.window = window
        self._dispatch = dispatch
        self._spread = spread
        self._put_off: dict[str, int] = {}  # rows put off in this round, by domain or destination

    def begin_round(self) -> None:
        """Count anew what is put off."""
        self._put_off.clear()

    def put_off(self, name: str, count: int) -> int:
        """``count`` rows of ``name`` were put off; how many there were before in this round."""
        before = self._put_off.get(name, 0)
        self._put_off[name] = before + count
        return before

    def parked(self, now: float) -> dict[str, float] | None:
        """The domains of which nothing may be claimed, and until when their rows are put off.

        None: claim nothing for a moment, because a crowd may be quick and make room by itself.
        """
        full = (*self.window.crowded(), *self._dispatch.crowded(self.window.settings.share))
        perhaps_quick, slow = self._spread.look(full, self._in_work, now)
        if perhaps_quick:
            return None
        domains = [name for name in slow if self.window.count(name)]
        return {domain: self._spread.until(domain, now, self._put_off.get(domain, 0)) for domain in domains}

    def no_room_at(self, destination: str, count: int, now: float) -> float | None:
        """Until when ``count`` more rows for ``destination``, a slow crowd, are put off; None: let them in."""
        share = self.window.settings.share
        if not self._spread.is_slow(destination) or self._dispatch.waiting(destination) < share:
            return None
        return self._spread.until(destination, now, self.put_off(destination, count))

    def _in_work(self, name: str) -> int:
        """Rows of a domain, or that wait for a destination: no name is both."""
        return self.window.count(name) or self._dispatch.waiting(name)
