"""How are aliases added and removed? None may lead in circles, cut a user off, or lead nowhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pillarbox.mail.address import Address, AddressError
from pillarbox.store.interface import Directory
from pillarbox.store.rows import AliasRow, DomainRow

from .names import ManagementError, read_address


@dataclass(frozen=True, slots=True)
class AliasSettings:
    """The bounds of one alias."""

    alias_targets: int = 1_000


class Aliases:
    """Changes aliases. Raises ManagementError for what cannot be; calls ``changed`` after each change."""

    def __init__(
        self, store: Directory, changed: Callable[[], None] = lambda: None, settings: AliasSettings | None = None
    ) -> None:
        self._store = store
        self._changed = changed
        self._settings = settings or AliasSettings()

    async def put(self, address: str, targets: Sequence[str], may_send: bool = True) -> AliasRow:
        """Add or change an alias. ``may_send``: users it leads to may send from it."""
        alias = read_address(address)
        domains = {row.name: row for row in await self._store.domains()}
        if alias.ascii_domain not in domains:
            raise ManagementError(
                f"{alias} cannot be an alias",
                f"{alias.domain} is not one of our domains",
                f"Add it with: pillarbox domain add {alias.domain}",
            )
        wanted = self._targets(alias, targets)
        await self._keeps_mailbox(alias, wanted)
        for target in wanted:
            await self._leads_somewhere(alias, target, domains)
        await self._no_circle(alias, wanted)
        row = AliasRow(alias.key, [str(target) for target in wanted], may_send)
        await self._store.put_alias(row)
        self._changed()
        return row

    async def remove(self, address: str) -> list[str]:
        """Remove an alias; sentences on what now leads nowhere."""
        alias = read_address(address)
        loose = [f"the alias {row.address} still names {alias}" for row in await self._store.aliases_to(alias.key)]
        if not await self._store.remove_alias(alias.key):
            raise ManagementError(f"there is no alias {alias}", "none has that address", "See: pillarbox alias ls")
        self._changed()
        return [sentence for sentence in loose if not sentence.startswith(f"the alias {alias.key} ")]

    def _targets(self, alias: Address, targets: Sequence[str]) -> list[Address]:
        wanted = list({(target := read_address(text)).key: target for text in targets}.values())
        if not wanted:
            raise ManagementError(f"{alias} needs a target", "an alias stands for others", "Name one address or more")
        if len(wanted) > self._settings.alias_targets:
            raise ManagementError(
                f"{alias} has {len(wanted)} targets",
                f"at most {self._settings.alias_targets} are followed",
                "Use a mailing list, or aliases for parts of it",
            )
        return wanted

    async def _keeps_mailbox(self, alias: Address, targets: list[Address]) -> None:
        """An alias of a user's own name takes their mail away, unless it names them too or they are switched off."""
        row = await self._store.account(alias.key)
        if row is not None and row.enabled and all(target.key != alias.key for target in targets):
            raise ManagementError(
                f"{alias} is a user",
                "the alias would take all their mail away",
                f"Name {alias} among the targets to keep a copy, or switch the user off first",
            )

    async def _leads_somewhere(self, alias: Address, target: Address, domains: dict[str, DomainRow]) -> None:
        domain = domains.get(target.ascii_domain)
        if domain is None or domain.catch_all:
            return
        plain = target.local.partition(domain.delimiter)[0] if domain.delimiter else target.local
        for name in (target, Address(plain or target.local, target.domain)):
            if await self._store.account(name.key) is not None:
                return
            if name.key != alias.key and await self._store.alias(name.key) is not None:
                return
        raise ManagementError(
            f"{alias} cannot lead to {target}",
            f"nobody in {domain.name} has that address",
            f"Add it first with: pillarbox user add {target}",
        )

    async def _no_circle(self, alias: Address, targets: list[Address]) -> None:
        """Follow the targets through the aliases that are there; meeting ``alias`` again is a circle."""
        edge = [target.key for target in targets if target.key != alias.key]
        followed: set[str] = set()
        while edge:
            key = edge.pop()
            if key == alias.key:
                raise ManagementError(
                    f"{alias} would lead in a circle", "one of its targets leads back to it", "Name another target"
                )
            if key in followed or len(followed) >= self._settings.alias_targets:
                continue
            followed.add(key)
            row = await self._store.alias(key)
            edge += _keys(row) if row else []


def _keys(row: AliasRow) -> list[str]:
    """The key forms of an alias' targets, less itself."""
    keys = []
    for target in row.targets:
        try:
            keys.append(Address.parse(target).key)
        except AddressError:  # a damaged target leads nowhere, so in no circle either
            continue
    return [key for key in keys if key != row.address]
