"""What do we count for the owners of domains? Each message in their name, for the daily report of RFC 9990.

Nothing waits for it: what was found is kept in memory for a moment and written in one go, worked out in the pool.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.senderauth import aggregate
from pillarbox.senderauth.aggregate import DkimAuth, Override, Row, SpfAuth
from pillarbox.senderauth.dmarc_record import Policy
from pillarbox.store.interface import StoreError, Trust
from pillarbox.store.trust_rows import DmarcCount

from .verdicts import Verdict


@dataclass(frozen=True, slots=True)
class CountingSettings:
    """``send``: count at all. ``flush``: seconds between two writes. ``held``: messages held in memory; more than that
    between two writes are not counted."""

    send: bool = True
    flush: float = 60.0
    held: int = 10_000


class _Seen(NamedTuple):
    at: float
    verdict: Verdict


class Counting:
    """Counts verdicts."""

    def __init__(self, store: Trust, clock: Clock, pool: Executor, log: Log, settings: CountingSettings) -> None:
        self._store = store
        self._clock = clock
        self._pool = pool
        self._log = log
        self._settings = settings
        self._seen: list[_Seen] = []

    def note(self, verdict: Verdict) -> None:
        """Count a message whose author's domain wants reports."""
        dmarc = verdict.evidence.dmarc
        if dmarc is None or dmarc.record is None or not dmarc.record.rua or not self._settings.send:
            return
        if len(self._seen) < self._settings.held:
            self._seen.append(_Seen(self._clock.now(), verdict))

    async def run(self, pause: Callable[[float], Awaitable[None]]) -> None:
        """Write now and then, for ever."""
        while True:
            await pause(self._settings.flush)
            await self.flush()

    async def flush(self) -> None:
        """Write what was counted. What the store will not take is forgotten: it is statistics."""
        seen, self._seen = self._seen, []
        if not seen:
            return
        try:
            counts = await asyncio.get_running_loop().run_in_executor(self._pool, _counts, seen)
            await self._store.count_dmarc(counts)
        except StoreError as error:
            self._log.event("upkeep_failed", reason=str(error))


def day_of(moment: float) -> str:
    """The day in UTC, as counts name it."""
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d}"


def _counts(seen: Sequence[_Seen]) -> list[DmarcCount]:
    found = Counter(_key(one) for one in seen)
    return [DmarcCount(*key, number) for key, number in found.items()]


def _key(seen: _Seen) -> tuple[str, str, str, str]:
    evidence = seen.verdict.evidence
    dmarc = evidence.dmarc
    assert dmarc is not None
    assert dmarc.record is not None
    row = aggregate.row(dmarc, evidence.spf, evidence.dkims, str(evidence.address), _done(seen.verdict))
    if seen.verdict.override == "trusted_forwarder":
        row = replace(row, overrides=(Override("trusted_forwarder", "a trusted ARC seal says that DMARC passed"),))
    return day_of(seen.at), dmarc.policy_found_at, dmarc.record.text, json.dumps(asdict(row), sort_keys=True)


def _done(verdict: Verdict) -> Policy:
    if verdict.refusal is not None:
        return Policy.REJECT
    return Policy.QUARANTINE if verdict.junk else Policy.NONE


def row_of(count: DmarcCount) -> Row:
    """The row of a report that a count stands for."""
    values: Mapping[str, Any] = json.loads(count.evidence)
    found = Row(**values)
    return replace(
        found,
        count=count.messages,
        overrides=tuple(Override(**one) for one in values["overrides"]),
        dkim_results=tuple(DkimAuth(**one) for one in values["dkim_results"]),
        spf_results=tuple(SpfAuth(**one) for one in values["spf_results"]),
    )
