"""How does a peer sign in by POP3? The mechanisms of proto.sasl, the judgement of accounts.login, then the inbox."""

from pillarbox.accounts.account import Account
from pillarbox.accounts.login import LoginRefused
from pillarbox.inbox.drop import Drop, DropInUseError, DropTooSoonError, Reader
from pillarbox.proto.pop3 import replies
from pillarbox.proto.pop3.events import Auth, AuthDone
from pillarbox.proto.pop3.replies import Reply
from pillarbox.proto.sasl import CheckPassword, Failed, NeedVerifier
from pillarbox.proto.scram import ScramVerifier
from pillarbox.store.interface import StoreError

from .role import Pop3Role, Visit

SERVICE = "pop3"
SCRAM = "SCRAM-SHA-256"


class LockedOutError(Exception):
    """The peer has failed too often: it is told ``reply`` and sent away."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class SignIn:
    """The sign-in of one connection. Raises LockedOutError from each of its methods."""

    __slots__ = ("_role", "_user", "_visit")

    def __init__(self, role: Pop3Role, visit: Visit) -> None:
        self._role = role
        self._visit = visit
        self._user = ""

    async def verifier(self, step: NeedVerifier) -> ScramVerifier | Reply:
        """What the proof of the user that was named is checked against, or why there will be no proof."""
        self._user = step.user
        found = await self._role.login.verifier(step.user, self._visit.peer, SERVICE, SCRAM)
        return await self._refuse(found) if isinstance(found, LoginRefused) else found

    async def judge(self, event: Auth | AuthDone) -> Drop | Reply:
        """Judge a password, a proof, or an exchange that failed: the inbox, or why there is none."""
        if isinstance(event, AuthDone):
            result = await self._role.login.succeeded(event.user, self._visit.peer, SERVICE, event.mechanism)
            return await self._conclude(result, event.authzid, event.user)
        step = event.step
        assert not isinstance(step, NeedVerifier)
        if isinstance(step, Failed):
            return await self._failed(event.mechanism)
        result = await self._check(step, event.mechanism)
        return await self._conclude(result, step.authzid, step.user)

    async def _check(self, step: CheckPassword, mechanism: str) -> Account | LoginRefused:
        return await self._role.login.check(step.user, step.password, self._visit.peer, SERVICE, mechanism)

    async def _failed(self, mechanism: str) -> Reply:
        if not self._user:  # nobody was named, so nobody was guessed at
            return replies.AUTH_FAILED
        return await self._refuse(self._role.login.failed(self._user, self._visit.peer, SERVICE, mechanism))

    async def _conclude(self, result: Account | LoginRefused, authzid: str, user: str) -> Drop | Reply:
        if isinstance(result, LoginRefused):
            return await self._refuse(result)
        if authzid and authzid.casefold() not in (user.casefold(), result.address):
            # RFC 4616 §2: nobody here may act for somebody else.
            return replies.NOT_YOURSELF
        return await self._open(result)

    async def _open(self, account: Account) -> Drop | Reply:
        try:
            drop = await self._role.drops.open(Reader(account.id, account.address, self._visit.peer))
        except DropInUseError:
            refusal, why = replies.IN_USE, "in use"
        except DropTooSoonError:
            refusal, why = replies.TOO_SOON, "too soon"
        except StoreError as error:
            refusal, why = replies.UNAVAILABLE, str(error)
        else:
            self._visit.account = account
            self._role.note_signed_in(self._visit, drop)
            return drop
        self._role.note_drop_refused(account, self._visit, why)
        return refusal

    async def _refuse(self, refused: LoginRefused) -> Reply:
        self._role.note_login_refused()
        if refused.delay:
            await self._role.pause(refused.delay)
        # RFC 3206 §4: AUTH asks the person for another password, SYS/TEMP asks for patience.
        reply = replies.error(refused.reason, "SYS/TEMP" if refused.temporary else "AUTH")
        if refused.lockout:
            raise LockedOutError(reply)
        return reply
