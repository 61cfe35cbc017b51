"""What queue tests stand on: a real store, a world of scripted hosts, a clock that tests turn, and no sleeping."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import TypeVar

from pillarbox.deliver.job import Job
from pillarbox.deliver.outcome import Deferred, Delivered, Failure, Outcome, Refused
from pillarbox.deliver.plan import Plan
from pillarbox.mail import ids
from pillarbox.mail.address import Address
from pillarbox.mail.envelope import Recipient
from pillarbox.mail.reply import Reply
from pillarbox.mail.route import Direct, Route, SmartHost, Tls
from pillarbox.observe.log import Fields, Log, NoSink
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.story import Chapter, Event, decode
from pillarbox.queue.assembly import Neighbours, Outgoing, QueueSettings, assemble
from pillarbox.queue.bounce import ReportSettings
from pillarbox.queue.runner import RunnerSettings
from pillarbox.queue.tools import Tools
from pillarbox.route.recipients import Recipients
from pillarbox.store.interface import StoreUnavailable
from pillarbox.store.rows import (
    Acceptance,
    Accepted,
    AccountRow,
    Content,
    DomainRow,
    Enqueue,
    MessageRow,
    NewMessage,
    QueueFilter,
    QueueItem,
    Settlement,
)
from pillarbox.store.sqlite import SqliteSettings, SqliteStore

_T = TypeVar("_T")

START = 1_800_000_000.0
BODY = b"From: Ann <ann@us.test>\r\nSubject: Lunch\r\nMessage-ID: <1@us.test>\r\n\r\nHello\r\n"
OK = Reply(250, "2.0.0", ("taken",))
LATER = Reply(451, "4.7.1", ("come back later",))
NO = Reply(550, "5.1.1", ("no such user",))
TIMED_OUT = Reply(451, "4.4.1", ("no answer within 30 seconds",))


@dataclass
class HandClock:
    time: float = START

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time


@dataclass
class Host:
    """A destination. ``replies``: what it says to a recipient, one after the other, the last one for ever.

    ``unreachable``: connecting fails so. ``connect_gate`` and ``gate``: connecting and transactions wait for it.
    ``stale``: how many kept-open connections turn out to be dead at their next use. ``closing``: what it says instead
    of taking anything, and hangs up. ``dsn``: it speaks RFC 3461.
    """

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    unreachable: Failure | None = None
    gate: asyncio.Event | None = None
    connect_gate: asyncio.Event | None = None
    stale: int = 0
    closing: Reply | None = None
    dsn: bool = False
    connects: int = 0
    open: int = 0
    most_open: int = 0
    busy: int = 0
    jobs: list[Job] = field(default_factory=list)

    def answer(self, recipient: str) -> Reply:
        said = self.replies.get(recipient) or self.replies.get("*") or [OK]
        return said.pop(0) if len(said) > 1 else said[0]

    def received(self) -> list[str]:
        """The recipients that were tried, in order."""
        return [str(recipient.address) for job in self.jobs for recipient in job.recipients]


class FakeConnection:
    def __init__(self, host: Host, name: str, scene: "Scene") -> None:
        self.on_end: Callable[[], None] | None = None
        self.usable = True
        self._host = host
        self._name = name
        self._scene = scene
        self._used = False

    async def send(self, job: Job, story: Chapter) -> list[Outcome]:
        host = self._host
        if host.stale and self._used:
            host.stale -= 1
            return self._gone(job, at_once=True)
        self._used = True
        host.busy += 1
        self._scene.pulse()
        try:
            if host.gate is not None:
                await host.gate.wait()
        finally:
            host.busy -= 1
        content = job.content if isinstance(job.content, bytes) else b"".join([piece async for piece in job.content()])
        host.jobs.append(replace(job, content=content))
        self._scene.pulse()
        if host.closing is not None:
            self.usable = False
            return [
                Deferred(r, host.closing, self._name, "192.0.2.1", "MAIL FROM", is_remote=True) for r in job.recipients
            ]
        story.add("said", host=self._name, address="192.0.2.1", replies=["end of data: 250"])
        return [self._outcome(recipient) for recipient in job.recipients]

    def _gone(self, job: Job, *, at_once: bool) -> list[Outcome]:
        self.usable = False
        return [Deferred(r, TIMED_OUT, self._name, "192.0.2.1", at_once=at_once) for r in job.recipients]

    def _outcome(self, recipient: Recipient) -> Outcome:
        reply = self._host.answer(str(recipient.address))
        parts = (recipient, reply, self._name, "192.0.2.1", "RCPT TO")
        if reply.code < 300:
            return Delivered(*parts, is_remote=True, dsn_passed_on=self._host.dsn)
        return (Deferred if reply.code < 500 else Refused)(*parts, is_remote=True)

    def end(self) -> None:
        """The remote closes it while it is idle."""
        self.usable = False
        if self.on_end is not None:
            self.on_end()

    async def close(self) -> None:
        if self in self._scene.connections:
            self._scene.connections.remove(self)
            self._host.open -= 1
            self._scene.pulse()


class FakeDeliverer:
    """Hosts by name; ``mx`` says which host a domain has, its own name when it says nothing."""

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene
        self.mx: dict[str, str | Failure] = {}
        self.plan_gates: dict[str, asyncio.Event] = {}
        self.planned: list[str] = []

    async def plan(self, route: Route, domain: str, story: Chapter) -> Plan | Failure:
        self.planned.append(domain)
        self._scene.pulse()
        if domain in self.plan_gates:
            await self.plan_gates[domain].wait()
        if isinstance(route, SmartHost):
            return Plan(f"{route.host}:{route.port}", ((route.host,),), route.port, route.tls, is_direct=False)
        host = self.mx.get(domain, f"mx.{domain}")
        story.add("dns", answer=f"{domain} MX {host}")
        return host if isinstance(host, Failure) else Plan(f"{host}:25", ((host,),), 25, Tls.NONE)

    async def connect(self, plan: Plan, story: Chapter) -> FakeConnection | Failure:
        name = plan.groups[0][0]
        host = self._scene.host(name)
        host.connects += 1
        self._scene.pulse()
        if host.connect_gate is not None:
            await host.connect_gate.wait()
        if host.unreachable is not None:
            story.add("connect_failed", host=name)
            return host.unreachable
        story.add("connected", host=name)
        host.open += 1
        host.most_open = max(host.most_open, host.open)
        connection = FakeConnection(host, name, self._scene)
        self._scene.connections.append(connection)
        return connection


class FakeRouting:
    """Direct for all, except senders in ``by_sender``; ``is_slow``: the rules must be read first."""

    def __init__(self) -> None:
        self.by_sender: dict[str, Route] = {}
        self.is_slow = False

    def known(self, sender: str, domain: str) -> Route | None:
        return None if self.is_slow else self.by_sender.get(sender, Direct("no rule"))

    async def route(self, sender: str, domain: str) -> Route:
        return self.by_sender.get(sender, Direct("no rule"))


class WatchedStore(SqliteStore):
    """The real store; a test is told of each commit, and may make settling fail as a broken disk would."""

    pulse: Callable[[], None]
    fails: bool = False
    settlements: list[Settlement]
    claimed: int = 0

    def settle(self, settlement: Settlement) -> "asyncio.Future[Accepted]":
        if self.fails:
            failed: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
            failed.set_exception(StoreUnavailable("the disk is broken"))
            return self._watched(failed)
        self.settlements.append(settlement)
        return self._watched(super().settle(settlement))

    def claim(
        self, now: float, lease: float, limit: int, parked: Mapping[str, float]
    ) -> "asyncio.Future[list[QueueItem]]":
        self.claimed += 1
        return self._watched(super().claim(now, lease, limit, parked))

    def unlease(self, queue_ids: Sequence[int], due: float) -> "asyncio.Future[None]":
        return self._watched(super().unlease(queue_ids, due))

    def renew(self, queue_ids: Sequence[int], lease: float) -> "asyncio.Future[None]":
        return self._watched(super().renew(queue_ids, lease))

    async def next_due(self) -> float | None:
        found = await super().next_due()
        asyncio.get_running_loop().call_soon(self.pulse)
        return found

    def _watched(self, future: "asyncio.Future[_T]") -> "asyncio.Future[_T]":
        future.add_done_callback(lambda _: asyncio.get_running_loop().call_soon(self.pulse))
        return future


class Scene:
    """One server's queue. ``settings`` may be changed before ``begin``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = HandClock()
        self.hosts: dict[str, Host] = {}
        self.connections: list[FakeConnection] = []
        self.deliverer = FakeDeliverer(self)
        self.routing = FakeRouting()
        self.logged: list[tuple[str, str | None, dict[str, object]]] = []
        self.metrics = Metrics()
        self.settings = QueueSettings(ReportSettings("us.test"), runner=RunnerSettings(heartbeat=36_000, drain=0.2))
        self.chance = 0.5
        self.store: WatchedStore
        self.queue: Outgoing
        self._ids = ids.IdSource()
        self._pulse = asyncio.Event()

    # --- life ---

    async def open(self) -> None:
        numbers = count(1)
        store = await WatchedStore.open(
            self.folder,
            clock=self.clock,
            random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
            settings=SqliteSettings(),
            loop=asyncio.get_running_loop(),
        )
        assert isinstance(store, WatchedStore)
        store.pulse, store.settlements = self.pulse, []
        self.store = store
        self.assemble()

    def assemble(self) -> None:
        log = Log(NoSink(), self._render, self.clock.now)
        tools = Tools(self.clock, lambda: self.chance, self._ids, log, self.metrics)
        recipients = Recipients(self.store, self.clock)
        self.queue = assemble(self.settings, Neighbours(self.store, self.routing, recipients, self.deliverer), tools)

    async def begin(self) -> None:
        await self.queue.runner.start()

    async def crash(self) -> None:
        """The process is gone, and a new one starts on the same store."""
        await self.store.close()
        await self.open()

    # --- mail ---

    def host(self, name: str) -> Host:
        return self.hosts.setdefault(name, Host())

    async def account(self, address: str, octets: int | None = None) -> int:
        domain = address.partition("@")[2]
        await self.store.put_domain(DomainRow(domain))
        row = AccountRow(0, address, "", None, None, octets, None, True, START)
        return await self.store.add_account(row, [("INBOX", None)])

    def message(self, sender: str = "ann@far.test", body: bytes = BODY, **more: object) -> NewMessage:
        number = self._ids.next(self.clock.now())
        header = body.find(b"\r\n\r\n") + 4
        return NewMessage(number, self.clock.now(), sender, Content(b"", body, len(body)), header, **more)  # type: ignore[arg-type]

    def row(self, recipient: str, **more: object) -> Enqueue:
        now = self.clock.now()
        domain = Address.parse(recipient).ascii_domain
        return replace(Enqueue(recipient, domain, now, now + 5 * 86_400), **more)  # type: ignore[arg-type]

    async def store_rows(self, *recipients: str, message: NewMessage | None = None, **more: object) -> int:
        """Store a message whose rows wait in the store; its id."""
        message = message or self.message()
        rows = [self.row(recipient, **more) for recipient in recipients]
        await self.store.accept(Acceptance(message, "[]", queued=rows))
        return message.id

    async def hand_over(self, *recipients: str, message: NewMessage | None = None, **more: object) -> int:
        """As intake does: ask for places, commit, hand over; its id."""
        message = message or self.message()
        runner = self.queue.runner
        rows = [self.row(r, lease=runner.admit(r.partition("@")[2]), **more) for r in recipients]
        accepted = await self.store.accept(Acceptance(message, "[]", queued=rows))
        kept = MessageRow.of(message)
        pairs = zip(accepted.queue_ids, rows, strict=True)
        items = [QueueItem.of(number, kept, row) for number, row in pairs if row.lease]
        body = message.content.body
        assert isinstance(body, bytes)
        if items:
            runner.handover(items, body)
        if len(items) < len(rows):
            runner.wake()
        return message.id

    # --- looking ---

    def pulse(self) -> None:
        self._pulse.set()

    async def until(self, condition: Callable[[], bool], seconds: float = 10.0) -> None:
        """Wait until ``condition``; it is looked at whenever something happened."""
        async with asyncio.timeout(seconds):
            while not condition():
                self._pulse.clear()
                await self._pulse.wait()

    async def until_async(self, condition: Callable[[], Awaitable[bool]], seconds: float = 10.0) -> None:
        async with asyncio.timeout(seconds):
            self._pulse.clear()
            while not await condition():
                await self._pulse.wait()
                self._pulse.clear()

    async def settled(self, number: int) -> None:
        """Wait until so many settlements are committed and their rows have left the window."""
        await self.until(lambda: len(self.store.settlements) >= number and not self.in_work())

    def in_work(self) -> int:
        return len(self.queue.runner.window)

    def pass_seconds(self, seconds: float) -> None:
        self.clock.time += seconds
        self.queue.runner.tick()

    async def later(self, seconds: float) -> None:
        """All that can happen happens; ``seconds`` pass; all that can happen happens."""
        await self.quiet()
        self.pass_seconds(seconds)
        await self.quiet()

    async def let_pass(self, seconds: int, until: Callable[[], bool] = lambda: False) -> None:
        """Second by second; in each, all happens that can happen."""
        for _ in range(seconds):
            self.pass_seconds(1)
            await self.quiet()
            if until():
                break

    async def quiet(self) -> None:
        """Wait until nothing changes any more, whatever the store is asked in between."""
        before, same = None, 0
        while same < 3:
            self.queue.runner.tick()
            await self.store.renew([], 0.0)
            await self.store.next_due()
            now = (
                self.queue.runner.is_busy,
                self.in_work(),
                self.store.claimed,
                len(self.store.settlements),
                len(self.logged),
            )
            before, same = now, same + 1 if now == before and not now[0] else 0

    async def rows(self) -> list[QueueItem]:
        return await self.store.queue_rows(QueueFilter(everything=True), limit=100_000)

    async def told(self, message_id: int) -> list[Event]:
        """The story of a message, without the chapter of its arrival."""
        return [event for chapter in await self.store.story(message_id) for event in decode(chapter)]

    def kinds(self, kind: str) -> list[dict[str, object]]:
        """What was logged as ``kind``."""
        return [fields for logged, _, fields in self.logged if logged == kind]

    def _render(self, at: float, kind: str, message_id: str | None, fields: Fields) -> str:
        self.logged.append((kind, message_id, dict(fields)))
        self.pulse()
        return ""


@asynccontextmanager
async def a_scene(folder: Path) -> AsyncIterator[Scene]:
    scene = Scene(folder)
    await scene.open()
    try:
        yield scene
    finally:
        for host in scene.hosts.values():
            for gate in (host.gate, host.connect_gate):
                if gate is not None:
                    gate.set()
        await scene.queue.runner.stop()
        await scene.store.close()
