"""How much fits, and how much is there? GETQUOTA, GETQUOTAROOT, SETQUOTA. RFC 9208 §4.1."""

from collections.abc import Awaitable, Callable

from pillarbox.inbox.quotas import Quota
from pillarbox.proto.imap import commands, sharing_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, no, ok

from .session import Session

_ADMINISTRATORS = no("The administrator says how much fits", "NOPERM")


async def get_quota(session: Session, command: commands.GetQuota) -> Completion:
    """GETQUOTA."""
    _tell(session, await session.role.services.tree.quota(session.account, command.root))
    return ok("That is how much fits")


async def get_quota_root(session: Session, command: commands.GetQuotaRoot) -> Completion:
    """GETQUOTAROOT: the roots of a mailbox and their bounds."""
    place, quotas = await session.role.services.tree.quota_roots(session.account, command.mailbox)
    roots = [quota.root for quota in quotas]
    session.send(sharing_responses.quota_root(place.name, roots, utf8=session.utf8))
    for quota in quotas:
        _tell(session, quota)
    return ok("That is how much fits")


async def set_quota(_session: Session, _command: commands.SetQuota) -> Completion:
    """SETQUOTA is nobody's here (RFC 9208 §4.1.3 leaves it to the server who may)."""
    return _ADMINISTRATORS


def _tell(session: Session, quota: Quota) -> None:
    session.send(sharing_responses.quota(quota.root, quota.resources, utf8=session.utf8))


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.GetQuota: get_quota,
    commands.GetQuotaRoot: get_quota_root,
    commands.SetQuota: set_quota,
}
