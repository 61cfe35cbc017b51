"""What may a session ask about a folder? Which messages meet a criterion, in which order, in which conversations."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Executor

from pillarbox.inbox.live.view import View
from pillarbox.mail.query import Criterion, SortKey
from pillarbox.net.clock import Clock

from .asking import Asking, SearchDigesting, SearchStore
from .budget import Budget, SearchTooCostly
from .evaluating import Evaluation, uids_at
from .settings import SearchSettings
from .sorting import columns, in_order
from .threading import Thread, ordered_subject, references

__all__ = ["SearchSettings", "SearchTooCostly", "Searcher"]


class Searcher:
    """Searches folders as sessions see them: positions are a session's numbers less one.

    All raise SearchTooCostly when a limit is passed, and StoreError when the store fails. While one runs, the view must
    not be told of changes. ``saved`` are the UIDs of ``$`` (RFC 5182).
    """

    def __init__(
        self,
        store: SearchStore,
        digesting: SearchDigesting,
        pool: Executor,
        clock: Clock,
        settings: SearchSettings | None = None,
    ) -> None:
        self._store = store
        self._digesting = digesting
        self._pool = pool
        self._clock = clock
        self._settings = settings or SearchSettings()

    async def search(self, view: View, criterion: Criterion, saved: Sequence[int] = ()) -> list[int]:
        """The positions of the messages that meet ``criterion``, rising."""
        return await self._found(view, criterion, saved, self._asking(view))

    async def sort(
        self, view: View, criterion: Criterion, keys: Sequence[SortKey], saved: Sequence[int] = ()
    ) -> list[int]:
        """The same, ordered by ``keys`` (RFC 5256 §3)."""
        asking = self._asking(view)
        found = await self._found(view, criterion, saved, asking)
        compared = columns(keys)
        rows = {}
        if compared and found:
            uids = uids_at(view.uids, found)
            await asking.digested(uids)
            rows = await self._store.sorting(view.mailbox.folder.id, compared, uids)
        return in_order(view, found, keys, rows)

    async def thread(
        self, view: View, criterion: Criterion, algorithm: str, saved: Sequence[int] = ()
    ) -> Sequence[Thread]:
        """The same as conversations: ORDEREDSUBJECT or REFERENCES (RFC 5256 §3 and §4)."""
        asking = self._asking(view)
        found = await self._found(view, criterion, saved, asking)
        if not found:
            return []
        uids = uids_at(view.uids, found)
        await asking.digested(uids)
        rows = await self._store.threading(view.mailbox.folder.id, uids)
        arrange = {"ORDEREDSUBJECT": ordered_subject, "REFERENCES": references}[algorithm]
        position = dict(zip(uids, found, strict=True))
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, arrange, [row for row in rows if row.uid in position], position)

    async def _found(self, view: View, criterion: Criterion, saved: Sequence[int], asking: Asking) -> list[int]:
        return await Evaluation(view, saved, asking, asking.budget, self._clock.now()).all(criterion)

    def _asking(self, view: View) -> Asking:
        budget = Budget(self._clock, self._settings)
        return Asking(view.mailbox.folder.id, self._store, self._digesting, self._pool, budget, self._settings)
