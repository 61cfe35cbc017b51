"""How are signing keys and reports kept in SQLite? The ``Trust`` part of the store."""

import asyncio
from collections.abc import Sequence

from apsw import Connection

from pillarbox.store.trust_rows import DkimKeyRow, DmarcCount, ReportRow

from .part import Part
from .statements import TRUST, Value, rows, single


class SqliteTrust(Part):
    """``interface.Trust``."""

    async def dkim_keys(self) -> list[DkimKeyRow]:
        """See ``interface.Trust.dkim_keys``."""
        found = await self._readers.read(lambda connection: rows(connection, TRUST["keys"]))
        return [DkimKeyRow(*row) for row in found]

    def put_dkim_key(self, row: DkimKeyRow) -> "asyncio.Future[None]":
        """See ``interface.Trust.put_dkim_key``."""
        return self._engine.write(lambda connection: _run(connection, "put_key", *row))

    def remove_dkim_key(self, domain: str, selector: str) -> "asyncio.Future[bool]":
        """See ``interface.Trust.remove_dkim_key``."""
        return self._engine.write(
            lambda connection: single(connection, TRUST["remove_key"], domain, selector) is not None
        )

    def count_dmarc(self, counts: Sequence[DmarcCount]) -> "asyncio.Future[None]":
        """See ``interface.Trust.count_dmarc``."""

        def write(connection: Connection) -> None:
            connection.executemany(TRUST["count"], counts)

        return self._engine.write(write)

    async def dmarc_days(self, before: str, limit: int) -> list[tuple[str, str]]:
        """See ``interface.Trust.dmarc_days``."""
        found = await self._readers.read(lambda connection: rows(connection, TRUST["days"], (before, limit)))
        return [(day, domain) for day, domain in found]

    async def dmarc_counts(self, day: str, domain: str, limit: int) -> list[DmarcCount]:
        """See ``interface.Trust.dmarc_counts``."""
        found = await self._readers.read(lambda connection: rows(connection, TRUST["counts"], (day, domain, limit)))
        return [DmarcCount(*row) for row in found]

    def forget_dmarc(self, day: str, domain: str) -> "asyncio.Future[None]":
        """See ``interface.Trust.forget_dmarc``."""
        return self._engine.write(lambda connection: _run(connection, "forget_counts", day, domain))

    async def reports_sent(self, kind: str, day: str) -> frozenset[str]:
        """See ``interface.Trust.reports_sent``."""
        found = await self._readers.read(lambda connection: rows(connection, TRUST["sent"], (kind, day)))
        return frozenset(domain for (domain,) in found)

    def note_report_sent(self, kind: str, day: str, domain: str) -> "asyncio.Future[None]":
        """See ``interface.Trust.note_report_sent``."""
        return self._engine.write(lambda connection: _run(connection, "note_sent", kind, day, domain))

    def keep_report(self, row: ReportRow) -> "asyncio.Future[bool]":
        """See ``interface.Trust.keep_report``."""
        return self._engine.write(lambda connection: single(connection, TRUST["keep_report"], *row) is not None)

    async def reports(self, kind: str, domain: str, since: float, limit: int) -> list[ReportRow]:
        """See ``interface.Trust.reports``."""
        bindings = kind, domain, since, limit
        found = await self._readers.read(lambda connection: rows(connection, TRUST["reports"], bindings))
        return [ReportRow(*row) for row in found]

    def forget_reports(self, before: float, day: str) -> "asyncio.Future[None]":
        """See ``interface.Trust.forget_reports``."""

        def forget(connection: Connection) -> None:
            _run(connection, "forget_reports", before)
            _run(connection, "forget_sent", day)

        return self._engine.write(forget)


def _run(connection: Connection, statement: str, *values: Value) -> None:
    connection.execute(TRUST[statement], values)
