"""How are domains and users added, changed and removed? Every check that keeps the directory sound is made here."""

from collections.abc import Callable
from dataclasses import replace

from pillarbox.net.clock import Clock
from pillarbox.store.interface import Directory, StoreError, StoreFull, StoreUnavailable
from pillarbox.store.rows import AccountRow, DomainRow

from .names import ManagementError, check_delimiter, check_quota, check_user, read_address, read_domain
from .passwords import HashedPassword, PasswordError, Passwords

# RFC 6154 §2: the folders of a new account with their special use.
NEW_ACCOUNT_FOLDERS: tuple[tuple[str, str | None], ...] = (
    ("INBOX", None),
    ("Drafts", "\\Drafts"),
    ("Sent", "\\Sent"),
    ("Archive", "\\Archive"),
    ("Junk", "\\Junk"),
    ("Trash", "\\Trash"),
)

__all__ = ["NEW_ACCOUNT_FOLDERS", "Management", "ManagementError"]


def _nothing() -> None:
    """Nobody keeps answers of the directory."""


class Management:
    """Changes domains and users. Addresses and domains are taken as people write them.

    Everything raises ManagementError for what cannot be, and StoreError when the store fails. ``changed`` is called
    after each change: whoever keeps answers of the directory forgets them.
    """

    def __init__(
        self, store: Directory, passwords: Passwords, clock: Clock, changed: Callable[[], None] = _nothing
    ) -> None:
        self._store = store
        self._passwords = passwords
        self._clock = clock
        self._changed = changed

    async def add_domain(self, name: str, catch_all: str | None = None, delimiter: str = "+") -> DomainRow:
        """Make a domain ours. ``catch_all`` is the address that takes what is nobody's."""
        domain = read_domain(name)
        if await self._store.domain(domain) is not None:
            raise ManagementError(
                f"{domain} is there already", "it was added before", "Change it with: pillarbox domain set"
            )
        return await self._put_domain(DomainRow(domain, catch_all, delimiter))

    async def change_domain(self, name: str, *, catch_all: str | None = "", delimiter: str | None = None) -> DomainRow:
        """Change what is given. ``catch_all`` None: there is none any more."""
        row = await self.domain(name)
        catch_all = row.catch_all if catch_all == "" else catch_all
        return await self._put_domain(DomainRow(row.name, catch_all, row.delimiter if delimiter is None else delimiter))

    async def remove_domain(self, name: str) -> None:
        """Let go of a domain without users and aliases."""
        row = await self.domain(name)
        accounts, aliases = await self._store.accounts(row.name), await self._store.aliases(row.name)
        if accounts or aliases:
            raise ManagementError(
                f"{row.name} is still in use",
                f"it has {len(accounts)} users and {len(aliases)} aliases",
                "Remove them first, or keep the domain",
            )
        await self._store.remove_domain(row.name)
        self._changed()

    async def domain(self, name: str) -> DomainRow:
        """One of our domains; ManagementError when it is not."""
        domain = read_domain(name)
        row = await self._store.domain(domain)
        if row is None:
            ours = ", ".join(known.name for known in await self._store.domains()) or "none yet"
            raise ManagementError(
                f"{domain} is not one of our domains",
                f"ours are: {ours}",
                f"Add it with: pillarbox domain add {domain}",
            )
        return row

    async def add_user(
        self,
        address: str,
        password: str | None,
        name: str = "",
        quota_octets: int | None = None,
        quota_messages: int | None = None,
    ) -> AccountRow:
        """Add a user with the folders that every mail program looks for. ``password`` None: nobody can sign in yet."""
        wanted = read_address(address)
        domain = await self.domain(wanted.domain)
        check_user(wanted, domain.delimiter)
        check_quota(quota_octets, "octets")
        check_quota(quota_messages, "messages")
        await self._free(wanted.key)
        hashed = await self._hash(password)
        phc, scram = (hashed.phc, hashed.scram) if hashed else (None, None)
        now = self._clock.now()
        row = AccountRow(0, wanted.key, name, phc, scram, quota_octets, quota_messages, True, now)
        try:
            row.id = await self._store.add_account(row, NEW_ACCOUNT_FOLDERS)
        except (StoreFull, StoreUnavailable):
            raise
        except StoreError as error:
            raise ManagementError(f"{wanted} cannot be added", str(error), "See: pillarbox user ls") from error
        self._changed()
        return row

    async def user(self, address: str) -> AccountRow:
        """A user by address; ManagementError when there is none."""
        wanted = read_address(address)
        row = await self._store.account(wanted.key)
        if row is None:
            raise ManagementError(f"there is no user {wanted}", "no mailbox has that address", "See: pillarbox user ls")
        return row

    async def set_password(self, address: str, password: str | None) -> None:
        """Change a password. None: nobody can sign in."""
        row = await self.user(address)
        hashed = await self._hash(password)
        phc, scram = (hashed.phc, hashed.scram) if hashed else (None, None)
        await self._store.set_password(row.id, phc, scram)
        self._changed()

    async def rename_user(self, address: str, name: str) -> AccountRow:
        """Change the name that people see."""
        return await self._change(replace(await self.user(address), name=name))

    async def enable_user(self, address: str, enabled: bool) -> AccountRow:
        """Switch a user on or off. Who is off gets no mail and cannot sign in; what is there stays."""
        return await self._change(replace(await self.user(address), enabled=enabled))

    async def set_quota(self, address: str, octets: int | None, messages: int | None) -> AccountRow:
        """Bound what a mailbox may hold; None is no bound."""
        check_quota(octets, "octets")
        check_quota(messages, "messages")
        return await self._change(replace(await self.user(address), quota_octets=octets, quota_messages=messages))

    async def remove_user(self, address: str) -> list[str]:
        """Remove a user and all their mail; sentences on what now leads nowhere."""
        row = await self.user(address)
        loose = [
            f"the alias {alias.address} still names {row.address}"
            for alias in await self._store.aliases_to(row.address)
        ]
        loose += [
            f"{domain.name} still sends what is nobody's to {row.address}"
            for domain in await self._store.domains()
            if domain.catch_all == row.address
        ]
        await self._store.remove_account(row.id)
        self._changed()
        return loose

    async def _put_domain(self, row: DomainRow) -> DomainRow:
        check_delimiter(row.delimiter)
        if row.catch_all is not None:
            row = replace(row, catch_all=await self._taker(row))
        await self._store.put_domain(row)
        self._changed()
        return row

    async def _taker(self, row: DomainRow) -> str:
        """Who takes what is nobody's: a user or an alias of ours."""
        address = read_address(row.catch_all or "")
        if await self._store.account(address.key) is None and await self._store.alias(address.key) is None:
            raise ManagementError(
                f"{address} cannot take the mail of {row.name}",
                "it is neither a user nor an alias",
                f"Add it first with: pillarbox user add {address}",
            )
        return address.key

    async def _free(self, key: str) -> None:
        if await self._store.account(key) is not None:
            raise ManagementError(
                f"{key} is there already",
                "it was added before",
                f"Change the password with: pillarbox user passwd {key}",
            )
        if await self._store.alias(key) is not None:
            raise ManagementError(
                f"{key} is an alias already",
                "its mail would never reach the user",
                f"See: pillarbox alias ls, alias rm {key}",
            )

    async def _hash(self, password: str | None) -> HashedPassword | None:
        if password is None:
            return None
        try:
            return await self._passwords.hash(password)
        except PasswordError as error:
            raise ManagementError("the password cannot be used", str(error), "Choose another one") from error

    async def _change(self, row: AccountRow) -> AccountRow:
        await self._store.change_account(row)
        self._changed()
        return row
