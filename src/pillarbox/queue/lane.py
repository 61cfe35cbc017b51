"""How is one connection used? It is opened when something waits, kept while there is more, and closed after a pause."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from pillarbox.deliver.job import Job
from pillarbox.deliver.outcome import Failure, Outcome
from pillarbox.deliver.plan import Plan
from pillarbox.observe.story import Chapter

from .destination import Destination
from .parcel import Parcel


class End(Enum):
    """Whether the connection ended with an attempt: not at all, with its first one, or with a later one."""

    NONE = auto()
    FRESH = auto()
    USED = auto()


class Connection(Protocol):
    """An open connection, as deliver gives it. It ends by itself when it is idle for too long; ``on_end`` is called."""

    on_end: Callable[[], None] | None

    @property
    def usable(self) -> bool:
        """False when nothing more can be sent over it."""

    async def send(self, job: Job, story: Chapter) -> list[Outcome]:
        """One transaction; one outcome a recipient."""

    async def close(self) -> None:
        """Take leave, within a bounded time."""


class Office(Protocol):
    """What a lane needs of the place that runs it."""

    @property
    def is_open(self) -> bool:
        """False when nothing new shall leave: the server stops, or what left cannot be written down."""

    @property
    def is_short(self) -> bool:
        """True when another destination waits for a connection."""

    def new_chapter(self) -> Chapter:
        """An empty chapter that knows the time."""

    async def connect(self, plan: Plan, chapter: Chapter) -> Connection | Failure:
        """Open a connection."""

    def unreachable(self, lane: "Lane", failure: Failure, chapter: Chapter) -> None:
        """A connection could not be made."""

    async def attempt(self, connection: Connection, parcel: Parcel) -> list[Outcome]:
        """Send the parcel; one outcome a recipient."""

    def carried(self, lane: "Lane", parcel: Parcel, outcomes: list[Outcome], end: "End") -> None:
        """An attempt is over."""

    def parked(self, lane: "Lane") -> None:
        """The lane has nothing to do, its connection is open."""

    def ended(self, lane: "Lane") -> None:
        """The lane is no more."""


class Lane:
    """Carries parcels to one destination, one at a time, over one connection."""

    def __init__(self, destination: Destination, office: Office) -> None:
        self.destination = destination
        self.idle_since = 0.0
        self.is_coming = True
        self._office = office
        self._connection: Connection | None = None
        self._opening: Chapter | None = None  # what the first parcel's story tells of the connection
        self._sleep: asyncio.Future[None] | None = None
        self._dismissed = False
        self.carrying: Parcel | None = None
        self._completed = 0  # transactions over this connection

    @property
    def is_open(self) -> bool:
        """True while there is a connection that can be used."""
        return self._connection is not None and self._connection.usable

    @property
    def has_connection(self) -> bool:
        """True while there is a connection, usable or not."""
        return self._connection is not None

    def wake(self) -> None:
        """There is something to carry."""
        if self._sleep is not None and not self._sleep.done():
            self._sleep.set_result(None)

    def dismiss(self) -> None:
        """End as soon as nothing is being carried."""
        self._dismissed = True
        self.wake()

    async def run(self) -> None:
        """Carry until dismissed, unreachable, or without work for too long."""
        try:
            while await self._has_work() and await self._has_connection():
                self.is_coming = False
                parcel = self.destination.take()
                if parcel is not None:
                    await self._carry(parcel)
        finally:
            self.is_coming = False
            try:
                await self._hang_up()
            finally:
                self._office.ended(self)

    async def _has_work(self) -> bool:
        while self._office.is_open and not self._dismissed:
            if self.destination:
                return True
            if self._connection is None or not self._connection.usable:
                return False
            await self._pause()
        return False

    async def _pause(self) -> None:
        """Wait with the connection open until woken."""
        self._sleep = asyncio.get_running_loop().create_future()
        self._office.parked(self)
        try:
            await self._sleep
        finally:
            self._sleep = None
            self.destination.idle.pop(self, None)

    async def _has_connection(self) -> bool:
        if self._connection is not None:
            if self._connection.usable:
                return True
            await self._hang_up()
            if self._office.is_short:
                return False  # its messages are sent; others wait for a connection
        self.is_coming = True
        chapter = self._office.new_chapter()
        answer = await self._office.connect(self.destination.plan, chapter)
        if isinstance(answer, Failure):
            self._office.unreachable(self, answer, chapter)
            return False
        answer.on_end = self.wake
        self._connection, self._opening, self._completed = answer, chapter, 0
        return True

    async def _carry(self, parcel: Parcel) -> None:
        connection = self._connection
        assert connection is not None
        self.carrying = parcel
        self._tell_connection(parcel.chapter)
        outcomes = await self._office.attempt(connection, parcel)
        end = End.NONE if connection.usable else End.FRESH if self._completed == 0 else End.USED
        self._completed += 1
        self._office.carried(self, parcel, outcomes, end)
        self.carrying = None

    def _tell_connection(self, chapter: Chapter) -> None:
        """The first story tells how the connection came about; the others that it was there."""
        if self._opening is not None:
            chapter.events += self._opening.events
            self._opening = None
        else:
            chapter.add("connection_kept", sent=self._completed)

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()
