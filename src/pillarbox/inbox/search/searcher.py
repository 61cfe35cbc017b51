"""What may a session ask about a folder? Which messages meet a criterion, in which order, in which conversations."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import TypeVar

from pillarbox.inbox.live.view import View
from pillarbox.mail.query import Criterion, SortKey
from pillarbox.net.clock import Clock

from .asking import Asking, SearchDigesting, SearchStore
from .budget import Budget, SearchTooCostly
from .evaluating import Evaluation, uids_at
from .settings import SearchSettings
from .sorting import columns, in_order, values
from .threading import Thread, ordered_subject, references

A = TypeVar("A")
B = TypeVar("B")
R = TypeVar("R")
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
        rows = await asking.sorting(compared, uids_at(view.uids, found)) if compared else {}
        compare = values(view, found, keys, rows)
        return await self._apart(in_order, found, compare) if compared else in_order(found, compare)

    async def thread(
        self, view: View, criterion: Criterion, algorithm: str, saved: Sequence[int] = ()
    ) -> Sequence[Thread]:
        """The same as conversations: ORDEREDSUBJECT or REFERENCES (RFC 5256 §3 and §4)."""
        asking = self._asking(view)
        found = await self._found(view, criterion, saved, asking)
        uids = uids_at(view.uids, found)
        rows = await asking.threading(uids)
        arrange = {"ORDEREDSUBJECT": ordered_subject, "REFERENCES": references}[algorithm]
        return await self._apart(arrange, rows, dict(zip(uids, found, strict=True)))

    async def _apart(self, work: Callable[[A, B], R], first: A, second: B) -> R:
        """What takes long is done in the pool: everybody else waits for less of it there."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, first, second)

    async def _found(self, view: View, criterion: Criterion, saved: Sequence[int], asking: Asking) -> list[int]:
        return await Evaluation(view, saved, asking, asking.budget, self._clock.now()).all(criterion)

    def _asking(self, view: View) -> Asking:
        budget = Budget(self._clock, self._settings)
        return Asking(view.mailbox.folder.id, self._store, self._digesting, self._pool, budget, self._settings)
