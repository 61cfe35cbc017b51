"""May this person in? One place asks password, throttle and account for SMTP, POP3 and every door to come.

An unknown name, a wrong password and a name that cannot be one look and last the same; the log knows the difference.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

from pillarbox.net.clock import Clock
from pillarbox.proto.scram import ScramVerifier, decoy_verifier
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import AccountRow, DomainRow

from .account import Account, user_key
from .passwords import Passwords, PasswordsBusy
from .throttle import Throttle


class LoginStore(Protocol):
    """What signing in needs of the store."""

    async def domains(self) -> list[DomainRow]: ...

    async def account(self, address: str) -> AccountRow | None: ...

    async def secret(self, name: str) -> bytes: ...


class LoginLog(Protocol):
    """Where sign-ins are noted."""

    def event(self, kind: str, message_id: str | None = None, /, **fields: str) -> None: ...


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """Not now, or not at all. ``reason`` may be shown to the peer.

    ``temporary``: the same sign-in may succeed later (454, [SYS/TEMP]). ``lockout``: close the connection (421).
    ``delay``: seconds that the answer shall wait.
    """

    reason: str
    temporary: bool = False
    lockout: bool = False
    delay: float = 0.0


# Octets of the longest name that is looked at: a local part and a domain (RFC 5321 §4.5.3.1).
NAME_MAX = 320

WRONG = "The user name or the password is wrong"
LOCKED = "Too many failed sign-ins; try again later"
DISABLED = "This account is switched off; ask the postmaster"
BUSY = "Too many people sign in at this moment; try again later"
UNAVAILABLE = "Signing in is not possible at this moment; try again later"


class _Try(NamedTuple):
    """Where a sign-in comes from, and how."""

    peer: str
    service: str
    mechanism: str


class Login:
    """Signs people in. ``peer`` is always the IP address as text; ``service`` ("smtp", "pop3") and ``mechanism``
    ("PLAIN", "SCRAM-SHA-256"; "" where none is known) are words for the log."""

    def __init__(
        self, store: LoginStore, passwords: Passwords, throttle: Throttle, clock: Clock, log: LoginLog
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._throttle = throttle
        self._clock = clock
        self._log = log
        self._domains: list[DomainRow] = []

    def locked_out(self, peer: str) -> LoginRefused | None:
        """Asked when a connection comes: the refusal for an address that has guessed too much, or None."""
        return LoginRefused(LOCKED, True, True) if self._throttle.locked_out(peer) else None

    async def check(
        self, user: str, password: str, peer: str, service: str, mechanism: str = ""
    ) -> Account | LoginRefused:
        """Is this the password of ``user``? The account, or why not."""
        try:
            return await self._check(user, password, _Try(peer, service, mechanism))
        except PasswordsBusy:
            return LoginRefused(BUSY, temporary=True)
        except StoreError as error:
            return self._store_failed(user, _Try(peer, service, mechanism), error)

    async def verifier(self, user: str, peer: str, service: str, mechanism: str = "") -> ScramVerifier | LoginRefused:
        """What a SCRAM proof of ``user`` is checked against; for a stranger one that nothing fits.

        A refusal only where nobody could sign in: after too many failures, or when the store does not answer.
        """
        attempt = _Try(peer, service, mechanism)
        try:
            name, row = await self._find(user)
            secret = await self._store.secret("scram-decoy")
        except StoreError as error:
            return self._store_failed(user, attempt, error)
        if self._throttle.locked(peer, name):
            return self._shut(name, attempt)
        if row is None or row.scram is None:
            return decoy_verifier(name, secret, self._passwords.scram_iterations)
        kept = row.scram
        return ScramVerifier(kept.salt, kept.iterations, kept.stored_key, kept.server_key)

    async def succeeded(self, user: str, peer: str, service: str, mechanism: str = "") -> Account | LoginRefused:
        """The peer has proved by SCRAM to be ``user``: the account, or why it may not be used."""
        attempt = _Try(peer, service, mechanism)
        try:
            name, row = await self._find(user)
        except StoreError as error:
            return self._store_failed(user, attempt, error)
        if self._throttle.locked(peer, name):
            return self._shut(name, attempt)
        if row is None:  # removed while the proof was on its way
            return self._refuse(name, attempt, "no such account", None)
        return self._admit(row, attempt)

    def failed(self, user: str, peer: str, service: str, mechanism: str = "") -> LoginRefused:
        """The peer could not prove by SCRAM to be ``user``."""
        return self._refuse(self._name(user), _Try(peer, service, mechanism), "wrong proof", None)

    async def _check(self, user: str, password: str, attempt: _Try) -> Account | LoginRefused:
        name, row = await self._find(user)

        def locked() -> bool:
            return self._throttle.locked(attempt.peer, name) > 0

        if locked():
            return self._shut(name, attempt)
        right = await self._passwords.matches(password, row.password if row else None, locked)
        if locked():  # others of its kind have failed while this one waited
            return self._shut(name, attempt)
        if row is not None and right:
            return self._admit(row, attempt)
        guess = self._passwords.digest(password, name)
        return self._refuse(name, attempt, "wrong password" if row else "no such account", guess)

    async def _find(self, user: str) -> tuple[str, AccountRow | None]:
        """The name that ``user`` is counted under, and the account when there is one."""
        if "@" not in user:
            self._domains = await self._store.domains()
        name = self._name(user)
        # A name that can be nobody's costs the same look-up.
        return name, await self._store.account(name)

    def _name(self, user: str) -> str:
        """One bounded spelling for look-up, throttle and log, whether there is such an account or not."""
        return user_key(user, self._domains) or user.strip().casefold()[:NAME_MAX]

    def _admit(self, row: AccountRow, attempt: _Try) -> Account | LoginRefused:
        if not row.enabled:
            self._note("login_refused", row.address, attempt, why="account disabled")
            return LoginRefused(DISABLED)
        self._throttle.succeeded(attempt.peer, row.address)
        self._note("login", row.address, attempt)
        return Account.of(row)

    def _refuse(self, name: str, attempt: _Try, why: str, guess: bytes | None) -> LoginRefused:
        delay = self._throttle.failed(attempt.peer, name, guess)
        self._note("login_failed", name, attempt, why=why)
        return LoginRefused(WRONG, delay=delay)

    def _shut(self, name: str, attempt: _Try) -> LoginRefused:
        self._note("login_locked", name, attempt)
        return LoginRefused(LOCKED, temporary=True, lockout=True)

    def _store_failed(self, user: str, attempt: _Try, error: StoreError) -> LoginRefused:
        self._note("login_unavailable", self._name(user), attempt, why=str(error))
        return LoginRefused(UNAVAILABLE, temporary=True)

    def _note(self, kind: str, name: str, attempt: _Try, **more: str) -> None:
        peer, service, mechanism = attempt
        known = {"mechanism": mechanism} if mechanism else {}
        self._log.event(kind, None, user=name, peer=peer, service=service, **known, **more)
