"""How does one attempt at one destination go? The plan by DNS, a connection to the first host that will, its opening.

Built once; everything it needs is handed in. The queue asks ``plan``, keeps its own count of connections under the
plan's key, asks ``connect``, and sends over the ``Connection`` as many messages as it has for that key.
"""

import asyncio
from dataclasses import dataclass, field
from random import Random

from pillarbox.mail.address import AddressError, to_ascii
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import Direct, Route, SmartHost
from pillarbox.net.clock import Clock
from pillarbox.net.deadlines import Deadlines
from pillarbox.net.dns import Resolver
from pillarbox.net.tls import why_broken
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.story import Chapter
from pillarbox.proto.smtp.client import ClientConnection, ClientSettings

from .channel import Channel
from .connection import Connection
from .dial import Dialer, TlsContexts
from .keeping import InMemory, Keeping
from .mta_sts_fetch import Fetcher, FetchSettings, HttpsFetcher
from .mta_sts_policies import Policies
from .opening import Opener, Turned, unsigned
from .outcome import Failure
from .outlook import Outlook, look
from .plan import Plan, Target
from .plan_key import smart
from .race import Race
from .refusals import LOOP, no_such_domain
from .safety import Level, level_of, weaker
from .settings import DeliverySettings
from .targets import Targets
from .tls_counts import TlsCounts
from .tls_memory import TlsMemory


@dataclass(frozen=True, slots=True)
class Tools:
    """What delivery works with. ``random`` must be unpredictable: it also gives the nonces of SCRAM. ``keeping`` keeps
    what is learnt of the safety of the way; ``fetcher`` fetches policies, None for the real web."""

    resolver: Resolver
    dialer: Dialer
    contexts: TlsContexts
    deadlines: Deadlines
    clock: Clock
    random: Random
    metrics: Metrics = field(default_factory=Metrics)
    keeping: Keeping = field(default_factory=InMemory)
    fetcher: Fetcher | None = None


class Deliverer:
    """See the module. Connections the queue keeps; what is kept here is what was learnt of the safety of the way."""

    def __init__(self, tools: Tools, settings: DeliverySettings) -> None:
        self._tools = tools
        self._settings = settings
        self.memory = TlsMemory(tools.keeping, settings.tls_memory)
        self._book = TlsCounts(tools.keeping, tools.clock)
        fetching = FetchSettings(allow_loopback=settings.allow_loopback_targets)
        fetcher = tools.fetcher or HttpsFetcher(tools.resolver, lambda: tools.contexts.verified, fetching)
        self.policies = Policies(tools.resolver, fetcher, tools.keeping, self._book, tools.clock)
        self._targets = Targets(tools.resolver, tools.random, settings, self.policies, self._book)
        self._opener = Opener(
            settings, tools.dialer, tools.contexts, tools.random, self.memory, self._book, tools.clock.now
        )

    async def close(self) -> None:
        """Give up what runs beside deliveries, and hand over what was counted. Called before the store closes."""
        await self.policies.close()
        self._book.flush()

    async def plan(self, route: Route, domain: str, story: Chapter) -> Plan | Failure:
        """Where mail for ``domain`` goes by ``route``; a Failure is temporary or permanent and says why."""
        story.add("route", domain=domain, why=route.why)
        if isinstance(route, SmartHost):
            return smart(route)
        try:
            name = domain if domain.startswith("[") else to_ascii(domain)
        except AddressError:
            return no_such_domain(domain)
        return await self._targets.direct(route, name, story)

    async def outlook(self, domain: str) -> Outlook:
        """How safe the direct way to ``domain`` is now; nothing is sent. StoreError."""
        now = self._tools.clock.now()
        plan = await self.plan(Direct(), domain, Chapter(self._tools.clock.now))
        return await look(plan, domain, self._targets, self.memory, now)

    async def connect(self, plan: Plan, story: Chapter) -> Connection | Failure:
        """A connection that is ready for mail, to the first of the plan's hosts that lets us."""
        attempts = _Attempts(plan, self._targets, self._tools, self._settings, story)
        race = Race(attempts.next_target, attempts.dial, Channel.abort, self._settings.stagger)
        try:
            async with asyncio.timeout(self._settings.timeouts.opening):
                while not attempts.is_over and (won := await race.winner()) is not None:
                    connection = await self._open(plan, *won, attempts, story)
                    if connection is not None:
                        return connection
        except TimeoutError:
            attempts.fail("4.4.1", "no host let us in within the time for all of them")
        finally:
            await race.close()
        return attempts.verdict()

    async def _open(
        self, plan: Plan, target: Target, channel: Channel, attempts: "_Attempts", story: Chapter
    ) -> Connection | None:
        """The opening; where only TLS is broken and not demanded, again with less of it (RFC 7435 §3)."""
        level = level_of(plan, target)
        turned = unsigned(plan, target) or await self._try(plan, target, channel, level, story)
        while turned is not None and turned.tls_broken and (less := weaker(level)) is not None:
            if less is Level.PLAIN:
                refusal = await self._opener.refuse_clear(plan, target, level, turned.failure.words)
                if refusal is not None:
                    turned = Turned(refusal)
                    break
            kind = "plain_again" if less is Level.PLAIN else "sts_only_testing"
            story.add(kind, host=target.host, reason=turned.failure.words)
            fresh = await attempts.dial(target)
            if fresh is None:
                return None
            level, channel = less, fresh
            turned = await self._try(plan, target, channel, level, story)
        if turned is None:
            return Connection(channel, plan, target, self._settings, self._tools.clock)
        channel.abort()
        attempts.note(turned.failure)
        return None

    async def _try(self, plan: Plan, target: Target, channel: Channel, level: Level, story: Chapter) -> Turned | None:
        try:
            await self._opener.open(channel, plan, target, level, story)
        except Turned as turned:
            channel.abort()
            return turned
        except BaseException:
            channel.abort()
            raise
        return None


class _Attempts:
    """The addresses of a plan one after another, and what became of each."""

    def __init__(self, plan: Plan, targets: Targets, tools: Tools, settings: DeliverySettings, story: Chapter) -> None:
        self.is_over = False
        self._plan = plan
        self._targets = targets
        self._tools = tools
        self._settings = settings
        self._story = story
        self._failures: list[Failure] = []
        self._waiting: list[Target] = []
        self._group = 0
        self._left = settings.addresses

    async def next_target(self) -> Target | None:
        """The next address to try, None when there is none; worse groups are looked up only when they are reached."""
        while not self._waiting and self._group < len(self._plan.groups) and not self.is_over:
            found = await self._targets.addresses(self._plan, self._group, self._story)
            self._group += 1
            if isinstance(found, Failure):
                self._note_group(found)
            else:
                self._waiting = found[::-1]
        if not self._waiting or not self._left or self.is_over:
            return None
        self._left -= 1
        return self._waiting.pop()

    def _note_group(self, failure: Failure) -> None:
        if failure.reply.status == LOOP and self._group > 1:
            self._group = len(self._plan.groups)  # we are a backup of this domain: only better hosts count
        else:
            self.note(failure)

    async def dial(self, target: Target) -> Channel | None:
        """A channel to ``target``; None, and a note of why, when it cannot be opened."""
        settings, tools = self._settings, self._tools
        client = ClientConnection(ClientSettings(settings.hostname, self._plan.lmtp, settings.replies))
        channel = Channel(client, tools.deadlines, tools.clock)
        began = tools.clock.monotonic()
        try:
            async with asyncio.timeout(settings.timeouts.connect):
                await tools.dialer.connect(channel, str(target.address), target.port)
        except OSError as error:
            tools.metrics.connections_failed += 1
            silent = isinstance(error, TimeoutError)
            words = f"no answer within {settings.timeouts.connect:g} seconds" if silent else why_broken(error)
            self._tell("not_reached", target, began, reason=words)
            self.fail("4.4.1", f"{target}: {words}", target)
            return None
        except BaseException:
            channel.abort()
            raise
        tools.metrics.connections_made += 1
        self._tell("reached", target, began)
        return channel

    def _tell(self, kind: str, target: Target, began: float, **evidence: str) -> None:
        spent = round((self._tools.clock.monotonic() - began) * 1000, 1)
        address = str(target.address)
        self._story.add(kind, host=target.host, address=address, port=target.port, ms=spent, **evidence)

    def fail(self, status: str, words: str, target: Target | None = None) -> None:
        """Note a failure in our own words."""
        host, address = (target.host, str(target.address)) if target else ("", "")
        self.note(Failure(Reply(451, status, (words,)), host, address))

    def note(self, failure: Failure) -> None:
        """Remember why one host would not do; a loop to ourselves ends the search (RFC 5321 §5.1)."""
        self._failures.append(failure)
        self.is_over = self.is_over or failure.reply.status == LOOP

    def verdict(self) -> Failure:
        """The failure for all: permanent only when every host that was asked said so (RFC 7504 §3), or it is a loop."""
        if self.is_over:
            return self._failures[-1]
        passing = [failure for failure in self._failures if not failure.is_permanent]
        for failures in ([failure for failure in passing if failure.is_remote], passing, self._failures):
            if failures:
                return failures[-1]
        return Failure(Reply(451, "4.4.1", ("no address was left to try",)))
