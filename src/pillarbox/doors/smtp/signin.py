"""How does a peer sign in by SMTP? RFC 4954, over the mechanisms of proto.sasl and the judgement of accounts.login."""

from collections.abc import Awaitable

from pillarbox.accounts.account import Account
from pillarbox.accounts.login import LoginRefused
from pillarbox.intake.session import Session
from pillarbox.mail.reply import AUTH_FAILED, AUTHENTICATED, Reply
from pillarbox.proto.sasl import CheckPassword, Failed, NeedVerifier
from pillarbox.proto.scram import ScramVerifier
from pillarbox.proto.smtp.events import AuthDone

from .role import SmtpRole

SERVICE = "smtp"
SCRAM = "SCRAM-SHA-256"
TEMPORARY = Reply(454, "4.7.0", ("Signing in is not possible now; try again later",))
LOCKED = Reply(421, "4.7.0", ("Too many failed sign-ins; try again later",))


class SignIn:
    """The sign-in of one connection."""

    __slots__ = ("_role", "_session", "_user")

    def __init__(self, role: SmtpRole, session: Session) -> None:
        self._role = role
        self._session = session
        self._user = ""

    async def verifier(self, step: NeedVerifier) -> ScramVerifier | Reply:
        """What the proof of the user that was named is checked against, or why there will be no proof."""
        self._user = step.user
        found = await self._role.login.verifier(step.user, self._session.peer, SERVICE, SCRAM)
        return await self._refuse(found, SCRAM) if isinstance(found, LoginRefused) else found

    def step(self, mechanism: str, step: CheckPassword | Failed) -> Reply | Awaitable[Reply]:
        """Judge a password, or an exchange that failed."""
        if isinstance(step, CheckPassword):
            return self._check(mechanism, step)
        if self._user:  # a proof that was wrong; before that nobody was named
            refused = self._role.login.failed(self._user, self._session.peer, SERVICE, mechanism)
            return self._refuse(refused, mechanism)
        return AUTH_FAILED

    async def proved(self, event: AuthDone) -> Reply:
        """The peer has proved by SCRAM who it is."""
        result = await self._role.login.succeeded(event.user, self._session.peer, SERVICE, event.mechanism)
        return await self._conclude(result, event.mechanism, event.authzid, event.user)

    async def _check(self, mechanism: str, step: CheckPassword) -> Reply:
        result = await self._role.login.check(step.user, step.password, self._session.peer, SERVICE, mechanism)
        return await self._conclude(result, mechanism, step.authzid, step.user)

    async def _conclude(self, result: Account | LoginRefused, mechanism: str, authzid: str, user: str) -> Reply:
        if isinstance(result, LoginRefused):
            return await self._refuse(result, mechanism)
        if authzid and authzid.casefold() not in (user.casefold(), result.address):
            # RFC 4616 §2: nobody here may act for somebody else.
            return AUTH_FAILED
        self._role.signed_in(self._session, result, mechanism)
        return AUTHENTICATED

    async def _refuse(self, refused: LoginRefused, mechanism: str) -> Reply:
        self._role.note_login_refused(self._session, mechanism, refused.reason)
        if refused.delay:
            await self._role.pause(refused.delay)
        if refused.lockout:
            return LOCKED
        return TEMPORARY if refused.temporary else Reply(535, "5.7.8", (refused.reason,))
