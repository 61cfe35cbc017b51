"""Who hears what we saw? Daily reports to the owners of domains: RFC 9990 on DMARC, RFC 8460 on TLS.

A domain that publishes a policy asks for them; without them nobody could find out what a stricter policy would break.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import NamedTuple, Protocol, TypeVar

from pillarbox.mail.address import Address
from pillarbox.mail.reply import Reply
from pillarbox.net.clock import Clock
from pillarbox.net.dns_asking import Asking, Done
from pillarbox.observe.log import Log
from pillarbox.senderauth import aggregate, dmarc_destination, dmarc_record, tlsrpt_record
from pillarbox.senderauth.aggregate import AggregateReport, ReportMetadata
from pillarbox.senderauth.asking import Check
from pillarbox.senderauth.organisation import Suffixes
from pillarbox.senderauth.report_letter import Letter, Sending, aggregate_letter, tls_letter
from pillarbox.senderauth.tlsrpt import TlsFailure, TlsPolicy, TlsReport
from pillarbox.store.interface import StoreError
from pillarbox.store.trust_rows import DmarcCount, TlsCount

from .counting import day_of, row_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReportingSettings:
    """``hostname``: who reports; ``sender``: in whose name (From). ``send``: whether at all. ``every``: seconds between
    two looks whether a report is due. ``rows``: rows of one report; ``domains``: reports made at one look. ``days``:
    how long it is tried while DNS or a recipient's server is silent; ``keep``: seconds that received reports are kept.
    """

    hostname: str
    sender: Address
    send: bool = True
    every: float = 3_600.0
    rows: int = 10_000
    domains: int = 1_000
    days: int = 3
    keep: float = 400 * 86_400


class ReportStore(Protocol):
    """What of the store is needed: see store.interface."""

    async def dmarc_days(self, before: str, limit: int) -> list[tuple[str, str]]: ...

    async def dmarc_counts(self, day: str, domain: str, limit: int) -> list[DmarcCount]: ...

    def forget_dmarc(self, day: str, domain: str) -> "asyncio.Future[None]": ...

    async def tls_counts(self, day: str) -> list[TlsCount]: ...

    async def reports_sent(self, kind: str, day: str) -> frozenset[str]: ...

    def note_report_sent(self, kind: str, day: str, domain: str) -> "asyncio.Future[None]": ...

    def forget_reports(self, before: float, day: str) -> "asyncio.Future[None]": ...


class Sends(Protocol):
    """Who hands messages in: intake.own_mail."""

    async def send(self, content: bytes, recipient: Address, why: str) -> Reply: ...


class Reporting:
    """Makes reports and sends them."""

    def __init__(  # noqa: PLR0913, PLR0917 - one for each of the world's parts it touches
        self,
        settings: ReportingSettings,
        store: ReportStore,
        asking: Asking,
        mail: Sends,
        clock: Clock,
        log: Log,
        suffixes: Suffixes | None = None,
    ) -> None:
        self._settings = settings
        self._store = store
        self._asking = asking
        self._mail = mail
        self._clock = clock
        self._log = log
        self._suffixes = suffixes

    async def run(self, pause: Callable[[float], Awaitable[None]]) -> None:
        """Look now and then, for ever."""
        while True:
            await pause(self._settings.every)
            await self.look()

    async def look(self) -> None:
        """Send what is due; what fails is tried at the next look."""
        now = self._clock.now()
        try:
            await self._store.forget_reports(now - self._settings.keep, day_of(now - 30 * 86_400))
            if self._settings.send:
                await self._all_dmarc(now)
                for back in range(1, self._settings.days + 1):
                    await self._all_tls(day_of(now - back * 86_400))
        except (StoreError, OSError) as error:
            self._log.event("upkeep_failed", reason=str(error))

    # --- DMARC ------------------------------------------------------------------------------------------------------

    async def _all_dmarc(self, now: float) -> None:
        oldest = day_of(now - self._settings.days * 86_400)
        for day, domain in await self._store.dmarc_days(day_of(now), self._settings.domains):
            if await self._dmarc(day, domain) or day < oldest:
                await self._store.forget_dmarc(day, domain)

    async def _dmarc(self, day: str, domain: str) -> bool:
        """True when there is nothing more to do for that day and domain."""
        counts = await self._store.dmarc_counts(day, domain, self._settings.rows)
        newest = max(
            (count.record for count in counts), key=lambda text: sum(c.messages for c in counts if c.record == text)
        )
        record = dmarc_record.parse(newest.encode())
        if record is None:
            return True
        report = AggregateReport(
            self._metadata(day, domain), aggregate.published(domain, record), aggregate.merged(map(row_of, counts))
        )
        done = True
        for wanted in record.rua:
            permission = await self._ask(dmarc_destination.permission(domain, wanted, self._suffixes))
            done = done and not permission.again
            for destination in permission.destinations:
                letter = aggregate_letter(report, destination.address, self._sending())
                if destination.most is None or letter.attachment <= destination.most:
                    done = await self._sent(letter, destination.address, _About("dmarc", day, domain)) and done
        return done

    def _metadata(self, day: str, domain: str) -> ReportMetadata:
        begin, end = _span(day)
        name = self._settings.hostname
        return ReportMetadata(
            name, str(self._settings.sender), f"{day}.{domain}@{name}", begin, end, generator="Pillarbox"
        )

    # --- TLS --------------------------------------------------------------------------------------------------------

    async def _all_tls(self, day: str) -> None:
        sent = await self._store.reports_sent("tls", day)
        counts = sorted(await self._store.tls_counts(day), key=lambda count: count.domain)
        for domain, group in groupby(counts, lambda count: count.domain):
            if domain not in sent and await self._tls(day, domain, list(group)):
                await self._store.note_report_sent("tls", day, domain)

    async def _tls(self, day: str, domain: str, counts: Sequence[TlsCount]) -> bool:
        found = await self._ask(tlsrpt_record.destinations(domain))
        if found.again:
            return False
        begin, end = _span(day)
        name = self._settings.hostname
        report = TlsReport(
            name, str(self._settings.sender), f"{day}.{domain}@{name}", begin, end, _policies(domain, counts)
        )
        done = True
        for recipient in found.mail:
            letter = tls_letter(report, domain, recipient, self._sending())
            done = await self._sent(letter, recipient, _About("tls", day, domain)) and done
        return done

    # --- both -------------------------------------------------------------------------------------------------------

    def _sending(self) -> Sending:
        return Sending(self._settings.hostname, self._settings.sender, self._clock.now())

    async def _sent(self, letter: Letter, recipient: Address, about: "_About") -> bool:
        """True when it is out, or can never be. Each address gets it once, however often one of them is tried again."""
        key = f"{about.domain} {recipient.key}"
        if key in await self._store.reports_sent(about.kind, about.day):
            return True
        reply = await self._mail.send(letter.content, recipient, f"a report on {about}")
        self._log.event("report_sent", about=str(about), recipient=str(recipient), reply=str(reply))
        if not reply.is_temporary:
            await self._store.note_report_sent(about.kind, about.day, key)
        return not reply.is_temporary

    async def _ask(self, check: Check[T]) -> T:
        run = self._asking.run(check)
        return run.value if isinstance(run, Done) else await run


class _About(NamedTuple):
    """What a report speaks of."""

    kind: str
    day: str
    domain: str

    def __str__(self) -> str:
        what = "DMARC of" if self.kind == "dmarc" else "TLS to"
        return f"{what} {self.domain} on {self.day}"


def _span(day: str) -> tuple[int, int]:
    """The first and the last second of a day."""
    begin = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return int(begin.timestamp()), int((begin + timedelta(days=1)).timestamp()) - 1


def _policies(domain: str, counts: Sequence[TlsCount]) -> tuple[TlsPolicy, ...]:
    found: dict[tuple[str, tuple[str, ...], tuple[str, ...]], list[TlsCount]] = {}
    for count in counts:
        found.setdefault((count.kind, count.policy, count.mx), []).append(count)
    return tuple(
        TlsPolicy(
            kind, domain, policy, mx,
            sum(one.sessions for one in group if not one.result),
            sum(one.sessions for one in group if one.result),
            tuple(_failure(one) for one in group if one.result),
        )
        for (kind, policy, mx), group in found.items()
    )  # fmt: skip


def _failure(count: TlsCount) -> TlsFailure:
    return TlsFailure(
        count.result, count.sessions, receiving_host=count.host, receiving_helo=count.helo, receiving_ip=count.address,
        information=count.reason,
    )  # fmt: skip
