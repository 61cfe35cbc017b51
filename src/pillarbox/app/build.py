"""How is a server put together? The composition root: the only place where parts learn of each other.

Everything is built from the ground up and handed its neighbours as constructor arguments; nothing looks for anything.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from ipaddress import IPv4Network, IPv6Network
from random import SystemRandom
from typing import TypeAlias

from pillarbox.accounts.addresses import Senders
from pillarbox.accounts.key_upkeep import KeyUpkeep
from pillarbox.accounts.keys import Keys
from pillarbox.accounts.login import Login
from pillarbox.accounts.passwords import Passwords
from pillarbox.accounts.throttle import Throttle
from pillarbox.deliver.deliverer import Deliverer
from pillarbox.deliver.deliverer import Tools as DeliverTools
from pillarbox.deliver.dial import TcpDialer, TlsContexts
from pillarbox.doors.imap.connection import ImapConnection
from pillarbox.doors.imap.role import ImapRole, ImapServices
from pillarbox.doors.pop3.connection import Pop3Connection
from pillarbox.doors.pop3.role import Pop3Role, Pop3Services
from pillarbox.doors.smtp.connection import SmtpConnection
from pillarbox.doors.smtp.role import SmtpRole, SmtpServices
from pillarbox.doors.web.connection import WebConnection
from pillarbox.doors.web.role import WebRole, WebServices, WebSettings
from pillarbox.inbox.drop import DropBox
from pillarbox.intake.accept import Books, Intake
from pillarbox.intake.accept import Tools as IntakeTools
from pillarbox.intake.checks import Checks
from pillarbox.intake.counting import Counting, CountingSettings
from pillarbox.intake.own_mail import OwnMail
from pillarbox.intake.policy import Policy
from pillarbox.intake.received_reports import ReceivedReports, ReceivedSettings
from pillarbox.intake.reporting import Reporting
from pillarbox.intake.sealing import Sealing
from pillarbox.intake.session import Session, Transaction
from pillarbox.intake.signing import Signing
from pillarbox.intake.spool import Spool
from pillarbox.net.clock import Clock
from pillarbox.net.connection import Doorway
from pillarbox.net.dns import Resolver
from pillarbox.net.dns_asking import Asking, Spawning
from pillarbox.net.gate import Gate
from pillarbox.net.listener import Factory, Listener
from pillarbox.net.platform import Platform
from pillarbox.net.room import Room
from pillarbox.net.tls import Certificates, why_broken
from pillarbox.queue.assembly import Neighbours, Outgoing, assemble
from pillarbox.queue.tools import Tools as QueueTools
from pillarbox.route.forwarding import Forwarding
from pillarbox.route.recipients import Recipients
from pillarbox.route.transport import Routes

from . import portions, reading
from .certificate_order import Evidence, certifying
from .config import Loaded
from .control import ControlServer
from .ground import Ground, certificates_of, lay_ground
from .hosting import policy_settings
from .quantities import Endpoint
from .resolving import resolvers
from .server import Server
from .settings import Listener as ListenerSettings
from .submission import LocalSubmission, SubmissionSettings
from .trust import Trust
from .way_order import WayOrder

HASHERS = 2  # of them, for password hashes at a time
MESSAGE_ID_OCTETS = 12
Pause: TypeAlias = Callable[[float], Awaitable[None]]
LOOPBACK = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


@dataclass(frozen=True, slots=True)
class StandIns:
    """What a test may put in the place of the world: ``resolver`` for DNS, ``pause`` for waiting some seconds."""

    resolver: Resolver | None = None
    pause: Pause = asyncio.sleep


async def build(
    loaded: Loaded,
    platform: Platform,
    loop: asyncio.AbstractEventLoop,
    clock: Clock,
    catch_all: int | None = None,
    stand_ins: StandIns | None = None,
) -> Server:
    """A server that has not begun. ``catch_all``: the account that gets all mail (try-out mode)."""
    stand_ins = stand_ins or StandIns()
    ground = await lay_ground(loaded, platform, loop, clock)
    settings, store, log = ground.settings, ground.store, ground.log
    forwarding = Forwarding(await store.secret("srs"), clock, portions.forwarding(settings))
    recipients = Recipients(store, clock, portions.recipients(settings, catch_all), forwarding)
    senders = Senders(store, clock)
    names = resolvers(ground, stand_ins.resolver)
    routes = Routes(portions.rules(settings, loaded.folder), store.routes, clock)
    deliverer = _deliverer(ground, names.secure)
    keys = Keys(store)
    await keys.load()
    signing = Signing(keys, clock, ground.pool)
    out = _outgoing(ground, Neighbours(store, routes, recipients, deliverer, signing.of_ours))
    room = Room(loaded.data, settings.limits.disk_reserve, clock)
    certificates = certificates_of(ground)
    passwords = Passwords(ground.pool, clock, secrets.token_bytes, portions.passwords(settings), HASHERS)
    login = Login(store, passwords, Throttle(clock, portions.throttle(settings)), clock, log)
    readers = reading.put_together(ground, login, room, stand_ins.pause)
    server = Server(
        loaded, loop, clock, log, ground.metrics, store, ground.pool, ground.deadlines, certificates, names,
        out.runner, routes, recipients, senders,
        ControlServer(loaded.data, platform.private_files, secrets.token_hex(32), log), readers, deliverer,
    )  # fmt: skip
    asking = Asking(names.plain, server.spawn, portions.asking(settings))
    checks = Checks(portions.checks(settings), asking, clock, ground.pool, log, server.spawn)
    policy = Policy(
        portions.policy(settings), recipients, senders, log, ground.metrics, room,
        checks.begin if catch_all is None else _no_checks,
    )  # fmt: skip
    tools = IntakeTools(clock, loop, ground.ids, log, ground.metrics, _unique, server.spawn)
    books = _books(ground, server.spawn)
    intake = Intake(
        portions.accept(settings), store, policy, out.runner, out.reports, checks, signing,
        Sealing(keys, clock, settings.hostname), books, tools,
    )  # fmt: skip
    doors = Doors(ground, policy, intake, readers.imap, certificates, stand_ins.pause)
    server.listeners += [doors.listener(part) for part in settings.listener]
    server.control.doors["smtp"] = doors.program()
    server.control.commands["safety"] = WayOrder(deliverer, store)
    server.control.commands["submit"] = _submission(ground, policy, intake)
    upkeep = KeyUpkeep(keys, store, names.plain, clock, log, portions.keys(settings))
    mail = OwnMail(policy, intake, spool_of(ground), clock)
    reporting = Reporting(portions.reporting(settings), store, asking, mail, clock, log, portions.suffixes())
    server.trust = Trust(upkeep, books.counting, reporting, server.spawn)
    server.certifying = certifying(ground, names.plain, certificates, doors.evidence, stand_ins.pause)
    server.take_orders()
    server.measure()
    ground.metrics.gauge("store_group", "Changes in the store's last transaction.", lambda: store.last_group)
    return server


class Doors:
    """Makes listeners."""

    def __init__(
        self,
        ground: Ground,
        policy: Policy,
        intake: Intake,
        imap: ImapServices,
        certificates: Certificates | None,
        pause: Pause,
    ) -> None:
        settings, login = ground.settings, imap.login
        self._ground = ground
        self._certificates = certificates
        self._gate = Gate(portions.gate(settings), ground.clock)
        self._smtp = SmtpServices(
            ground.clock, ground.loop, self._gate, ground.log, ground.metrics, policy, intake, login, ground.pool,
            ground.store.incoming(), secrets.token_bytes, pause,
        )  # fmt: skip
        self._imap = imap
        self.evidence = Evidence()
        self._web = WebServices(
            ground.clock, ground.log, ground.metrics, ground.store, self.evidence.files, policy_settings(settings),
            self.evidence.contexts,
        )  # fmt: skip
        drops = DropBox(ground.store, ground.clock, ground.log, portions.drop(settings))
        self._pop3 = Pop3Services(ground.clock, ground.log, ground.metrics, login, drops, secrets.token_bytes, pause)

    def listener(self, part: ListenerSettings) -> Listener:
        """The listener that a [[listener]] of the settings asks for."""
        ground = self._ground
        doorway = Doorway(
            f"{part.kind} at {part.address}",
            ground.loop,
            ground.clock,
            ground.deadlines,
            self._gate,
            tls=self._certificates.context if self._certificates is not None else None,
            implicit_tls=part.tls == "implicit" and part.kind != "web",  # that looks at the first octets itself
            handshake_timeout=ground.settings.limits.tls_timeout,
            tls_failed=partial(self._tls_failed, str(part.address)),
        )
        return Listener(doorway, self._factory(part), part.address.host, part.address.port, part.proxy)

    def program(self) -> Callable[[], SmtpConnection]:
        """What `sendmail -bs` speaks with: somebody who may give the server orders, and so may send to anywhere."""
        ground = self._ground
        part = ListenerSettings(kind="submission", address=Endpoint("127.0.0.1", 0), tls="none", trusted=LOOPBACK)
        role = SmtpRole(replace(portions.smtp(part, ground.settings), name="sendmail -bs"), self._smtp)
        doorway = Doorway("sendmail -bs", ground.loop, ground.clock, ground.deadlines, self._gate)
        return lambda: SmtpConnection(role, doorway)

    def _tls_failed(self, listener: str, peer: str, error: Exception) -> None:
        self._ground.metrics.tls_failures += 1
        self._ground.log.event("tls_failed", None, peer=peer, listener=listener, reason=why_broken(error))

    def _factory(self, part: ListenerSettings) -> Factory:
        settings = self._ground.settings
        if part.kind == "web":
            showing = WebRole(str(part.address), self._web, WebSettings(tls=part.tls == "implicit"))
            return lambda doorway, proxied: WebConnection(showing, doorway, proxied)
        if part.kind == "pop3":
            reading = Pop3Role(portions.pop3(part, settings), self._pop3)
            return lambda doorway, proxied: Pop3Connection(reading, doorway, proxied)
        if part.kind == "imap":
            filing = ImapRole(portions.imap(part, settings), self._imap)
            return lambda doorway, proxied: ImapConnection(filing, doorway, proxied)
        role = SmtpRole(portions.smtp(part, settings), self._smtp)
        return lambda doorway, proxied: SmtpConnection(role, doorway, proxied)


def _deliverer(ground: Ground, resolver: Resolver) -> Deliverer:
    tools = DeliverTools(
        resolver, TcpDialer(), TlsContexts(), ground.deadlines, ground.clock, SystemRandom(), ground.metrics,
        ground.store,
    )  # fmt: skip
    return Deliverer(tools, portions.delivery(ground.settings))


def _outgoing(ground: Ground, neighbours: Neighbours) -> Outgoing:
    tools = QueueTools(ground.clock, SystemRandom().random, ground.ids, ground.log, ground.metrics)
    return assemble(portions.queue(ground.settings), neighbours, tools)


def _books(ground: Ground, spawn: Spawning) -> Books:
    part, store, pool, clock, log = ground.settings.reports, ground.store, ground.pool, ground.clock, ground.log
    counting = Counting(store, clock, pool, log, CountingSettings(send=part.send))
    return Books(counting, ReceivedReports(store, pool, clock, log, spawn, ReceivedSettings(read=part.read)))


def spool_of(ground: Ground) -> Callable[[], Spool]:
    """Makes places for the octets of messages."""
    spool = portions.spool(ground.settings)
    return lambda: Spool(spool, ground.store.incoming(), ground.loop, ground.pool)


def _submission(ground: Ground, policy: Policy, intake: Intake) -> LocalSubmission:
    limits = ground.settings.limits
    return LocalSubmission(
        SubmissionSettings(ground.settings.hostname, limits.message_size, limits.recipients),
        policy,
        intake,
        ground.store,
        spool_of(ground),
        ground.clock,
    )


def _no_checks(_session: Session, _transaction: Transaction) -> None:
    """Try-out mode: everything stays on this machine, questions to DNS too."""


def _unique() -> str:
    return secrets.token_hex(MESSAGE_ID_OCTETS)
