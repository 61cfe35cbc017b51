"""Who stands behind an address of ours? Aliases, sub-addresses, roles and the catch-all, followed to their ends."""

from collections.abc import Mapping
from dataclasses import replace

from pillarbox.mail.address import Address, AddressError
from pillarbox.mail.reply import NO_SUCH_USER, Reply
from pillarbox.store.rows import AccountRow, AliasRow, DomainRow

from .forwarding import Forwarding, Return
from .routed import (
    ALIAS_LOOP,
    ALIAS_TOO_LARGE,
    MAILBOX_DISABLED,
    NO_WAY_BACK,
    NOBODY_YET,
    LocalTarget,
    RecipientSettings,
    RecipientStore,
    Routed,
)

# RFC 5321 §4.5.1: postmaster always takes mail; RFC 2142 §4: so should abuse.
ROLES = frozenset({"postmaster", "abuse"})


class TooLarge(Exception):
    """Aliases lead too deep or to too many: ``str(error)`` says which, for the story."""


class Expansion:
    """One expansion of one recipient; made anew for each."""

    def __init__(
        self,
        store: RecipientStore,
        settings: RecipientSettings,
        domains: Mapping[str, DomainRow],
        forwarding: Forwarding | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._domains = domains
        self._forwarding = forwarding
        self._locals: dict[int, LocalTarget] = {}
        self._remotes: dict[str, Address] = {}
        self._followed: set[str] = set()
        self._notes: list[str] = []
        self._refusal: Reply | None = None
        self._count = 0

    async def of(self, recipient: Address) -> Routed:
        """What becomes of ``recipient``."""
        if self._settings.catch_all_account is not None:
            await self._everything(recipient, self._settings.catch_all_account)
        elif (back := self._way_back(recipient)) is not None:
            return await self._returned(back)
        elif self._elsewhere(recipient):
            return Routed((), (recipient,), f"{recipient.domain} is not one of our domains", ours=False)
        else:
            try:
                await self._follow(recipient, 0)
            except TooLarge as error:
                return Routed((), (), str(error), ALIAS_TOO_LARGE)
        return self._result()

    def _way_back(self, recipient: Address) -> Return | None:
        domain = recipient.domain and recipient.ascii_domain
        if self._forwarding is None or not (domain in self._domains or domain == self._settings.hostname.lower()):
            return None
        return self._forwarding.read(recipient)

    async def _returned(self, back: Return) -> Routed:
        """To the one who sent what we have forwarded: he hears that it could not be delivered."""
        address = back.address
        if back.message_id is not None:
            row = await self._store.message(back.message_id)
            address = self._parse(row.sender if row is not None else None, "the sender of what was forwarded")
        if address is None:
            return Routed((), (), back.fault or "nothing is known any more of what was forwarded", NO_WAY_BACK)
        if self._elsewhere(address):
            return Routed((), (address,), f"it leads back to {address}, whose mail we forwarded", returns=True)
        await self._follow(address, 0)
        return replace(self._result(), returns=True)

    def _result(self) -> Routed:
        why = "; ".join(self._notes)
        if self._locals or self._remotes:
            return Routed(tuple(self._locals.values()), tuple(self._remotes.values()), why)
        return Routed((), (), why, self._refusal or NO_SUCH_USER)

    async def _everything(self, recipient: Address, account_id: int) -> None:
        """Try-out mode: whatever the address, the mail lands here."""
        row = await self._store.account_by_id(account_id)
        if row is None:
            self._refuse(NOBODY_YET, "the account that takes everything does not exist")
        else:
            self._notes.append(f"every recipient lands in {row.address} here")
            self._deliver(row, recipient)

    def _elsewhere(self, address: Address) -> bool:
        if not address.domain:
            return False
        literal = address.literal
        if literal is not None:
            return literal not in self._settings.own_addresses
        domain = address.ascii_domain
        # The machine's own name need not be one of our domains, but its postmaster must be reachable.
        own = domain == self._settings.hostname.lower() and address.local.lower() == "postmaster"
        return not own and domain not in self._domains

    async def _follow(self, address: Address, depth: int, written: Address | None = None) -> bool:
        """Add what ``address`` leads to, and say whether that is anything.

        ``written`` is what Delivered-To shall say in place of it.
        """
        self._bound(depth)
        if self._elsewhere(address):
            self._remotes.setdefault(address.key, address)
            return True
        if address.key in self._followed:
            # An alias that names itself means the mailbox of that name: a copy stays here.
            led = await self._account(address, written or address)
            if led is not None:
                return led
            self._refuse(ALIAS_LOOP, f"{address} leads back to itself")
            return False
        self._followed.add(address.key)
        ways = (self._directory, self._role, self._catch_all)
        for way in ways:
            led = await way(address, depth, written or address)
            if led is not None:
                return led
        self._refuse(NO_SUCH_USER, f"{address} is nobody's address")
        return False

    def _bound(self, depth: int) -> None:
        self._count += 1
        if depth > self._settings.alias_depth:
            raise TooLarge(f"aliases lead to aliases more than {self._settings.alias_depth} times")
        if self._count > self._settings.alias_targets:
            raise TooLarge(f"the address stands for more than {self._settings.alias_targets} others")

    async def _directory(self, address: Address, depth: int, written: Address) -> bool | None:
        """An alias or a mailbox of this very name, then of the name without its tag (RFC 5233); None for neither."""
        for candidate in self._candidates(address):
            alias = await self._store.alias(candidate.key)
            if alias is not None:
                return await self._targets(alias, depth)
            led = await self._account(candidate, written)
            if led is not None:
                return led
        return None

    async def _account(self, address: Address, written: Address) -> bool | None:
        """The mailbox of this very name; None where there is none, False where it takes nothing."""
        row = await self._store.account(address.key)
        return None if row is None else self._deliver(row, written)

    def _candidates(self, address: Address) -> list[Address]:
        domain = self._domains.get(address.ascii_domain)
        user, tag, _ = address.local.partition(domain.delimiter) if domain and domain.delimiter else ("", "", "")
        return [address, Address(user, address.domain)] if tag and user else [address]

    async def _targets(self, alias: AliasRow, depth: int) -> bool:
        self._notes.append(f"{alias.address} is an alias of {_some(alias.targets)}")
        led = False
        for target in alias.targets:
            address = self._parse(target, "a target of the alias")
            if address is not None and await self._follow(address, depth + 1):
                led = True
        return led

    async def _role(self, address: Address, depth: int, written: Address) -> bool | None:
        """Is it postmaster or abuse? Whether of a domain of ours or of this machine, someone reads it."""
        name = self._candidates(address)[-1].local.casefold()
        domain = self._domains.get(address.ascii_domain)
        if name not in ROLES or (domain is None and name != "postmaster"):
            return None
        chosen = self._parse(self._settings.postmaster, "the postmaster setting")
        return (
            await self._taken_by(chosen, depth, written)
            or await self._catch_all(address, depth, written)
            or await self._oldest(domain, written)
        )

    async def _catch_all(self, address: Address, depth: int, written: Address) -> bool | None:
        domain = self._domains.get(address.ascii_domain)
        taker = self._parse(domain.catch_all, f"the catch-all of {domain.name}") if domain else None
        return await self._taken_by(taker, depth, written)

    async def _taken_by(self, taker: Address | None, depth: int, written: Address) -> bool | None:
        """Another address takes the mail and keeps what was written; None where there is no such address."""
        if taker is None or taker.key in self._followed:
            return None
        self._notes.append(f"{taker} takes what is sent to {written}")
        return await self._follow(taker, depth + 1, written)

    def _parse(self, text: str | None, what: str) -> Address | None:
        try:
            return Address.parse(text) if text is not None else None
        except AddressError as error:
            self._notes.append(f"{what}, {text!r}, is no address: {error}")
            return None

    async def _oldest(self, domain: DomainRow | None, written: Address) -> bool:
        """The oldest account of the domain, or of them all, that is not switched off."""
        rows = [row for row in await self._store.accounts(domain.name if domain else None) if row.enabled]
        rows = rows or [row for row in await self._store.accounts() if row.enabled]
        if not rows:
            self._refuse(NOBODY_YET, "there is no account yet")
            return False
        oldest = min(rows, key=lambda row: (row.created, row.id))
        self._notes.append(f"{oldest.address}, the oldest account, reads what is sent to {written}")
        return self._deliver(oldest, written)

    def _deliver(self, row: AccountRow, written: Address) -> bool:
        if not row.enabled:
            self._refuse(MAILBOX_DISABLED, f"the mailbox {row.address} is switched off")
            return False
        if row.id not in self._locals:
            self._notes.append(f"{row.address} is a mailbox here")
            free = None if row.quota_octets is None else max(0, row.quota_octets - row.used_octets)
            counted = row.quota_messages is not None and row.used_messages >= row.quota_messages
            self._locals[row.id] = LocalTarget(row.id, str(written), full=counted or free == 0, free=free)
        return True

    def _refuse(self, reply: Reply, why: str) -> None:
        """Keep the first reason; it is given only when nothing at all can be delivered."""
        self._refusal = self._refusal or reply
        self._notes.append(why)


def _some(targets: list[str]) -> str:
    """The first few of many addresses, for a sentence."""
    return ", ".join(targets) if len(targets) <= 5 else f"{', '.join(targets[:5])} and {len(targets) - 5} more"
