"""How does a domain get its signing keys, and new ones? They are made here; who publishes them is a person."""

import asyncio
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.senderauth import dkim
from pillarbox.store.trust_rows import DkimKeyRow

from .keys import KeySettings, Record, State, record


class MakingStore(Protocol):
    """What of the store keeps keys."""

    async def dkim_keys(self) -> list[DkimKeyRow]: ...

    def put_dkim_key(self, row: DkimKeyRow) -> "asyncio.Future[None]": ...

    def remove_dkim_key(self, domain: str, selector: str) -> "asyncio.Future[bool]": ...


class KeyMaking:
    """Makes keys. ``changed`` is called after each change, as by accounts.management. StoreError from everything."""

    def __init__(
        self, store: MakingStore, pool: Executor, clock: Clock, settings: KeySettings, changed: Callable[[], None]
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._settings = settings
        self._changed = changed

    async def ensure(self, domain: str) -> list[DkimKeyRow]:
        """Make what ``domain`` (A-labels) lacks: a key of each algorithm; the new ones."""
        rows = await self._of(domain)
        have = {row.algorithm for row in rows if row.state != State.RETIRED.value}
        return await self._make(domain, [name for name in self._settings.algorithms if name not in have], rows)

    async def rotate(self, domain: str) -> list[DkimKeyRow]:
        """Make new keys, which take over when DNS shows them; those that were never published go. The new ones."""
        rows = await self._of(domain)
        for row in rows:
            if row.state == State.MADE.value:
                await self._store.remove_dkim_key(domain, row.selector)
        return await self._make(domain, self._settings.algorithms, rows)

    async def records(self, domain: str) -> list[Record]:
        """What DNS must show for ``domain``, retired keys included; keys are made where it has none."""
        await self.ensure(domain)
        return [record(row) for row in await self._of(domain)]

    async def _of(self, domain: str) -> list[DkimKeyRow]:
        return [row for row in await self._store.dkim_keys() if row.domain == domain]

    async def _make(self, domain: str, algorithms: Sequence[str], before: Sequence[DkimKeyRow]) -> list[DkimKeyRow]:
        taken = {row.selector for row in before}
        now, loop = self._clock.now(), asyncio.get_running_loop()
        made = []
        for algorithm in algorithms:
            selector = _selector(now, algorithm, taken)
            taken.add(selector)
            private = await loop.run_in_executor(self._pool, _new, algorithm, self._settings.rsa_bits)
            row = DkimKeyRow(domain, selector, algorithm, private, State.MADE.value, now, now)
            await self._store.put_dkim_key(row)
            made.append(row)
        if made:
            self._changed()
        return made


def _selector(now: float, algorithm: str, taken: set[str]) -> str:
    """A name that was not used: the day, and a letter for the algorithm. Used again it would mean another key."""
    first = f"{datetime.fromtimestamp(now, UTC):%Y%m%d}{algorithm[0]}"
    # Those of the day, of which the last is never forgotten before it has a successor.
    numbers = [int(name[len(first) :] or "1") for name in taken if re.fullmatch(rf"{first}\d*", name)]
    return f"{first}{max(numbers) + 1}" if numbers else first


def _new(algorithm: str, rsa_bits: int) -> str:
    key = dkim.make_ed25519() if algorithm == "ed25519" else dkim.make_rsa(rsa_bits)
    return dkim.pem(key).decode()
