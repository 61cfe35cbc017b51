"""Which folders are in memory? Sessions share a folder's mailbox; it lingers when the last has left."""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log

from .mailbox import LiveStore, Mailbox
from .settings import LiveSettings


class FolderGone(Exception):
    """There is no such folder any more."""


@dataclass(slots=True)
class _Held:
    """A mailbox, how many hold it, and since when (monotonic) it lingers."""

    mailbox: Mailbox
    holders: int = 0
    left: float = 0.0


class LiveMailboxes:
    """Opens, shares and lets go."""

    def __init__(self, store: LiveStore, clock: Clock, log: Log, settings: LiveSettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self._log = log
        self._settings = settings or LiveSettings()
        self._held: dict[int, _Held] = {}
        self._lingering: dict[int, _Held] = {}
        self._lingering_rows = 0
        self._listeners: list[Callable[[frozenset[int]], None]] = []
        store.on_change(self._changed)

    async def open(self, folder_id: int) -> Mailbox:
        """The mailbox of a folder, as the store has it now; ``close`` it in the end. FolderGone; StoreError."""
        held = self._take(folder_id)
        try:
            await held.mailbox.refresh()
        except BaseException:
            self.close(held.mailbox)
            raise
        if held.mailbox.gone:
            self.close(held.mailbox)
            raise FolderGone(folder_id)
        return held.mailbox

    def close(self, mailbox: Mailbox) -> None:
        """One of those who opened it needs it no more."""
        folder_id = mailbox.folder.id
        held = self._held.get(folder_id)
        if held is None or held.mailbox is not mailbox:
            return
        held.holders -= 1
        if held.holders:
            return
        del self._held[folder_id]
        if mailbox.loaded and not mailbox.gone:
            held.left = self._clock.monotonic()
            self._lingering[folder_id] = held
            self._lingering_rows += len(mailbox.uids)
        self._let_go()

    def watch(self, listener: Callable[[frozenset[int]], None]) -> None:
        """Call ``listener`` in the loop with the ids of folders that changed; none: any may have."""
        self._listeners.append(listener)

    def unwatch(self, listener: Callable[[frozenset[int]], None]) -> None:
        """Call it no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def stop(self) -> None:
        """Read no more by itself; whoever holds a mailbox may keep it."""
        for held in self._held.values():
            held.mailbox.stop()
        self._listeners.clear()

    def _take(self, folder_id: int) -> _Held:
        held = self._held.get(folder_id)
        if held is None:
            held = self._linger_no_more(folder_id)
            if held is None:
                held = _Held(Mailbox(folder_id, self._store, self._log, self._settings))
            self._held[folder_id] = held
        held.holders += 1
        return held

    def _linger_no_more(self, folder_id: int) -> _Held | None:
        held = self._lingering.pop(folder_id, None)
        if held is not None:
            self._lingering_rows -= len(held.mailbox.uids)
        return held

    def _let_go(self) -> None:
        """Forget what lingers too long or is too much, first what was left first."""
        settings = self._settings
        latest = self._clock.monotonic() - settings.linger
        while self._lingering:
            folder_id, held = next(iter(self._lingering.items()))
            crowded = len(self._lingering) > settings.linger_folders or self._lingering_rows > settings.linger_rows
            if not crowded and held.left > latest:
                return
            self._linger_no_more(folder_id)

    def _changed(self, folder_ids: frozenset[int]) -> None:
        """The store has committed changes; an empty set says that any folder may have changed."""
        if self._lingering:
            self._let_go()
        for folder_id in folder_ids or [*self._held, *self._lingering]:
            held = self._held.get(folder_id) or self._lingering.get(folder_id)
            if held is not None:
                held.mailbox.named()
        for listener in list(self._listeners):
            listener(folder_ids)
