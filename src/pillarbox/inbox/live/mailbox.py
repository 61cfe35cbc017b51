"""How does one folder in memory keep up with the store? It reads what changed since its MODSEQ whenever the store
names it, once for all that changed meanwhile, and tells the sessions that look at it.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from pillarbox.observe.log import Log
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import FolderChanges, FolderRow

from .journal import Journal
from .rows import Rows, Step
from .settings import LiveSettings


class LiveStore(Protocol):
    """What live mailboxes need of the store; see ``store.interface``."""

    def on_change(self, listener: Callable[[frozenset[int]], None]) -> None: ...

    async def changes(self, folder_id: int, modseq: int) -> FolderChanges | None: ...

    def take_recent(self, folder_id: int) -> "asyncio.Future[int]": ...


class Watcher(Protocol):
    """A session that looks at the folder: where it stands in the journal, and whom to call when there is news."""

    cursor: int
    on_change: Callable[[], None] | None


class Mailbox(Rows):
    """A folder's columns, shared by all sessions. ``folder`` is its row as of the last reading; ``gone`` tells that
    the folder was removed: it holds no messages then."""

    __slots__ = ("_failing", "_log", "_named", "_read", "_recent_kept", "_retry", "_running", "_settings", "_watchers",
                 "folder", "gone", "journal", "recent", "store")  # fmt: skip

    def __init__(self, folder_id: int, store: LiveStore, log: Log, settings: LiveSettings) -> None:
        super().__init__()
        self.folder = FolderRow(folder_id, 0, "", 0, 1, 0, 0, 0, 0, None, False)
        self.gone = False
        self.journal = Journal(settings.journal)
        self.recent = 0
        """The first UID that no session here was told of as recent (RFC 3501 §2.3.2)."""
        self.store = store
        self._log = log
        self._settings = settings
        self._watchers: list[Watcher] = []
        self._named = 1
        self._read = 0
        self._running: asyncio.Task[StoreError | None] | None = None
        self._retry: asyncio.TimerHandle | None = None
        self._failing = False
        self._recent_kept = 0

    @property
    def loaded(self) -> bool:
        """Whether it has been read at all."""
        return self._read > 0

    async def refresh(self, modseq: int = 0) -> None:
        """Catch up with all that was committed before this call, and at least with ``modseq``. StoreError when the
        store cannot be read now: the columns stay as they were."""
        wanted = self._named
        while not self.gone and (self._read < wanted or self.folder.modseq < modseq):
            began = self._running is None
            error = await asyncio.shield(self._running or self._begin())
            if error is not None:
                raise error
            if began and self._read >= wanted:
                return

    def named(self) -> None:
        """The store says that the folder was changed."""
        self._named += 1
        if self._watchers and self._running is None:
            self._begin()

    def watch(self, watcher: Watcher) -> None:
        """A session begins to look: it knows what is here now."""
        watcher.cursor = self.journal.end
        self._watchers.append(watcher)
        if self._read < self._named and self._running is None:
            self._begin()

    def unwatch(self, watcher: Watcher) -> None:
        """A session looks no more."""
        if watcher in self._watchers:
            self._watchers.remove(watcher)
        if not self._watchers:
            self._cancel_retry()

    def claim_recent(self) -> int:
        """The first UID that is recent for a session that may change the folder; for no other from now on."""
        first, self.recent = self.recent, max(self.recent, self.last + 1)
        return first

    def keep_recent(self) -> None:
        """Note in the store that the messages here have been told of as recent. What came meanwhile has not: when
        there is such, the note is left for later, and a message may be recent twice, which RFC 3501 allows."""
        if self.recent > self._recent_kept and self.folder.uidnext <= self.recent and self._read == self._named:
            self._recent_kept = self.recent
            self.store.take_recent(self.folder.id).add_done_callback(self._recent_noted)

    def stop(self) -> None:
        """Read no more by itself."""
        self._watchers.clear()
        self._cancel_retry()

    def _begin(self) -> "asyncio.Task[StoreError | None]":
        self._cancel_retry()
        self._running = asyncio.get_running_loop().create_task(self._catch_up())
        return self._running

    async def _catch_up(self) -> StoreError | None:
        """Read once. What is named while this runs is read behind it, unless the store fails: then after a pause."""
        named, failure = self._named, None
        try:
            changes = await self.store.changes(self.folder.id, self.folder.modseq)
        except StoreError as error:
            failure = error
        finally:
            self._running = None  # at once, so that nobody waits for a reading that is over
        if failure is not None:
            self._fail(failure)
            return failure
        self._failing = False
        news = self._take(changes)
        self._read = named
        if self._watchers and self._read < self._named and not self.gone:
            self._begin()
        if news is not None and self._watchers:
            self._tell(news)
        return None

    def _take(self, changes: FolderChanges | None) -> Step | None:
        """Put what was read into the columns; None when it is nothing that a session is told."""
        if changes is None:
            self.gone = True
            return self.clear()
        if not self.loaded:
            self.recent = self._recent_kept = changes.folder.recent
        self.folder = changes.folder
        before = self.last
        step = self.take(changes.entries, changes.gone)
        return step if step.changed or step.gone or self.last > before else None

    def _tell(self, news: Step) -> None:
        """Write it down for the sessions, and call them; one that stumbles does not keep it from the others."""
        self.journal.add(news, [watcher.cursor for watcher in self._watchers])
        for watcher in list(self._watchers):
            try:
                if watcher.on_change is not None:
                    watcher.on_change()
            except Exception as error:  # noqa: BLE001 - a mistake of ours: told in the log, and the others go on
                self._log.event("session_not_told", None, folder=self.folder.name, reason=repr(error))

    def _fail(self, error: StoreError) -> None:
        if not self._failing:
            self._log.event("folder_not_read", None, folder=self.folder.name, reason=str(error))
        self._failing = True
        if self._watchers and self._retry is None:
            self._retry = asyncio.get_running_loop().call_later(self._settings.retry, self._begin)

    def _recent_noted(self, done: "asyncio.Future[int]") -> None:
        """Nothing depends on it but that messages are recent once more."""
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._recent_kept = 0
            self._log.event("recent_not_noted", None, folder=self.folder.name, reason=str(error))

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None
