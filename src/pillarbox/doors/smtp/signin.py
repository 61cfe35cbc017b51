"""How does a peer sign in by SMTP? RFC 4954: the judgement of doors.signing_in, and a reply for each refusal."""

from functools import partial

from pillarbox.doors.signing_in import NOT_PROVED, NOT_YOURSELF, Refusal, SigningIn
from pillarbox.intake.session import Session
from pillarbox.mail.reply import AUTH_FAILED, AUTHENTICATED, Reply
from pillarbox.proto.sasl import NeedVerifier
from pillarbox.proto.scram import ScramVerifier
from pillarbox.proto.smtp.events import Auth, AuthDone

from .role import SmtpRole

SERVICE = "smtp"
TEMPORARY = Reply(454, "4.7.0", ("Signing in is not possible now; try again later",))
LOCKED = Reply(421, "4.7.0", ("Too many failed sign-ins; try again later",))


class SignIn:
    """The sign-in of one connection."""

    __slots__ = ("_role", "_session", "_signing_in")

    def __init__(self, role: SmtpRole, session: Session) -> None:
        self._role = role
        self._session = session
        refused = partial(role.note_login_refused_in, session)
        self._signing_in = SigningIn(role.login, session.peer, SERVICE, refused, role.pause)

    async def verifier(self, step: NeedVerifier) -> ScramVerifier | Reply:
        """What the proof of the user that was named is checked against, or why there will be no proof."""
        found = await self._signing_in.verifier(step)
        return _reply(found) if isinstance(found, Refusal) else found

    async def judge(self, event: Auth | AuthDone) -> Reply:
        """Judge a password, a proof, or an exchange that failed."""
        result = await self._signing_in.judge(event)
        if isinstance(result, Refusal):
            return _reply(result)
        self._role.signed_in(self._session, result, event.mechanism)
        return AUTHENTICATED


def _reply(refused: Refusal) -> Reply:
    if refused is NOT_PROVED or refused is NOT_YOURSELF:
        return AUTH_FAILED
    if refused.lockout:
        return LOCKED
    return TEMPORARY if refused.temporary else Reply(535, "5.7.8", (refused.reason,))
