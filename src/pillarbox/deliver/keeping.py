"""What does delivery want kept about the safety of the way, and what if nobody keeps it? The store, or memory."""

from asyncio import Future, get_running_loop
from collections.abc import Sequence
from typing import Protocol

from pillarbox.store.trust_rows import StsRow, TlsCount


class Keeping(Protocol):
    """The part of ``store.interface.Transport`` that delivery writes and reads."""

    async def sts_policy(self, domain: str) -> StsRow | None:
        """See the store."""

    async def old_sts_policies(self, before: float, limit: int) -> list[StsRow]:
        """See the store."""

    def keep_sts_policy(self, row: StsRow) -> "Future[None]":
        """See the store."""

    async def tls_seen(self, host: str) -> float | None:
        """See the store."""

    def note_tls_seen(self, host: str, at: float) -> "Future[None]":
        """See the store."""

    def count_tls(self, counts: Sequence[TlsCount]) -> "Future[None]":
        """See the store."""


class InMemory:
    """Keeps until the process ends: for delivery without a store."""

    def __init__(self) -> None:
        self.policies: dict[str, StsRow] = {}
        self.seen: dict[str, float] = {}
        self.counts: list[TlsCount] = []

    async def sts_policy(self, domain: str) -> StsRow | None:
        """See ``Keeping``."""
        return self.policies.get(domain)

    async def old_sts_policies(self, before: float, limit: int) -> list[StsRow]:
        """See ``Keeping``."""
        old = sorted((row for row in self.policies.values() if row.fetched < before), key=lambda row: row.fetched)
        return old[:limit]

    def keep_sts_policy(self, row: StsRow) -> "Future[None]":
        """See ``Keeping``."""
        self.policies[row.domain] = row
        return _done()

    async def tls_seen(self, host: str) -> float | None:
        """See ``Keeping``."""
        return self.seen.get(host)

    def note_tls_seen(self, host: str, at: float) -> "Future[None]":
        """See ``Keeping``."""
        self.seen[host] = at
        return _done()

    def count_tls(self, counts: Sequence[TlsCount]) -> "Future[None]":
        """See ``Keeping``."""
        self.counts += counts
        return _done()


def _done() -> "Future[None]":
    future: Future[None] = get_running_loop().create_future()
    future.set_result(None)
    return future
