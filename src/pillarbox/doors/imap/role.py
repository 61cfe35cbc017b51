"""What does an IMAP listener offer, and what does it note? RFC 9051."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from pillarbox.accounts.account import Account
from pillarbox.accounts.login import Login
from pillarbox.doors.listening import ListenerRole
from pillarbox.inbox.append import Appender
from pillarbox.inbox.digesting import Digesting
from pillarbox.inbox.live.mailboxes import LiveMailboxes
from pillarbox.inbox.search.searcher import Searcher
from pillarbox.inbox.tree import Tree
from pillarbox.intake.spool import Spool
from pillarbox.net.clock import Clock
from pillarbox.observe.log import Log
from pillarbox.observe.metrics import Metrics
from pillarbox.proto.imap.settings import Offers, ServerSettings
from pillarbox.proto.sasl import MECHANISMS
from pillarbox.proto.scram import NONCE_SIZE
from pillarbox.store.interface import Store

from .crowd import Crowd
from .hub import Hub
from .settings import ImapSettings
from .visit import Visit


@dataclass(frozen=True, slots=True)
class ImapListening:
    """What one listener is for. ``tls`` is none, starttls or implicit."""

    name: str
    protocol: ServerSettings
    settings: ImapSettings
    tls: str = "none"


@dataclass(slots=True)
class ImapServices:
    """The floors below, as ``app.build`` made them. ``crowd`` and ``hub`` are one for all IMAP listeners;
    ``has_room`` tells whether the disk takes more mail."""

    clock: Clock
    log: Log
    metrics: Metrics
    login: Login
    store: Store
    mailboxes: LiveMailboxes
    tree: Tree
    searcher: Searcher
    digesting: Digesting
    appender: Appender
    spool: Callable[[], Spool]
    has_room: Callable[[], bool]
    crowd: Crowd
    hub: Hub
    random: Callable[[int], bytes]
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep


class ImapRole(ListenerRole):
    """One listener's role: says what is offered, notes what happens."""

    def __init__(self, listening: ImapListening, services: ImapServices) -> None:
        super().__init__(
            listening.name, listening.settings.cleartext_login, services.clock, services.log, services.metrics
        )
        self.settings = listening.settings
        self.services = services
        self.login = services.login
        self.pause = services.pause
        self._listening = listening
        self._offers: dict[tuple[bool, bool], ServerSettings] = {}

    def offers(self, peer: str, secure: bool) -> ServerSettings:
        """What the conversation may offer at this moment: TLS where there is none yet, sign-in where it is safe."""
        key = secure, self.login_is_safe(peer, secure)
        offers = self._offers.get(key)
        if offers is None:
            safe = key[1]
            starttls = self._listening.tls == "starttls" and not secure
            now = Offers(starttls=starttls, mechanisms=MECHANISMS if safe else (), login_disabled=not safe)
            offers = self._offers[key] = replace(self._listening.protocol, offers=now)
        return offers

    @property
    def message_limit(self) -> int | None:
        """How many messages one command may be about (RFC 9738); None: as many as there are."""
        return self._listening.protocol.message_limit

    @property
    def append_limit(self) -> int:
        """Octets of the largest message that is taken (RFC 7889)."""
        return self._listening.protocol.append_limit

    def nonce(self) -> bytes:
        """Random octets for a SCRAM exchange."""
        return self.services.random(NONCE_SIZE)

    # --- what is noted ---

    def note_tls(self) -> None:
        """TLS is up."""
        self.metrics.tls_handshakes += 1

    def note_signed_in(self, visit: Visit, account: Account) -> None:
        """Somebody is in; accounts.login has logged the sign-in itself."""
        visit.account = account
        self.metrics.logins += 1

    def note_signed_out(self, visit: Visit) -> None:
        """Somebody has signed out and keeps the connection (RFC 8437)."""
        self.log.event("imap_signed_out", None, user=visit.user, peer=visit.peer)

    def note_crowded(self, visit: Visit, account: Account) -> None:
        """Somebody signed in who has too many sessions already."""
        self.metrics.logins_failed += 1
        self.log.event("imap_crowded", None, user=account.address, peer=visit.peer)

    def note_program(self, visit: Visit, program: str) -> None:
        """The client has said what it is (RFC 2971)."""
        visit.program = program
        self.log.event("imap_program", None, user=visit.user, peer=visit.peer, program=program)

    def note_selected(self, visit: Visit, name: str, read_only: bool) -> None:
        """A mailbox was opened."""
        self.log.event("imap_selected", None, user=visit.user, peer=visit.peer, folder=name, read_only=read_only)

    def note_folder(self, visit: Visit, kind: str, folder: str, **more: str) -> None:
        """Something was done to a folder: ``kind`` is folder_created, folder_removed, folder_renamed or the like."""
        self.log.event(kind, None, user=visit.user, peer=visit.peer, service="imap", folder=folder, **more)

    def note_appended(self, visit: Visit, folder: str, octets: int, message_id: str) -> None:
        """A message was uploaded."""
        visit.appended += 1
        self.metrics.messages_appended += 1
        self.log.event(
            "appended", message_id, user=visit.user, peer=visit.peer, service="imap", folder=folder, size=octets
        )

    def note_fetched(self, visit: Visit, folder: str, messages: int) -> None:
        """Messages were fetched to their end, for the first time in this session; the story of each tells it."""
        visit.read += messages
        self.metrics.messages_read += messages
        self.log.event("fetched", None, user=visit.user, peer=visit.peer, folder=folder, messages=messages)

    def note_expunged(self, visit: Visit, folder: str, messages: int) -> None:
        """Messages were removed for good."""
        visit.expunged += messages
        self.log.event("expunged", None, user=visit.user, peer=visit.peer, folder=folder, messages=messages)

    def note_copied(self, visit: Visit, kind: str, folder: str, to: str, messages: int) -> None:
        """Messages were ``copied`` or ``moved``."""
        self.log.event(kind, None, user=visit.user, peer=visit.peer, folder=folder, to=to, messages=messages)

    def note_failed(self, visit: Visit, what: str, error: Exception) -> None:
        """A command came to nothing because something below could not do it."""
        self.metrics.internal_errors += 1
        self.log.event("imap_failed", None, user=visit.user, peer=visit.peer, what=what, reason=str(error))

    def note_closed(self, visit: Visit, since: float, reason: str) -> None:
        """The peer is gone."""
        if visit.account is not None:
            self.log.event(
                "imap_closed",
                None,
                user=visit.user,
                peer=visit.peer,
                read=visit.read,
                appended=visit.appended,
                expunged=visit.expunged,
            )
        self.note_gone(visit.peer, since, reason)
