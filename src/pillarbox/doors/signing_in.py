"""Is the peer whom it says it is? The mechanisms of proto.sasl, the judgement of accounts.login; for any protocol."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from pillarbox.accounts.account import Account
from pillarbox.accounts.login import Login, LoginRefused
from pillarbox.proto.sasl import CheckPassword, Failed, NeedVerifier
from pillarbox.proto.sasl_lines import Auth, AuthDone
from pillarbox.proto.scram import ScramVerifier

SCRAM = "SCRAM-SHA-256"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nobody is signed in. ``reason`` may be shown; ``temporary``: the same may succeed later; ``lockout``: the
    peer is to be sent away."""

    reason: str
    temporary: bool = False
    lockout: bool = False


NOT_PROVED = Refusal("Signing in did not succeed")
"""The exchange came to nothing before anybody was named, so nobody was guessed at."""
NOT_YOURSELF = Refusal("Nobody may sign in for somebody else")
"""RFC 4616 §2: another authorization identity was asked for."""


class SigningIn:
    """The sign-in of one connection from ``peer``; ``service`` is the word for the log, ``refused`` hears of every
    refusal that counts (mechanism, reason), ``pause`` waits some seconds."""

    __slots__ = ("_login", "_pause", "_peer", "_refused", "_service", "_user")

    def __init__(
        self,
        login: Login,
        peer: str,
        service: str,
        refused: Callable[[str, str], object],
        pause: Callable[[float], Awaitable[None]],
    ) -> None:
        self._login = login
        self._peer = peer
        self._service = service
        self._refused = refused
        self._pause = pause
        self._user = ""

    async def verifier(self, step: NeedVerifier) -> ScramVerifier | Refusal:
        """What the proof of the user that was named is checked against, or why there will be no proof."""
        self._user = step.user
        found = await self._login.verifier(step.user, self._peer, self._service, SCRAM)
        return await self._refuse(found, SCRAM) if isinstance(found, LoginRefused) else found

    async def judge(self, event: Auth | AuthDone) -> Account | Refusal:
        """Judge a password, a proof, or an exchange that failed."""
        if isinstance(event, AuthDone):
            result = await self._login.succeeded(event.user, self._peer, self._service, event.mechanism)
            return await self._conclude(result, event.mechanism, event.authzid, event.user)
        step = event.step
        assert not isinstance(step, NeedVerifier)
        if isinstance(step, Failed):
            return await self._failed(event.mechanism)
        result = await self._check(step, event.mechanism)
        return await self._conclude(result, event.mechanism, step.authzid, step.user)

    async def _check(self, step: CheckPassword, mechanism: str) -> Account | LoginRefused:
        return await self._login.check(step.user, step.password, self._peer, self._service, mechanism)

    async def _failed(self, mechanism: str) -> Refusal:
        if not self._user:
            return NOT_PROVED
        refused = self._login.failed(self._user, self._peer, self._service, mechanism)
        return await self._refuse(refused, mechanism)

    async def _conclude(
        self, result: Account | LoginRefused, mechanism: str, authzid: str, user: str
    ) -> Account | Refusal:
        if isinstance(result, LoginRefused):
            return await self._refuse(result, mechanism)
        if authzid and authzid.casefold() not in (user.casefold(), result.address):
            return NOT_YOURSELF
        return result

    async def _refuse(self, refused: LoginRefused, mechanism: str) -> Refusal:
        self._refused(mechanism, refused.reason)
        if refused.delay:
            await self._pause(refused.delay)
        return Refusal(refused.reason, refused.temporary, refused.lockout)
