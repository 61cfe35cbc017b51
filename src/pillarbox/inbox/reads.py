"""Who has read this message? Its story tells it once for each session, some messages at a time."""

import asyncio
from collections.abc import Sequence
from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.story import Chapter

NOTED = 100
"""Messages that were read and may wait before they are noted in the store."""


class StoryStore(Protocol):
    """What reading needs of the store; see ``store.interface``."""

    def tell_all(self, message_ids: Sequence[int], chapter: str) -> "asyncio.Future[None]": ...


class Reads:
    """What one session has read of one folder. ``service`` is POP3 or IMAP, ``peer`` the reader's IP address."""

    __slots__ = ("_clock", "_log", "_notes", "_peer", "_service", "_store", "_told", "_user", "_waiting")

    def __init__(self, store: StoryStore, clock: Clock, log: Log, user: str, service: str, peer: str) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._user = user
        self._service = service
        self._peer = peer
        self._told: set[int] = set()
        self._waiting: list[int] = []
        self._notes: set[asyncio.Future[None]] = set()

    def read(self, uid: int, message_id: int) -> bool:
        """A message was read whole. False when this session has read it before."""
        if uid in self._told:
            return False
        self._told.add(uid)
        self._waiting.append(message_id)
        if len(self._waiting) >= NOTED:
            self.flush()
        return True

    def flush(self) -> None:
        """Note what waits."""
        if not self._waiting:
            return
        chapter = Chapter(self._clock.now)
        chapter.add("read", user=self._user, service=self._service, peer=self._peer)
        waiting, self._waiting = self._waiting, []
        note = self._store.tell_all(waiting, chapter.encode())
        self._notes.add(note)
        note.add_done_callback(self._noted)

    def _noted(self, done: "asyncio.Future[None]") -> None:
        """Nothing depends on it: a note that could not be made is lost, and told to the log."""
        self._notes.discard(done)
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._log.event("read_not_noted", None, user=self._user, reason=str(error))
