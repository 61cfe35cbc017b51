"""How are domains, users, aliases and routes kept in SQLite? The ``Directory`` part of the store."""

import asyncio
from collections.abc import Sequence

from apsw import Connection

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import AccountRow, AliasRow, DomainRow, RouteRow, ScramRow

from . import accounts
from .part import Part
from .statements import DIRECTORY, Value, rows, single


class SqliteDirectory(Part):
    """``interface.Directory``."""

    async def domains(self) -> list[DomainRow]:
        """See ``interface.Directory.domains``."""
        return await self._readers.read(
            lambda connection: [DomainRow(*row) for row in rows(connection, DIRECTORY["domains"])]
        )

    async def domain(self, name: str) -> DomainRow | None:
        """See ``interface.Directory.domain``."""
        found = await self._readers.read(lambda connection: rows(connection, DIRECTORY["domain"], (name,)))
        return DomainRow(*found[0]) if found else None

    def put_domain(self, row: DomainRow) -> "asyncio.Future[None]":
        """See ``interface.Directory.put_domain``."""
        return self._engine.write(lambda connection: _put_domain(connection, row))

    def remove_domain(self, name: str) -> "asyncio.Future[bool]":
        """See ``interface.Directory.remove_domain``."""
        return self._engine.write(lambda connection: _remove_domain(connection, name))

    async def account(self, address: str) -> AccountRow | None:
        """See ``interface.Directory.account``."""
        found = await self._readers.read(lambda connection: accounts.find(connection, "address = ?", address))
        return found[0] if found else None

    async def account_by_id(self, account_id: int) -> AccountRow | None:
        """See ``interface.Directory.account_by_id``."""
        found = await self._readers.read(lambda connection: accounts.find(connection, "account.id = ?", account_id))
        return found[0] if found else None

    async def accounts(self, domain: str | None = None) -> list[AccountRow]:
        """See ``interface.Directory.accounts``."""
        if domain is None:
            return await self._readers.read(lambda connection: accounts.find(connection, "true"))
        return await self._readers.read(lambda connection: accounts.find(connection, "domain = ?", domain))

    def add_account(self, row: AccountRow, folders: Sequence[tuple[str, str | None]]) -> "asyncio.Future[int]":
        """See ``interface.Directory.add_account``."""
        now = self._clock.now()
        return self._engine.write(lambda connection: accounts.add(connection, row, folders, now))

    def set_password(self, account_id: int, password: str | None, scram: ScramRow | None) -> "asyncio.Future[None]":
        """See ``interface.Directory.set_password``."""
        return self._engine.write(lambda connection: accounts.set_password(connection, account_id, password, scram))

    def change_account(self, row: AccountRow) -> "asyncio.Future[None]":
        """See ``interface.Directory.change_account``."""
        return self._engine.write(lambda connection: accounts.change(connection, row))

    def remove_account(self, account_id: int) -> "asyncio.Future[bool]":
        """See ``interface.Directory.remove_account``."""
        return self._engine.submit(accounts.remove_group, account_id)

    async def alias(self, address: str) -> AliasRow | None:
        """See ``interface.Directory.alias``."""
        found = await self._readers.read(lambda connection: _aliases(connection, "alias.address = ?", address))
        return found[0] if found else None

    async def aliases(self, domain: str | None = None) -> list[AliasRow]:
        """See ``interface.Directory.aliases``."""
        if domain is None:
            return await self._readers.read(lambda connection: _aliases(connection, "true"))
        return await self._readers.read(lambda connection: _aliases(connection, "domain = ?", domain))

    async def aliases_to(self, target: str) -> list[AliasRow]:
        """See ``interface.Directory.aliases_to``."""
        condition = "alias.address IN (SELECT address FROM alias_target WHERE target_key = ?)"
        return await self._readers.read(lambda connection: _aliases(connection, condition, target))

    def put_alias(self, row: AliasRow) -> "asyncio.Future[None]":
        """See ``interface.Directory.put_alias``."""
        return self._engine.write(lambda connection: _put_alias(connection, row))

    def remove_alias(self, address: str) -> "asyncio.Future[bool]":
        """See ``interface.Directory.remove_alias``."""
        return self._engine.write(lambda connection: _remove_alias(connection, address))

    async def routes(self) -> list[RouteRow]:
        """See ``interface.Directory.routes``."""
        return await self._readers.read(
            lambda connection: [RouteRow(*row) for row in rows(connection, DIRECTORY["routes"])]
        )

    def add_route(self, row: RouteRow) -> "asyncio.Future[int]":
        """See ``interface.Directory.add_route``."""
        return self._engine.write(lambda connection: _add_route(connection, row))

    def remove_route(self, route_id: int) -> "asyncio.Future[bool]":
        """See ``interface.Directory.remove_route``."""
        return self._engine.write(
            lambda connection: single(connection, DIRECTORY["remove_route"], route_id) is not None
        )


def _put_domain(connection: Connection, row: DomainRow) -> None:
    connection.execute(DIRECTORY["put_domain"], (row.name, row.catch_all, row.delimiter))


def _remove_domain(connection: Connection, name: str) -> bool:
    [(accounts_left, aliases_left)] = rows(connection, DIRECTORY["domain_users"], {"name": name})
    if accounts_left or aliases_left:
        raise StoreError(f"{name} still has {accounts_left} accounts and {aliases_left} aliases")
    connection.execute(DIRECTORY["remove_keys"], (name,))
    return single(connection, DIRECTORY["remove_domain"], name) is not None


def _aliases(connection: Connection, condition: str, *values: Value) -> list[AliasRow]:
    sql = DIRECTORY["aliases"].format(condition=condition)
    found: dict[str, AliasRow] = {}
    for address, may_send, target in rows(connection, sql, values):
        row = found.setdefault(address, AliasRow(address, [], bool(may_send)))
        if target is not None:
            row.targets.append(target)
    return list(found.values())


def _put_alias(connection: Connection, row: AliasRow) -> None:
    connection.execute(DIRECTORY["put_alias"], (row.address, accounts.domain_of(row.address), row.may_send))
    connection.execute(DIRECTORY["remove_targets"], (row.address,))
    targets = [(row.address, n, target, accounts.key_of(target)) for n, target in enumerate(row.targets)]
    connection.executemany(DIRECTORY["add_target"], targets)


def _remove_alias(connection: Connection, address: str) -> bool:
    connection.execute(DIRECTORY["remove_targets"], (address,))
    return single(connection, DIRECTORY["remove_alias"], address) is not None


def _add_route(connection: Connection, row: RouteRow) -> int:
    found = single(
        connection, DIRECTORY["add_route"], row.recipient_domain, row.sender, row.smart_host, row.tls, row.username,
        row.password_file,
    )  # fmt: skip
    assert isinstance(found, int)
    return found
