"""From which addresses may a user send? RFC 6409 §6.1.

Their own address and its sub-addresses, the aliases that lead to them and allow it, and, for the owner of a catch-all,
every address of that domain that is nobody else's. The null reverse-path of reports is for everybody to use.
"""

from dataclasses import dataclass
from typing import Protocol

from pillarbox.mail.address import Address
from pillarbox.net.clock import Clock
from pillarbox.store.rows import AccountRow, AliasRow, DomainRow

from .account import Account


@dataclass(frozen=True, slots=True)
class SenderSettings:
    """How long an answer may be repeated (seconds), how many are kept, how far aliases are followed."""

    sender_cache: float = 5.0
    sender_cache_entries: int = 10_000
    sender_alias_depth: int = 10
    sender_alias_count: int = 1_000


class AddressStore(Protocol):
    """What the question needs of the store."""

    async def domain(self, name: str) -> DomainRow | None: ...

    async def account(self, address: str) -> AccountRow | None: ...

    async def alias(self, address: str) -> AliasRow | None: ...

    async def aliases_to(self, target: str) -> list[AliasRow]: ...


class Senders:
    """Answers whether an account may use an address as its own."""

    def __init__(self, store: AddressStore, clock: Clock, settings: SenderSettings | None = None) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings or SenderSettings()
        self._known: dict[tuple[int, str], tuple[float, bool]] = {}

    def may_send_as_cached(self, account: Account, address: Address | None) -> bool | None:
        """The answer where it is known without asking the store, else None."""
        if address is None:
            return True
        key = address.key
        if key == account.address:
            return True
        entry = self._known.get((account.id, key))
        return entry[1] if entry is not None and entry[0] > self._clock.monotonic() else None

    async def may_send_as(self, account: Account, address: Address | None) -> bool:
        """May ``account`` send as ``address``? None is the null reverse-path."""
        known = self.may_send_as_cached(account, address)
        if known is not None or address is None:
            return bool(known)
        answer = await self._ask(account, address)
        self._remember((account.id, address.key), answer)
        return answer

    def clear(self) -> None:
        """Forget every answer: something has changed."""
        self._known.clear()

    async def _ask(self, account: Account, address: Address) -> bool:
        domain = await self._store.domain(address.ascii_domain)
        if domain is None:
            return False
        key = address.key
        plain = _without_tag(address, domain.delimiter).key
        if plain == account.address and not await self._taken(key):
            return True
        aliases = await self._aliases_of(account.address)
        if key in aliases or (plain in aliases and not await self._taken(key)):
            return True
        owns_rest = domain.catch_all in {account.address, *aliases} if domain.catch_all else False
        return owns_rest and not await self._taken(key) and not await self._taken(plain)

    async def _taken(self, key: str) -> bool:
        return await self._store.account(key) is not None or await self._store.alias(key) is not None

    async def _aliases_of(self, address: str) -> set[str]:
        """Aliases that lead to ``address`` over any others, as far as each of them lets its targets send."""
        found: set[str] = set()
        edge = [address]
        for _ in range(self._settings.sender_alias_depth):
            reached = [row.address for target in edge for row in await self._store.aliases_to(target) if row.may_send]
            edge = sorted(set(reached) - found)
            found.update(edge)
            if not edge or len(found) >= self._settings.sender_alias_count:
                break
        return found

    def _remember(self, key: tuple[int, str], answer: bool) -> None:
        self._known.pop(key, None)
        while len(self._known) >= self._settings.sender_cache_entries:
            del self._known[next(iter(self._known))]
        self._known[key] = (self._clock.monotonic() + self._settings.sender_cache, answer)


def _without_tag(address: Address, delimiter: str) -> Address:
    """``user@`` for ``user+tag@`` (RFC 5233); the address itself where there is no tag."""
    if not delimiter:
        return address
    user, found, _ = address.local.partition(delimiter)
    return Address(user, address.domain) if found and user else address
