"""How does a peer sign in by POP3? The judgement of doors.signing_in, then the inbox, and words for each refusal."""

from pillarbox.accounts.account import Account
from pillarbox.doors.signing_in import NOT_PROVED, NOT_YOURSELF, Refusal, SigningIn
from pillarbox.inbox.drop import Drop, DropInUseError, DropTooSoonError, Reader
from pillarbox.proto.pop3 import replies
from pillarbox.proto.pop3.events import Auth, AuthDone
from pillarbox.proto.pop3.replies import Reply
from pillarbox.proto.sasl import NeedVerifier
from pillarbox.proto.scram import ScramVerifier
from pillarbox.store.interface import StoreError

from .role import Pop3Role, Visit

SERVICE = "pop3"


class LockedOutError(Exception):
    """The peer has failed too often: it is told ``reply`` and sent away."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class SignIn:
    """The sign-in of one connection. Raises LockedOutError from each of its methods."""

    __slots__ = ("_role", "_signing_in", "_visit")

    def __init__(self, role: Pop3Role, visit: Visit) -> None:
        self._role = role
        self._visit = visit
        self._signing_in = SigningIn(role.login, visit.peer, SERVICE, role.note_login_refused, role.pause)

    async def verifier(self, step: NeedVerifier) -> ScramVerifier | Reply:
        """What the proof of the user that was named is checked against, or why there will be no proof."""
        found = await self._signing_in.verifier(step)
        return _reply(found) if isinstance(found, Refusal) else found

    async def judge(self, event: Auth | AuthDone) -> Drop | Reply:
        """Judge a password, a proof, or an exchange that failed: the inbox, or why there is none."""
        result = await self._signing_in.judge(event)
        return _reply(result) if isinstance(result, Refusal) else await self._open(result)

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


def _reply(refused: Refusal) -> Reply:
    if refused is NOT_PROVED:
        return replies.AUTH_FAILED
    if refused is NOT_YOURSELF:
        return replies.NOT_YOURSELF
    # RFC 3206 §4: AUTH asks the person for another password, SYS/TEMP asks for patience.
    reply = replies.error(refused.reason, "SYS/TEMP" if refused.temporary else "AUTH")
    if refused.lockout:
        raise LockedOutError(reply)
    return reply
