"""Which messages meet a criterion that their contents decide? The store is asked for what was computed from them.

What is not digested yet is digested first. Where only a part of a text was kept, the octets are looked through.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import Executor
from itertools import compress
from typing import Protocol

from pillarbox.mail.folding import fold
from pillarbox.mail.query import Body, Criterion, Header, Sent, Text, ThreadId
from pillarbox.store.digests import Threading, Worded
from pillarbox.store.rows import Octets

from . import doubts
from .budget import Budget
from .columns import span
from .settings import SearchSettings
from .sorting import Row

# Fields of which the decoded text is kept apart.
_NAMES = {"from": "sender", "to": "to", "cc": "cc", "bcc": "bcc", "subject": "subject"}
# Days that no date is before or behind.
_FIRST, _LAST = 0, 10_000_000
DIGESTED_AT_ONCE = 100


class SearchStore(Protocol):
    """What searching needs of the store; see ``store.interface``."""

    async def without_digest(self, folder_id: int, uids: Sequence[int]) -> dict[int, int]: ...

    async def uids_named(self, folder_id: int, column: str, wanted: str, uids: Sequence[int]) -> list[int]: ...

    async def uids_worded(self, folder_id: int, where: str, wanted: str, uids: Sequence[int]) -> Worded: ...

    async def uids_with_field(self, folder_id: int, name: str, wanted: str, uids: Sequence[int]) -> Worded: ...

    async def uids_sent(self, folder_id: int, first: int, last: int, uids: Sequence[int]) -> list[int]: ...

    async def uids_of_thread(self, folder_id: int, thread: str, uids: Sequence[int]) -> list[int]: ...

    async def sorting(self, folder_id: int, columns: Sequence[str], uids: Sequence[int]) -> dict[int, Row]: ...

    async def threading(self, folder_id: int, uids: Sequence[int]) -> list[Threading]: ...

    async def octets(self, folder_id: int, uids: Sequence[int], limit: int) -> list[Octets]: ...

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...


class SearchDigesting(Protocol):
    """What searching needs of ``inbox.digesting.Digesting``."""

    async def of(self, message_ids: Sequence[int], column: str) -> dict[int, bytes]: ...


class Asking:
    """Asks about the contents of a folder's messages, within one search's budget."""

    def __init__(
        self,
        folder_id: int,
        store: SearchStore,
        digesting: SearchDigesting,
        pool: Executor,
        budget: Budget,
        settings: SearchSettings,
    ) -> None:
        self._folder_id = folder_id
        self._store = store
        self._digesting = digesting
        self._pool = pool
        self.budget = budget
        self._settings = settings

    async def among(self, criterion: Criterion, positions: Sequence[int], uids: Sequence[int]) -> list[int]:
        """Those of ``positions`` whose message (``uids`` are theirs, rising) meets ``criterion``."""
        found: list[int] = []
        at = 0
        async for some in self._slices(uids):
            met = await self._slice(criterion, some)
            found += compress(positions[at : at + len(some)], map(met.__contains__, some))
            at += len(some)
        return found

    async def sorting(self, columns: Sequence[str], uids: Sequence[int]) -> dict[int, Row]:
        """What SORT compares, by UID."""
        found: dict[int, Row] = {}
        async for some in self._slices(uids):
            await self._digest(await self._store.without_digest(self._folder_id, some))
            found |= await self._store.sorting(self._folder_id, columns, some)
        return found

    async def threading(self, uids: Sequence[int]) -> list[Threading]:
        """What THREAD needs, by rising UID."""
        found: list[Threading] = []
        async for some in self._slices(uids):
            await self._digest(await self._store.without_digest(self._folder_id, some))
            meant = set(some)
            found += [row for row in await self._store.threading(self._folder_id, some) if row.uid in meant]
        return found

    async def _slices(self, uids: Sequence[int]) -> AsyncIterator[Sequence[int]]:
        for start in range(0, len(uids), self._settings.search_slice):
            await self.budget.breathe()
            yield uids[start : start + self._settings.search_slice]

    async def _slice(self, criterion: Criterion, uids: Sequence[int]) -> set[int]:
        missing, worded = await asyncio.gather(
            self._store.without_digest(self._folder_id, uids), self._ask(criterion, uids)
        )
        found = set(worded.sure)
        doubtful = worded.doubtful
        late = sorted(missing.keys() & set(uids)) if missing else []
        if late:
            await self._digest({uid: missing[uid] for uid in late})
            worded = await self._ask(criterion, late)
            found.update(worded.sure)
            doubtful = sorted({*doubtful, *worded.doubtful})
        if doubtful and isinstance(criterion, Body | Text | Header):
            found.update(await self._looked_through(criterion, sorted(set(doubtful).intersection(uids))))
        return found

    async def _digest(self, missing: dict[int, int]) -> None:
        waiting = list(missing.values())
        for start in range(0, len(waiting), DIGESTED_AT_ONCE):
            await self.budget.breathe()
            await self._digesting.of(waiting[start : start + DIGESTED_AT_ONCE], "preview")

    async def _ask(self, criterion: Criterion, uids: Sequence[int]) -> Worded:
        folder_id, store = self._folder_id, self._store
        match criterion:
            case Header(name=name, text=text) if name in _NAMES and (wanted := fold(text)):
                return Worded(await store.uids_named(folder_id, _NAMES[name], wanted, uids), [])
            case Header(name=name, text=text):
                return await store.uids_with_field(folder_id, name, fold(text), uids)
            case Body(text=text):
                return await store.uids_worded(folder_id, "body", fold(text), uids)
            case Text(text=text):
                return await store.uids_worded(folder_id, "text", fold(text), uids)
            case Sent(when=when, day=day):
                first, end = span(when, day.toordinal())
                days = int(max(first, _FIRST)), int(min(end - 1, _LAST))
                return Worded(await store.uids_sent(folder_id, *days, uids), [])
            case ThreadId(id=thread):
                return Worded(await store.uids_of_thread(folder_id, thread, uids), [])
            case _:
                raise TypeError(f"nobody knows how to look for {criterion!r}")

    # --- where the index has only a part -----------------------------------------------------------------------------

    async def _looked_through(self, criterion: doubts.Worded, uids: Sequence[int]) -> list[int]:
        check = doubts.check(criterion)
        loop = asyncio.get_running_loop()
        found: list[int] = []
        at = 0
        while at < len(uids):
            await self.budget.breathe()
            batch = await self._store.octets(self._folder_id, uids[at:], self._settings.search_batch)
            if not batch:
                break
            at = uids.index(batch[-1].uid, at) + 1
            whole = [await self._whole(entry) for entry in batch]
            found += await loop.run_in_executor(self._pool, _passed, check, whole)
        return found

    async def _whole(self, entry: Octets) -> tuple[int, bytes, bytes]:
        data = entry.data
        if data is None:
            data = await self._large(entry.message_id)
        else:
            self.budget.spend(len(data))
        return entry.uid, entry.prefix, data

    async def _large(self, message_id: int) -> bytes:
        pieces = []
        try:
            async for piece in self._store.read_slices(message_id, 0, self._settings.search_message):
                self.budget.spend(len(piece))
                pieces.append(piece)
        except KeyError:  # it was removed a moment ago
            return b""
        return b"".join(pieces)


def _passed(check: doubts.Check, messages: Sequence[tuple[int, bytes, bytes]]) -> list[int]:
    return [uid for uid, prefix, octets in messages if check(prefix, octets)]
