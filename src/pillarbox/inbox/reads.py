"""Who has fetched these messages? Their stories tell it, several messages at a time, without holding anybody up."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.story import Chapter


class StoryStore(Protocol):
    """What noting needs of the store; see ``store.interface``."""

    def tell_all(self, message_ids: Sequence[int], chapter: str) -> "asyncio.Future[None]": ...


@dataclass(frozen=True, slots=True)
class Fetcher:
    """A session that fetches: whose it is, by which ``service`` (POP3, IMAP), and the peer's IP address."""

    user: str
    service: str
    peer: str


class Reads:
    """What one session has fetched whole. Messages wait until ``most`` of them do, or ``flush``."""

    __slots__ = ("_clock", "_fetcher", "_log", "_most", "_store", "_waiting", "pending")

    def __init__(self, store: StoryStore, clock: Clock, log: Log, fetcher: Fetcher, most: int) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._fetcher = fetcher
        self._most = most
        self._waiting: list[int] = []
        self.pending: set[asyncio.Future[None]] = set()
        """Notes that the store has not made yet."""

    def add(self, message_id: int) -> None:
        """A message was fetched."""
        self._waiting.append(message_id)
        if len(self._waiting) >= self._most:
            self.flush()

    def flush(self) -> None:
        """Note what waits."""
        if not self._waiting:
            return
        fetcher, chapter = self._fetcher, Chapter(self._clock.now)
        chapter.add("read", user=fetcher.user, service=fetcher.service, peer=fetcher.peer)
        waiting, self._waiting = self._waiting, []
        note = self._store.tell_all(waiting, chapter.encode())
        self.pending.add(note)
        note.add_done_callback(self._noted)

    def _noted(self, done: "asyncio.Future[None]") -> None:
        """Nothing depends on it: a note that could not be made is lost, and told to the log."""
        self.pending.discard(done)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._log.event("read_not_noted", None, user=self._fetcher.user, reason=str(error))
