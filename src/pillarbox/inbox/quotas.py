"""How much may lie in a user's mailboxes, and how much does? RFC 9208: one root an account, called by its address."""

from typing import NamedTuple

from .finding import Finding
from .places import Place, TreeError, User

_UNIT = 1024  # RFC 9208 §5.1: STORAGE is counted in units of 1024 octets


class Resource(NamedTuple):
    """``STORAGE`` in units of 1024 octets or ``MESSAGE``: what is used, and what may be."""

    name: str
    usage: int
    limit: int


class Quota(NamedTuple):
    """A root and its bounded resources."""

    root: str
    resources: tuple[Resource, ...]


class Quotas(Finding):
    """GETQUOTA and GETQUOTAROOT. Quotas are set by the administrator, never over IMAP."""

    async def quota(self, user: User, root: str) -> Quota:
        """What the root bounds; TreeError NONEXISTENT for any but one's own: nobody sees how full another's is."""
        row = await self._store.account_by_id(user.id)
        if row is None or root != user.address:
            raise TreeError("NONEXISTENT", f"There is no quota root {root}")
        resources = []
        if row.quota_octets is not None:
            resources.append(Resource("STORAGE", -(-row.used_octets // _UNIT), row.quota_octets // _UNIT))
        if row.quota_messages is not None:
            resources.append(Resource("MESSAGE", row.used_messages, row.quota_messages))
        return Quota(root, tuple(resources))

    async def quota_roots(self, user: User, name: str) -> tuple[Place, tuple[Quota, ...]]:
        """The roots that count what lies in a mailbox, as far as they are the user's to see."""
        place, _ = await self.need(user, name, "r")
        if not self._is_own(user, place):
            return place, ()
        return place, (await self.quota(user, user.address),)
