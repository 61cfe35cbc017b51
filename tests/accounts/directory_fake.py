"""A directory in memory: the part of the store that says who is who, and a clock that stands still until moved."""

from asyncio import Future as LoopFuture
from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from typing import TypeVar

from pillarbox.mail.address import Address
from pillarbox.store.interface import StoreError
from pillarbox.store.rows import AccountRow, AliasRow, DomainRow, MessageRow, RouteRow, ScramRow

_T = TypeVar("_T")


class StillClock:
    """Time that moves only when told to."""

    def __init__(self) -> None:
        self.time = 1_800_000_000.0

    def now(self) -> float:
        return self.time

    def monotonic(self) -> float:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        self.time += seconds


def done(value: _T) -> "LoopFuture[_T]":
    future: LoopFuture[_T] = get_running_loop().create_future()
    future.set_result(value)
    return future


class MemoryDirectory:
    """Keeps rows in dicts and counts the questions."""

    def __init__(self) -> None:
        self._domains: dict[str, DomainRow] = {}
        self._accounts: dict[int, AccountRow] = {}
        self._aliases: dict[str, AliasRow] = {}
        self.folders: dict[int, list[tuple[str, str | None]]] = {}
        self.questions = 0
        self.messages: dict[int, MessageRow] = {}
        self.broken: StoreError | None = None

    def with_domain(self, name: str, catch_all: str | None = None, delimiter: str = "+") -> "MemoryDirectory":
        self._domains[name] = DomainRow(name, catch_all, delimiter)
        return self

    def with_user(self, address: str, **changes: object) -> AccountRow:
        number = len(self._accounts) + 1
        row = AccountRow(number, Address.parse(address).key, "", None, None, None, None, True, 1000.0 + number)
        for name, value in changes.items():
            setattr(row, name, value)
        self._accounts[number] = row
        return row

    def with_alias(self, address: str, *targets: str, may_send: bool = True) -> "MemoryDirectory":
        self._aliases[address] = AliasRow(address, list(targets), may_send)
        return self

    def _asked(self) -> None:
        self.questions += 1
        if self.broken is not None:
            raise self.broken

    async def secret(self, name: str) -> bytes:
        return name.encode().ljust(32, b"s")

    async def domains(self) -> list[DomainRow]:
        self._asked()
        return [self._domains[name] for name in sorted(self._domains)]

    async def domain(self, name: str) -> DomainRow | None:
        self._asked()
        return self._domains.get(name)

    def put_domain(self, row: DomainRow) -> "LoopFuture[None]":
        self._domains[row.name] = row
        return done(None)

    def remove_domain(self, name: str) -> "LoopFuture[bool]":
        return done(self._domains.pop(name, None) is not None)

    async def account(self, address: str) -> AccountRow | None:
        self._asked()
        return next((row for row in self._accounts.values() if row.address == address), None)

    async def account_by_id(self, account_id: int) -> AccountRow | None:
        self._asked()
        return self._accounts.get(account_id)

    async def accounts(self, domain: str | None = None) -> list[AccountRow]:
        self._asked()
        rows = sorted(self._accounts.values(), key=lambda row: row.address)
        return [row for row in rows if domain is None or row.address.endswith(f"@{domain}")]

    def add_account(self, row: AccountRow, folders: Sequence[tuple[str, str | None]]) -> "LoopFuture[int]":
        number = len(self._accounts) + 1
        self._accounts[number] = row
        self.folders[number] = list(folders)
        return done(number)

    def set_password(self, account_id: int, password: str | None, scram: ScramRow | None) -> "LoopFuture[None]":
        self._accounts[account_id].password = password
        self._accounts[account_id].scram = scram
        return done(None)

    def change_account(self, row: AccountRow) -> "LoopFuture[None]":
        self._accounts[row.id] = row
        return done(None)

    def remove_account(self, account_id: int) -> "LoopFuture[bool]":
        return done(self._accounts.pop(account_id, None) is not None)

    async def message(self, message_id: int) -> MessageRow | None:
        return self.messages.get(message_id)

    async def alias(self, address: str) -> AliasRow | None:
        self._asked()
        return self._aliases.get(address)

    async def aliases(self, domain: str | None = None) -> list[AliasRow]:
        rows = [self._aliases[address] for address in sorted(self._aliases)]
        return [row for row in rows if domain is None or row.address.endswith(f"@{domain}")]

    async def aliases_to(self, target: str) -> list[AliasRow]:
        self._asked()
        return [row for row in await self.aliases() if target in {Address.parse(text).key for text in row.targets}]

    def put_alias(self, row: AliasRow) -> "LoopFuture[None]":
        self._aliases[row.address] = row
        return done(None)

    def remove_alias(self, address: str) -> "LoopFuture[bool]":
        return done(self._aliases.pop(address, None) is not None)

    async def routes(self) -> list[RouteRow]:
        return []

    def add_route(self, row: RouteRow) -> "LoopFuture[int]":
        raise NotImplementedError

    def remove_route(self, route_id: int) -> "LoopFuture[bool]":
        raise NotImplementedError


class HeldPool(Executor):
    """A pool that does nothing until it is let go: work is run then, in order, in the caller's thread."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[object], Callable[[], object]]] = []

    def submit(self, work, /, *args, **kwargs):  # type: ignore[no-untyped-def]
        future: Future[object] = Future()
        self.waiting.append((future, lambda: work(*args, **kwargs)))
        return future

    def let_go(self) -> None:
        while self.waiting:
            future, work = self.waiting.pop(0)
            future.set_result(work())
