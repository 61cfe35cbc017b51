"""Which MTA-STS policy does a domain have now? DNS says whether there is one, HTTPS what it is. RFC 8461 §3.

A policy that was once seen counts until it expires, whatever becomes of DNS and web server meanwhile: who can suppress
one of them cannot make us forget it (§10.2).
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass

from pillarbox.net.clock import Clock
from pillarbox.net.dns import DnsTemporary, Resolver
from pillarbox.observe.story import Chapter
from pillarbox.senderauth.tlsrpt import FailureType, PolicyType
from pillarbox.store.trust_rows import StsRow

from .keeping import Keeping
from .mta_sts import InvalidPolicy, Mode, Policy, read, version_of
from .mta_sts_fetch import Fetcher, FetchError
from .safety import Session
from .tls_counts import TlsCounts


@dataclass(frozen=True, slots=True)
class PolicySettings:
    """``wait``: seconds that mail waits for a policy not seen before; the fetch goes on without it. ``retry``: seconds
    until a fetch that failed is tried again (RFC 8461 §3.3: at least 300). ``refresh``: seconds after which a policy is
    fetched anew. ``fetches``: at a time, when many are refreshed. ``domains``: remembered in memory."""

    wait: float = 15.0
    retry: float = 300.0
    refresh: float = 86_400.0
    fetches: int = 4
    domains: int = 10_000


class Policies:
    """Finds policies, keeps them, keeps them fresh."""

    def __init__(
        self,
        resolver: Resolver,
        fetcher: Fetcher,
        keeping: Keeping,
        counts: TlsCounts,
        clock: Clock,
        settings: PolicySettings | None = None,
    ) -> None:
        self._resolver = resolver
        self._fetcher = fetcher
        self._keeping = keeping
        self._counts = counts
        self._clock = clock
        self._settings = settings or PolicySettings()
        self._rows: OrderedDict[str, StsRow | None] = OrderedDict()
        self._refreshing = False
        self._fetching: dict[str, asyncio.Task[str]] = {}
        self._failed: OrderedDict[str, tuple[str, float, str]] = OrderedDict()  # version, until when, why

    async def find(self, domain: str, story: Chapter) -> Policy | None:
        """The policy that counts for mail to ``domain`` (A-labels); None when it has none. StoreError."""
        version = await self._version(domain)
        row = await self._row(domain)
        now = self._clock.now()
        if version is not None and (row is None or row.version != version or row.expires <= now):
            trouble = await self._renew(domain, version)
            if trouble:
                story.add("sts_not_fetched", domain=domain, reason=trouble)
            row = await self._row(domain)
        if row is None or row.expires <= now:
            return None  # §3.3: as if the domain had none
        policy = read(domain, row.policy)
        if policy.mode is Mode.NONE:
            return None
        story.add("sts", domain=domain, mode=policy.mode.value, hosts=list(policy.mx[:10]), version=row.version)
        return policy

    async def refresh(self, limit: int = 1_000) -> int:
        """Fetch policies anew that are older than ``refresh`` (§3.3, §10.2); how many it tried. StoreError.

        It may take long where many do not answer; while it runs, another call does nothing.
        """
        if self._refreshing:
            return 0
        self._refreshing = True
        try:
            return await self._refresh(limit)
        finally:
            self._refreshing = False

    async def _refresh(self, limit: int) -> int:
        old = await self._keeping.old_sts_policies(self._clock.now() - self._settings.refresh, limit)
        permits = asyncio.Semaphore(self._settings.fetches)

        async def one(row: StsRow) -> None:
            async with permits:
                version = await self._version(row.domain) or row.version
                if not self._gave_up(row.domain, version):
                    await self._fetch(row.domain, version)

        await asyncio.gather(*(one(row) for row in old))
        return len(old)

    async def close(self) -> None:
        """Give up fetches under way."""
        tasks = list(self._fetching.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _version(self, domain: str) -> str | None:
        try:
            answer = await self._resolver.txt(f"_mta-sts.{domain}")
        except DnsTemporary:
            return None  # a policy that is kept still counts
        return version_of(answer.records)

    async def _row(self, domain: str) -> StsRow | None:
        if domain not in self._rows:
            self._remember(domain, await self._keeping.sts_policy(domain))
        return self._rows[domain]

    def _remember(self, domain: str, row: StsRow | None) -> None:
        self._rows[domain] = row
        self._rows.move_to_end(domain)
        if len(self._rows) > self._settings.domains:
            self._rows.popitem(last=False)

    def _gave_up(self, domain: str, version: str) -> str:
        """Why the policy was not to be had a moment ago; "" when it may be asked for."""
        failed = self._failed.get(domain)
        if failed is not None and failed[0] == version and failed[1] > self._clock.now():
            return failed[2]
        return ""

    async def _renew(self, domain: str, version: str) -> str:
        """Fetch, with others who wait for the same; why it failed, "" when it did not."""
        gave_up = self._gave_up(domain, version)
        if gave_up:
            return gave_up
        task = self._fetching.get(domain)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._fetch(domain, version), name=f"MTA-STS {domain}")
            self._fetching[domain] = task
            task.add_done_callback(lambda ended: self._fetched(domain, ended))
        done, _ = await asyncio.wait([task], timeout=self._settings.wait)
        return task.result() if done else "it takes long; the mail does not wait for it"

    def _fetched(self, domain: str, ended: "asyncio.Task[str]") -> None:
        self._fetching.pop(domain, None)
        if not ended.cancelled():
            ended.exception()  # of the store: who waits hears of it, and the next mail asks again

    async def _fetch(self, domain: str, version: str) -> str:
        now = self._clock.now()
        try:
            octets = await self._fetcher.fetch(domain)
            policy = read(domain, octets)
        except FetchError as error:
            return self._note_failure(domain, version, str(error), error.result)
        except InvalidPolicy as error:
            return self._note_failure(domain, version, str(error), FailureType.STS_POLICY_INVALID)
        row = StsRow(domain, version, now, now + policy.max_age, octets)
        await self._keeping.keep_sts_policy(row)
        self._remember(domain, row)
        self._failed.pop(domain, None)
        return ""

    def _note_failure(self, domain: str, version: str, words: str, result: str) -> str:
        now = self._clock.now()
        self._failed[domain] = version, now + self._settings.retry, words
        if len(self._failed) > self._settings.domains:
            self._failed.popitem(last=False)
        self._counts.count(Session(domain, PolicyType.STS, result=result, reason=words[:200]))
        return words
