"""What does a POP3 listener offer, and what does it note? RFC 1939."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pillarbox.accounts.account import Account
from pillarbox.accounts.login import Login
from pillarbox.doors.listening import ListenerRole
from pillarbox.inbox.drop import Drop, DropBox
from pillarbox.mail import ids
from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.proto.pop3.server import ServerSettings
from pillarbox.proto.sasl import MECHANISMS
from pillarbox.proto.scram import NONCE_SIZE


@dataclass(frozen=True, slots=True)
class Pop3Settings:
    """How patient and how open a POP3 listener is. Times in seconds, sizes in octets."""

    idle_timeout: float = 600.0
    """Silence of somebody who is signed in, or of a reader who takes nothing. RFC 1939 §3: at least 10 minutes."""
    login_timeout: float = 60.0
    """From the connection to the sign-in, TLS and all."""
    backlog: int = 65_536
    """Octets of commands that may wait while one is being answered."""
    cleartext_login: str = "loopback"
    """Where a password may be sent without TLS: never, loopback or always."""


@dataclass(frozen=True, slots=True)
class Pop3Listening:
    """What one listener is for. ``tls`` is none, starttls or implicit."""

    name: str
    protocol: ServerSettings
    settings: Pop3Settings
    tls: str = "none"


@dataclass(slots=True)
class Pop3Services:
    """The floors below, as ``app.build`` made them."""

    clock: Clock
    log: Log
    metrics: Metrics
    login: Login
    drops: DropBox
    random: Callable[[int], bytes]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass(slots=True)
class Visit:
    """What a connection is known by: who came from where, and what they did."""

    peer: str
    account: Account | None = None
    read: int = 0
    octets: int = 0
    deleted: int = 0


class Pop3Role(ListenerRole):
    """One listener's role: says what is offered, notes what happens."""

    def __init__(self, listening: Pop3Listening, services: Pop3Services) -> None:
        super().__init__(
            listening.name, listening.settings.cleartext_login, services.clock, services.log, services.metrics
        )
        self.settings = listening.settings
        self.login = services.login
        self.drops = services.drops
        self.pause = services.pause
        self._random = services.random
        self._listening = listening
        self._offers: dict[tuple[bool, bool], ServerSettings] = {}

    def offers(self, peer: str, secure: bool) -> ServerSettings:
        """What the conversation may offer at this moment: TLS where there is none yet, sign-in where it is safe."""
        key = secure, self.login_is_safe(peer, secure)
        offers = self._offers.get(key)
        if offers is None:
            offers = self._offers[key] = replace(
                self._listening.protocol,
                stls=self._listening.tls == "starttls" and not secure,
                user=key[1],
                auth=MECHANISMS if key[1] else (),
            )
        return offers

    def nonce(self) -> bytes:
        """Random octets for a SCRAM exchange."""
        return self._random(NONCE_SIZE)

    # --- what is noted ---

    def note_tls(self) -> None:
        """TLS is up."""
        self.metrics.tls_handshakes += 1

    def note_signed_in(self, visit: Visit, drop: Drop) -> None:
        """Somebody's inbox is open; accounts.login has logged the sign-in itself."""
        assert visit.account is not None
        self.metrics.logins += 1
        self.log.event(
            "drop_opened",
            None,
            user=visit.account.address,
            peer=visit.peer,
            messages=len(drop.sizes),
            octets=sum(drop.sizes),
        )

    def note_drop_refused(self, account: Account, visit: Visit, why: str) -> None:
        """Somebody signed in, and the inbox could not be opened."""
        self.log.event("drop_refused", None, user=account.address, peer=visit.peer, reason=why)

    def note_read(self, visit: Visit, message_id: int, octets: int) -> None:
        """A message was fetched whole."""
        assert visit.account is not None
        visit.read += 1
        visit.octets += octets
        self.metrics.messages_read += 1
        self.log.event(
            "read", ids.encode(message_id), user=visit.account.address, peer=visit.peer, service="pop3", size=octets
        )

    def note_failed(self, visit: Visit, what: str, error: Exception) -> None:
        """The store could not do it: ``what`` is "read" or "remove"."""
        user = visit.account.address if visit.account else ""
        self.log.event("drop_failed", None, user=user, peer=visit.peer, what=what, reason=str(error))

    def note_closed(self, visit: Visit, since: float, reason: str) -> None:
        """The peer is gone."""
        if visit.account is not None:
            self.log.event(
                "drop_closed",
                None,
                user=visit.account.address,
                peer=visit.peer,
                read=visit.read,
                octets=visit.octets,
                deleted=visit.deleted,
            )
        self.note_gone(visit.peer, since, reason)
