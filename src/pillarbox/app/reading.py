"""How is mail read? What IMAP stands on is put together here: folders in memory, digests, search."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pillarbox.accounts.login import Login
from pillarbox.doors.imap.crowd import Crowd
from pillarbox.doors.imap.hub import Hub
from pillarbox.doors.imap.role import ImapServices
from pillarbox.inbox.append import Appender
from pillarbox.inbox.digest import Compute, Wire
from pillarbox.inbox.digesting import Digesting, Manners
from pillarbox.inbox.live.mailboxes import LiveMailboxes
from pillarbox.inbox.search.searcher import Searcher
from pillarbox.inbox.tree import Tree
from pillarbox.intake.spool import Spool
from pillarbox.net.clock import Clock
from pillarbox.net.room import Room
from pillarbox.observe.metrics import Metrics
from pillarbox.proto.imap import bodystructure, envelope

from . import portions
from .ground import Ground

BUSY_RATE = 100.0  # messages a second that come in when background work had better wait
BUSY_SPAN = 0.1  # seconds over which that is measured


@dataclass(slots=True)
class Reading:
    """What works for readers as long as the server runs."""

    mailboxes: LiveMailboxes
    digesting: Digesting
    imap: ImapServices

    def begin(self) -> None:
        """Digest in quiet moments what comes in."""
        self.mailboxes.watch(lambda _folders: self.digesting.wake())
        self.digesting.start()

    async def close(self) -> None:
        """End; the doors are closed already."""
        await self.digesting.stop()
        self.mailboxes.stop()


class Bustle:
    """Whether mail comes in so fast that what can wait should."""

    def __init__(self, metrics: Metrics, clock: Clock) -> None:
        self._metrics = metrics
        self._clock = clock
        self._since = clock.monotonic()
        self._count = self._taken()
        self._busy = False

    def __call__(self) -> bool:
        """True while more than BUSY_RATE messages came in each second."""
        passed = self._clock.monotonic() - self._since
        if passed >= BUSY_SPAN:
            count = self._taken()
            self._busy = (count - self._count) / passed > BUSY_RATE
            self._since += passed
            self._count = count
        return self._busy

    def _taken(self) -> int:
        return self._metrics.messages_accepted + self._metrics.messages_appended


def put_together(ground: Ground, login: Login, room: Room, pause: Callable[[float], Awaitable[None]]) -> Reading:
    """The reading side of a server."""
    store, clock, log, pool = ground.store, ground.clock, ground.log, ground.pool
    mailboxes = LiveMailboxes(store, clock, log)
    compute = Compute(Wire(envelope.envelope, bodystructure.body, bodystructure.structure))
    manners = Manners(Bustle(ground.metrics, clock), asyncio.sleep)
    digesting = Digesting(store, compute, pool, clock, log, manners=manners)
    spool = portions.spool(ground.settings)
    imap = ImapServices(
        clock, log, ground.metrics, login, store, mailboxes, Tree(store, clock),
        Searcher(store, digesting, pool, clock), digesting, Appender(store, ground.ids, clock, pool),
        lambda: Spool(spool, store.incoming(), ground.loop, pool), room,
        Crowd(ground.settings.imap.user_connections), Hub(), secrets.token_bytes, pause,
    )  # fmt: skip
    return Reading(mailboxes, digesting, imap)
