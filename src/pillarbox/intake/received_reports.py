"""What do others say of mail in our name? Their reports (RFC 9990, RFC 8460) are read when they come in, and kept.

A report stays a message as any other; it is opened in the pool, behind the commit.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Executor
from dataclasses import asdict, dataclass
from typing import Protocol

from pillarbox.mail import ids
from pillarbox.net.clock import Clock
from pillarbox.net.dns_asking import Spawning
from pillarbox.observe.log import Log
from pillarbox.observe.story import Chapter
from pillarbox.senderauth import report_found
from pillarbox.senderauth.aggregate import AggregateReport
from pillarbox.senderauth.dmarc import DmarcResult
from pillarbox.senderauth.report_found import Found, Unreadable
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Acceptance, DomainRow
from pillarbox.store.trust_rows import ReportRow

from .verdicts import Verdict

# RFC 9990 §2.5.2 and RFC 8460 §5.3 say what such letters look like; some write a word in brackets before it.
_REPORT = re.compile(
    rb"^(?:tls-report-domain[ \t]*:|subject[ \t]*:[ \t\r\n]*(?:\[[^\]\n]{0,40}\][ \t]*)?report[ \t]+domain:)",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class ReceivedSettings:
    """``read``: open reports. ``octets``: of a message that is looked into. ``at_once``: messages opened at a time."""

    read: bool = True
    octets: int = 20 * 1024 * 1024
    at_once: int = 1


class ReceivedStore(Protocol):
    """What of the store is needed: see store.interface."""

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...

    async def domain(self, name: str) -> DomainRow | None: ...

    def keep_report(self, row: ReportRow) -> "asyncio.Future[bool]": ...

    def tell(self, message_id: int, chapter: str) -> "asyncio.Future[None]": ...


class ReceivedReports:
    """Finds reports among what is filed."""

    def __init__(
        self,
        store: ReceivedStore,
        pool: Executor,
        clock: Clock,
        log: Log,
        spawn: Spawning,
        settings: ReceivedSettings,
    ) -> None:
        self._store = store
        self._pool = pool
        self._clock = clock
        self._log = log
        self._spawn = spawn
        self._settings = settings
        self._permits = asyncio.Semaphore(settings.at_once)

    def look_at(self, acceptance: Acceptance, header: bytes, verdict: Verdict) -> None:
        """Open the message, which is stored, if it looks like a report."""
        size = acceptance.message.content.size
        if not self._settings.read or not acceptance.filings or size > self._settings.octets:
            return
        if _REPORT.search(header):
            self._spawn(self._open(acceptance.message.id, size, verdict))

    async def _open(self, message_id: int, size: int, verdict: Verdict) -> None:
        try:
            async with self._permits:
                message = b"".join([octets async for octets in self._store.read_slices(message_id, 0, size)])
                loop = asyncio.get_running_loop()
                found = await loop.run_in_executor(self._pool, report_found.reports, message)
            chapter = Chapter(self._clock.now)
            for one in found:
                await self._keep(one, message_id, verdict, chapter)
            if chapter.events:
                await self._store.tell(message_id, chapter.encode())
        except (StoreError, KeyError) as error:  # KeyError: somebody has removed the message already
            self._log.event("report_unread", ids.encode(message_id), reason=str(error))

    async def _keep(self, found: Found, message_id: int, verdict: Verdict, chapter: Chapter) -> None:
        if isinstance(found, Unreadable):
            chapter.add("report_unreadable", name=found.name, why=found.reason)
            return
        dmarc = verdict.evidence.dmarc
        vouched = dmarc.domain if dmarc is not None and dmarc.result is DmarcResult.PASS else ""
        for row in _rows(found, message_id, self._clock.now(), vouched):
            if await self._store.domain(row.domain) is not None and await self._store.keep_report(row):
                chapter.add("report_kept", what=row.kind.upper(), domain=row.domain, reporter=row.reporter)


def _rows(report: Found, message_id: int, now: float, vouched: str) -> Iterator[ReportRow]:
    """The report as rows, one a domain; their ``document`` says also who ``vouched`` for the message (by DMARC)."""
    if isinstance(report, Unreadable):
        return
    document = json.dumps(asdict(report) | {"vouched": vouched})
    if isinstance(report, AggregateReport):
        about = report.metadata
        yield ReportRow(
            "dmarc", report.policy.domain.lower(), about.org_name, about.report_id, about.begin, about.end, now,
            message_id, document,
        )  # fmt: skip
        return
    for domain in dict.fromkeys(policy.domain.lower() for policy in report.policies):
        yield ReportRow(
            "tls", domain, report.organization, report.report_id, report.begin, report.end, now, message_id, document
        )
