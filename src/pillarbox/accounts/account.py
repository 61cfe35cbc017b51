"""Who is signed in, and what may the name they sign in with look like?"""

from collections.abc import Sequence
from typing import NamedTuple

from pillarbox.mail.address import Address, AddressError
from pillarbox.store.rows import AccountRow, DomainRow


class Account(NamedTuple):
    """A user who has proved to be one. ``address`` is the key form (mail.address.Address.key)."""

    id: int
    address: str
    name: str

    @classmethod
    def of(cls, row: AccountRow) -> "Account":
        """The user that ``row`` describes."""
        return cls(row.id, row.address, row.name)


def user_key(user: str, domains: Sequence[DomainRow]) -> str | None:
    """The key form of the address that ``user`` signs in as; None when the name can be nobody's.

    A full address in any case, or, where exactly one domain is ours, what stands before its @.
    """
    name = user.strip()
    if "@" not in name and len(domains) == 1:
        name = f"{name}@{domains[0].name}"
    try:
        return Address.parse(name).key
    except AddressError:
        return None
