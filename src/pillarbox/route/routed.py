"""What can become of a recipient? Our mailboxes, addresses elsewhere, or a refusal; and the settings that decide."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from typing import Protocol

from pillarbox.mail.address import Address
from pillarbox.mail.reply import Reply
from pillarbox.store.rows import AccountRow, AliasRow, DomainRow, MessageRow

MAILBOX_DISABLED = Reply(550, "5.2.1", ("The mailbox is switched off",))
ALIAS_LOOP = Reply(550, "5.4.6", ("The address leads in circles; tell the postmaster",))
ALIAS_TOO_LARGE = Reply(550, "5.2.4", ("The address stands for too many others; tell the postmaster",))
NO_WAY_BACK = Reply(550, "5.1.1", ("The address is not one of those that we gave to forwarded mail, or is too old",))
NOBODY_YET = Reply(451, "4.3.0", ("No mailbox has been set up here yet; try again later",))


@dataclass(frozen=True, slots=True)
class RecipientSettings:
    """How recipients are read.

    ``postmaster`` is who gets postmaster and abuse mail that no account or alias takes (default: the oldest account).
    ``catch_all_account`` is the try-out mode: every recipient of every domain lands in that account.
    ``hostname`` and ``own_addresses`` are the names of this machine itself.
    """

    hostname: str = "localhost"
    own_addresses: frozenset[IPv4Address | IPv6Address] = frozenset()
    postmaster: str | None = None
    catch_all_account: int | None = None
    directory_cache: float = 1.0  # seconds that an answer of the directory may be old
    directory_cache_entries: int = 10_000
    alias_depth: int = 10  # aliases that lead to aliases
    alias_targets: int = 1_000  # addresses that one recipient may stand for


@dataclass(frozen=True, slots=True)
class LocalTarget:
    """One of our mailboxes. ``address`` is for Delivered-To; ``free`` the octets left by quota (None: no bound).

    ``folder`` None leaves the choice to delivery (INBOX). ``full``: not even an empty message fits.
    """

    account_id: int
    address: str
    folder: str | None = None
    full: bool = False
    free: int | None = None


@dataclass(frozen=True, slots=True)
class Routed:
    """What becomes of one recipient. ``why`` is for the story.

    ``ours``: the domain is ours, so nobody needs leave to send here; when False, ``remotes`` is the address itself and
    taking it is relaying. ``refusal``: nothing can be delivered, say this. ``returns``: it is the way back of mail that
    we have forwarded, and takes reports of failure only.
    """

    locals: tuple[LocalTarget, ...]
    remotes: tuple[Address, ...]
    why: str
    refusal: Reply | None = None
    ours: bool = True
    returns: bool = False


class RecipientStore(Protocol):
    """What routing recipients needs of the store."""

    async def domains(self) -> list[DomainRow]: ...

    async def account(self, address: str) -> AccountRow | None: ...

    async def account_by_id(self, account_id: int) -> AccountRow | None: ...

    async def accounts(self, domain: str | None = None) -> list[AccountRow]: ...

    async def alias(self, address: str) -> AliasRow | None: ...

    async def message(self, message_id: int) -> MessageRow | None: ...
