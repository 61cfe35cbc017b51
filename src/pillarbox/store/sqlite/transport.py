"""What is kept of the safety of the way to others, in SQLite? The ``Transport`` part of the store."""

import asyncio
import json
from collections.abc import Sequence

from apsw import Connection

from pillarbox.store.trust_rows import StsRow, TlsCount

from .effects import Effects
from .part import Part
from .statements import TRANSPORT, Row, rows, single


class SqliteTransport(Part):
    """``interface.Transport``."""

    async def sts_policy(self, domain: str) -> StsRow | None:
        """See ``interface.Transport.sts_policy``."""
        found = await self._readers.read(lambda connection: rows(connection, TRANSPORT["policy"], (domain,)))
        return StsRow(*found[0]) if found else None

    async def old_sts_policies(self, before: float, limit: int) -> list[StsRow]:
        """See ``interface.Transport.old_sts_policies``."""
        found = await self._readers.read(
            lambda connection: rows(connection, TRANSPORT["old_policies"], (before, limit))
        )
        return [StsRow(*row) for row in found]

    def keep_sts_policy(self, row: StsRow) -> "asyncio.Future[None]":
        """See ``interface.Transport.keep_sts_policy``."""
        return self._engine.write(lambda connection: _run(connection, "keep_policy", *row))

    async def tls_seen(self, host: str) -> float | None:
        """See ``interface.Transport.tls_seen``."""
        found = await self._readers.read(lambda connection: single(connection, TRANSPORT["seen"], host))
        return found if isinstance(found, float) else None

    def note_tls_seen(self, host: str, at: float) -> "asyncio.Future[None]":
        """See ``interface.Transport.note_tls_seen``."""
        return self._engine.submit(_note_seen_group, (host, at))

    def forget_tls_seen(self, host: str) -> "asyncio.Future[None]":
        """See ``interface.Transport.forget_tls_seen``."""
        return self._engine.write(lambda connection: _run(connection, "forget_seen", host))

    def count_tls(self, counts: Sequence[TlsCount]) -> "asyncio.Future[None]":
        """See ``interface.Transport.count_tls``."""
        values = [(*count[:3], json.dumps(count.policy), json.dumps(count.mx), *count[5:]) for count in counts]

        def write(connection: Connection) -> None:
            connection.executemany(TRANSPORT["count"], values)

        return self._engine.write(write)

    async def tls_counts(self, day: str) -> list[TlsCount]:
        """See ``interface.Transport.tls_counts``."""
        found = await self._readers.read(lambda connection: rows(connection, TRANSPORT["counts"], (day,)))
        return [_count(row) for row in found]

    def forget_transport(self, now: float, seen: float, day: str) -> "asyncio.Future[None]":
        """See ``interface.Transport.forget_transport``."""

        def forget(connection: Connection) -> None:
            _run(connection, "forget_policies", now)
            _run(connection, "forget_seen_before", seen)
            _run(connection, "forget_counts", day)

        return self._engine.write(forget)


def _run(connection: Connection, statement: str, *values: str | float | bytes) -> None:
    connection.execute(TRANSPORT[statement], values)


def _note_seen_group(connection: Connection, _effects: Effects, seen: Sequence[tuple[str, float]]) -> list[None]:
    connection.executemany(TRANSPORT["note_seen"], seen)
    return [None] * len(seen)


def _count(row: Row) -> TlsCount:
    day, domain, kind, policy, mx, *rest = row
    return TlsCount(day, domain, kind, tuple(json.loads(policy)), tuple(json.loads(mx)), *rest)
