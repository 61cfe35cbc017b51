"""What does a listener's role make of its connections? MX, submission and LMTP differ here and nowhere else.

RFC 5321 for mail from other servers, RFC 6409 for mail from users, RFC 2033 for mail from a server in front of us.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import TypeAlias

from pillarbox.accounts.account import Account
from pillarbox.accounts.login import Login
from pillarbox.doors.listening import ListenerRole
from pillarbox.intake.accept import Intake
from pillarbox.intake.policy import Policy
from pillarbox.intake.session import Service, Session, Transaction
from pillarbox.intake.spool import Spool, SpoolSettings
from pillarbox.mail.reply import OK, Reply
from pillarbox.net.clock import Clock
from pillarbox.net.gate import Gate, canonical
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.observe.story import Event, Evidence
from pillarbox.proto.sasl import MECHANISMS
from pillarbox.proto.scram import NONCE_SIZE
from pillarbox.proto.smtp.server import Role, ServerSettings

Networks: TypeAlias = tuple[IPv4Network | IPv6Network, ...]

_ROLES = {Service.MX: Role.MX, Service.SUBMISSION: Role.SUBMISSION, Service.LMTP: Role.LMTP}


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """How patient and how open an SMTP listener is. Times in seconds, sizes in octets.

    ``session_timeout``: a whole connection; ``command_timeout``: silence between commands (RFC 5321 §4.5.3.2.7),
    ``data_timeout``: silence within a message;
    ``slow_after``/``slowest``: a body that after so many seconds came with fewer octets a second is cut off;
    ``stress_share``/``stress_timeout``: when so much of all connections is taken, patience is so short;
    ``greet_wait``: how long a stranger waits for our greeting (who talks first is no mail server);
    ``backlog``: octets that may wait while an answer is worked out.
    """

    command_timeout: float = 300.0
    session_timeout: float = 7_200.0
    data_timeout: float = 180.0
    slow_after: float = 60.0
    slowest: float = 500.0
    stress_share: float = 0.8
    stress_timeout: float = 10.0
    greet_wait: float = 1.0
    backlog: int = 256 * 1024
    cleartext_login: str = "loopback"


@dataclass(frozen=True, slots=True)
class SmtpListening:
    """What one listener is for. ``tls`` is none, starttls or implicit; peers in ``trusted`` networks may relay without
    signing in, those in ``xclient`` may say who the real client is."""

    service: Service
    name: str
    protocol: ServerSettings
    settings: SmtpSettings
    spool: SpoolSettings
    tls: str = "none"
    trusted: Networks = ()
    xclient: Networks = ()


@dataclass(slots=True)
class SmtpServices:
    """The floors below, as ``app.build`` made them."""

    clock: Clock
    loop: asyncio.AbstractEventLoop
    gate: Gate
    log: Log
    metrics: Metrics
    policy: Policy
    intake: Intake
    login: Login
    pool: Executor
    incoming: Path
    random: Callable[[int], bytes]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class SmtpRole(ListenerRole):
    """One listener's role: makes sessions, says what is offered, notes what happens."""

    def __init__(self, listening: SmtpListening, services: SmtpServices) -> None:
        super().__init__(
            listening.name, listening.settings.cleartext_login, services.clock, services.log, services.metrics
        )
        self.service = listening.service
        self.settings = listening.settings
        self.policy = services.policy
        self.intake = services.intake
        self.login = services.login
        self.pause = services.pause
        self._services = services
        self._listening = listening
        self._protocol = replace(listening.protocol, role=_ROLES[listening.service])
        self._offers: dict[tuple[bool, bool, bool], ServerSettings] = {}

    @property
    def is_lmtp(self) -> bool:
        """One answer for each recipient."""
        return self.service is Service.LMTP

    # --- what a session begins with ---

    def session(self, peer: str, port: int, cipher: str) -> Session:
        """What is known when a peer has come."""
        trusted = bool(self._listening.trusted) and _within(peer, self._listening.trusted)
        session = Session(self.service, self.name, peer, port, trusted, cipher=cipher)
        self._happened(session, "connected", peer=peer, service=self.service.value, listener=self.name)
        if cipher:
            self._note_cipher(session)
        self.note_connected(peer)
        return session

    def offers(self, session: Session) -> ServerSettings:
        """What the conversation may offer at this moment: TLS where there is none yet, sign-in where it is safe."""
        secure = bool(session.cipher)
        login = self.service is Service.SUBMISSION and self.login_is_safe(session.peer, secure)
        key = secure, login, bool(self._listening.xclient) and _within(session.peer, self._listening.xclient)
        offers = self._offers.get(key)
        if offers is None:
            offers = self._offers[key] = replace(
                self._protocol,
                starttls=self._listening.tls == "starttls" and not secure,
                requiretls=secure,
                auth=MECHANISMS if login else (),
                xclient=key[2],
                repair_line_ends=self._protocol.repair_line_ends and self.service is Service.SUBMISSION,
                future_release=self._protocol.future_release if self.service is Service.SUBMISSION else 0,
            )
        return offers

    def is_locked_out(self, session: Session) -> bool:
        """Where users sign in, who guessed too many passwords is not heard; those we trust need not sign in."""
        return (
            self.service is Service.SUBMISSION
            and not session.trusted
            and self.login.locked_out(session.peer) is not None
        )

    def greet_wait(self, session: Session) -> float:
        """Seconds until the greeting: strangers wait, our own machines do not."""
        if self.service is not Service.MX or session.trusted or canonical(session.peer).is_loopback:
            return 0.0
        return self.settings.greet_wait

    def patience(self) -> float:
        """Seconds of silence that are borne now."""
        gate = self._services.gate
        if gate.is_crowded(self.settings.stress_share):
            return self.settings.stress_timeout
        return self.settings.command_timeout

    def spool(self) -> Spool:
        """Where the next message's octets go."""
        services = self._services
        return Spool(self._listening.spool, services.incoming, services.loop, services.pool)

    def nonce(self) -> bytes:
        """Random octets for a SCRAM exchange."""
        return self._services.random(NONCE_SIZE)

    # --- what is learnt on the way ---

    def hello(self, session: Session, name: str, extended: bool) -> Reply | Awaitable[Reply]:
        """The peer says what it calls itself: noted, never believed."""
        session.hello = name
        session.extended = extended
        self._happened(session, "hello", name=name, how="EHLO" if extended else "HELO")
        return OK

    def signed_in(self, session: Session, account: Account, mechanism: str) -> None:
        """The peer has proved to be a user."""
        session.account = account
        session.mechanism = mechanism
        self.metrics.logins += 1
        self._happened(session, "login", user=account.address, mechanism=mechanism)

    def xclient(self, session: Session, attributes: Mapping[str, str | None]) -> None:
        """A trusted proxy says who its client is."""
        proxy = session.peer
        address = attributes.get("ADDR")
        if address:
            session.peer = address.removeprefix("IPV6:").removeprefix("ipv6:")
        session.hello = attributes.get("HELO") or ""
        session.trusted = bool(self._listening.trusted) and _within(session.peer, self._listening.trusted)
        self._happened(session, "proxied", proxy=proxy, peer=session.peer, name=attributes.get("NAME") or "")

    # --- what is noted ---

    def _happened(self, session: Session, kind: str, **evidence: Evidence) -> None:
        session.events.append(Event(self.clock.now(), kind, evidence))

    def note_tls(self, session: Session) -> None:
        """TLS is up; what was known before no longer counts (RFC 3207 §4.2)."""
        session.account = None
        self.metrics.tls_handshakes += 1
        self._note_cipher(session)

    def _note_cipher(self, session: Session) -> None:
        version, _, cipher = session.cipher.partition(", ")
        self._happened(session, "tls", version=version, cipher=cipher)

    def note_early(self, session: Session) -> None:
        """The peer spoke before the greeting."""
        self.metrics.early_talkers += 1
        self.log.event("early_talker", None, peer=session.peer, listener=self.name)

    def note_login_refused_in(self, session: Session, mechanism: str, reason: str) -> None:
        """A sign-in failed: it belongs to the stories of the messages of this session, too."""
        self.note_login_refused(mechanism, reason)
        self._happened(session, "login_refused", mechanism=mechanism, reason=reason)

    def note_refused_message(self, session: Session, transaction: Transaction, reply: Reply) -> None:
        """A message that came whole and was not taken."""
        self.metrics.messages_refused += 1
        self.log.event(
            "rejected",
            None,
            peer=session.peer,
            stage="END-OF-MESSAGE",
            sender=transaction.envelope.sender_text,
            helo=session.hello,
            reply=str(reply),
        )


def _within(peer: str, networks: Networks) -> bool:
    address = canonical(peer)
    return any(address in network for network in networks if network.version == address.version)
