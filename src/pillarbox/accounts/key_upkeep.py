"""When does a key begin to sign, and when does it stop? When DNS shows it; and when it does not show it any more.

A signature that nobody can check is worse than none: receivers may count it against us.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pillarbox.net.clock import Clock
from pillarbox.net.dns import Answer, DnsTemporary
from pillarbox.observe.log import Log
from pillarbox.senderauth import dkim
from pillarbox.store.interface import StoreError
from pillarbox.store.trust_rows import DkimKeyRow

from .keys import Keys, KeySettings, State, record


@dataclass(frozen=True, slots=True)
class UpkeepSettings:
    """``look``: seconds between two looks into DNS."""

    look: float = 600.0


class UpkeepStore(Protocol):
    """What of the store keeps keys."""

    def put_dkim_key(self, row: DkimKeyRow) -> "asyncio.Future[None]": ...

    def remove_dkim_key(self, domain: str, selector: str) -> "asyncio.Future[bool]": ...


class Texts(Protocol):
    """What of the resolver is asked."""

    async def txt(self, name: str) -> Answer[bytes]: ...


class KeyUpkeep:
    """Looks, key by key."""

    def __init__(  # noqa: PLR0913, PLR0917 - one for each of the world's parts it touches
        self,
        keys: Keys,
        store: UpkeepStore,
        resolver: Texts,
        clock: Clock,
        log: Log,
        settings: KeySettings,
        upkeep: UpkeepSettings | None = None,
    ) -> None:
        self._keys = keys
        self._store = store
        self._resolver = resolver
        self._clock = clock
        self._log = log
        self._settings = settings
        self._upkeep = upkeep or UpkeepSettings()

    async def run(self, pause: Callable[[float], Awaitable[None]]) -> None:
        """Look now and then, for ever."""
        while True:
            await self.look()
            await pause(self._upkeep.look)

    async def look(self) -> None:
        """Look at all keys once; what fails is tried the next time."""
        try:
            await self._keys.load()
            changed = False
            for row in self._keys.rows():
                changed |= await self._look_at(row)
            if changed:
                await self._keys.load()
        except StoreError as error:
            self._log.event("upkeep_failed", reason=str(error))

    async def _look_at(self, row: DkimKeyRow) -> bool:
        if row.state == State.RETIRED.value:
            return await self._retired(row)
        try:
            shown = await self._is_shown(row)
        except DnsTemporary:
            return False  # nobody can say: what was true stays true
        if shown and row.state == State.MADE.value:
            await self._change(row, State.ACTIVE)
            await self._retire_older(row)
            return True
        if not shown and row.state == State.ACTIVE.value:
            await self._change(row, State.MADE)
            return True
        return False

    async def _retired(self, row: DkimKeyRow) -> bool:
        if self._clock.now() < row.changed + self._settings.retired:
            return False
        await self._store.remove_dkim_key(row.domain, row.selector)
        self._log.event("key_removed", domain=row.domain, selector=row.selector)
        return True

    async def _is_shown(self, row: DkimKeyRow) -> bool:
        wanted = record(row)
        answer = await self._resolver.txt(wanted.name)
        return any(_same_key(text, wanted.text) for text in answer.records)

    async def _retire_older(self, new: DkimKeyRow) -> None:
        for row in self._keys.rows():
            older = row.made < new.made and (row.domain, row.algorithm) == (new.domain, new.algorithm)
            if older and row.state == State.ACTIVE.value:
                await self._change(row, State.RETIRED)

    async def _change(self, row: DkimKeyRow, state: State) -> None:
        await self._store.put_dkim_key(row._replace(state=state.value, changed=self._clock.now()))
        self._log.event("key_changed", domain=row.domain, selector=row.selector, state=state.value)


def _same_key(shown: bytes, wanted: str) -> bool:
    """The same public key, whatever else the record says and however it is spaced."""
    try:
        key = dkim.read_record(shown).key
        return key == dkim.read_record(wanted.encode()).key
    except dkim.RecordError:
        return False
