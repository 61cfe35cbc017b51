"""What can be asked of a store? Operations with values in and values out; an engine implements them all.

Every operation that writes is one unit: the engine puts all units that wait at a moment into one transaction and
completes them together after its commit (group commit). A unit that fails leaves nothing of itself behind.

Errors: StoreFull and StoreUnavailable are temporary; the caller answers 4xx and nothing of the unit was acknowledged.
"""

from asyncio import Future
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .rows import (
    Acceptance,
    Accepted,
    AccountRow,
    AliasRow,
    DomainRow,
    EntryRow,
    FolderRow,
    MessageRow,
    QueueFilter,
    QueueItem,
    RouteRow,
    ScramRow,
    Settlement,
)


class StoreError(Exception):
    """The store could not do it; ``str(error)`` says why, for the log."""


class StoreFull(StoreError):
    """No space is left. Reading and deleting still work; accepting works again when space is back."""


class StoreUnavailable(StoreError):
    """A write or sync failed; the engine reopens and verifies itself before it acknowledges anything again."""


class Messages(Protocol):
    """Message octets, written once, and their stories."""

    def accept(self, acceptance: Acceptance) -> "Future[Accepted]":
        """Commit message, local copies, queue rows and story in one transaction; done when they are durable."""

    async def message(self, message_id: int) -> MessageRow | None:
        """What is known of a message, also after its octets are gone; None when its story has expired too."""

    async def read_small(self, message_id: int) -> bytes | None:
        """The whole message when it lies in the database (it is small), else None: use ``read_slices``."""

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The octets from ``start`` to ``end`` in slices of at most 256 KiB. KeyError when they are gone."""

    def incoming(self) -> Path:
        """The folder where a large body is written and synced before ``accept`` takes it over."""

    def tell(self, message_id: int, chapter: str) -> "Future[None]":
        """Add a chapter to a message's story."""

    async def story(self, message_id: int) -> list[str]:
        """The chapters of a message's story, oldest first."""

    def forget(self, before: float, limit: int) -> "Future[int]":
        """Remove at most ``limit`` stories of messages that arrived before ``before`` and whose octets are gone."""


class Queue(Protocol):
    """What still has to leave. One row a recipient; a lease makes a row not due until it ends."""

    def claim(self, now: float, lease: float, limit: int, parked: Mapping[str, float]) -> "Future[list[QueueItem]]":
        """Lease at most ``limit`` due rows until ``lease``, earliest due first.

        Due rows whose domain is in ``parked`` are not claimed; they become due at the time given there.
        """

    def settle(self, settlement: Settlement) -> "Future[Accepted]":
        """Commit what an attempt changed; a message that no row or folder needs any more gives up its octets.

        The result speaks of ``filings`` (``full`` lists recipients whose mailbox is full: nothing of the settlement
        was stored then, and ``stored`` is False).
        """

    def renew(self, queue_ids: Sequence[int], lease: float) -> "Future[None]":
        """Keep leases until ``lease``, for attempts that still run."""

    def unlease(self, queue_ids: Sequence[int], due: float) -> "Future[None]":
        """Give leased rows back, due at ``due``, without counting an attempt."""

    def unlease_all(self, due: float) -> "Future[int]":
        """At start: the leases of a process that is gone end now. The number of rows."""

    async def next_due(self) -> float | None:
        """When the earliest row becomes due, leases included; None when nothing waits."""

    def queue_rows(self, where: QueueFilter, after: int = 0, limit: int = 1000) -> "Future[list[QueueItem]]":
        """Rows that match, by rising id, behind the row ``after``."""

    async def queue_count(self) -> int:
        """How many recipients wait, held ones included."""

    def queue_hold(self, where: QueueFilter) -> "Future[list[int]]":
        """Take matching rows out of delivery; the ids of their messages."""

    def queue_release(self, where: QueueFilter, due: float) -> "Future[list[int]]":
        """Put held rows back, due at ``due``; the ids of their messages."""

    def queue_retry(self, where: QueueFilter, due: float) -> "Future[list[int]]":
        """Make matching rows due at ``due``, unless leased or held; the ids of their messages."""

    def queue_drop(self, where: QueueFilter, chapter: str) -> "Future[list[int]]":
        """Remove matching rows without a report, telling it in ``chapter``; the ids of their messages."""


class Mailboxes(Protocol):
    """Folders and what lies in them."""

    async def folders(self, account_id: int) -> list[FolderRow]:
        """An account's folders by name."""

    async def folder(self, account_id: int, name: str) -> FolderRow | None:
        """One folder by its name."""

    def add_folder(self, account_id: int, name: str, special_use: str | None = None) -> "Future[FolderRow]":
        """Add an empty folder under a UIDVALIDITY that no folder had before, whatever its name (RFC 9051 §2.3.1.1).

        StoreError when the account has a folder of that name, or there is no such account.
        """

    async def entries(self, folder_id: int) -> list[EntryRow]:
        """All entries of a folder by rising UID."""

    async def entry_prefix(self, folder_id: int, uid: int) -> bytes:
        """The recipient's own lines that stand before the message's octets. KeyError when the entry is gone."""

    def append(self, acceptance: Acceptance) -> "Future[Accepted]":
        """The same as ``accept``, for imports and uploads: kept apart so that counters can tell them apart."""

    def expunge(self, folder_id: int, uids: Sequence[int], chapter: str) -> "Future[list[int]]":
        """Remove entries, keep tombstones, free octets that nothing needs; the UIDs removed, rising."""

    def set_flags(self, folder_id: int, uids: Sequence[int], add: int, remove: int) -> "Future[int]":
        """Change system flags of entries under one new MODSEQ; the MODSEQ."""


class Directory(Protocol):
    """Domains, users, aliases, stored routes. Addresses are key forms (mail.address.Address.key)."""

    async def domains(self) -> list[DomainRow]:
        """All our domains by name."""

    async def domain(self, name: str) -> DomainRow | None:
        """One of our domains (A-labels)."""

    def put_domain(self, row: DomainRow) -> "Future[None]":
        """Add a domain or change it."""

    def remove_domain(self, name: str) -> "Future[bool]":
        """Remove a domain without accounts; False when there is none. StoreError when accounts or aliases use it."""

    async def account(self, address: str) -> AccountRow | None:
        """A user with what the mailbox holds now."""

    async def account_by_id(self, account_id: int) -> AccountRow | None:
        """The same, by id."""

    async def accounts(self, domain: str | None = None) -> list[AccountRow]:
        """All users, or those of one domain, by address."""

    def add_account(self, row: AccountRow, folders: Sequence[tuple[str, str | None]]) -> "Future[int]":
        """Add a user (``row.id`` is ignored) with folders of (name, special use); the id. StoreError when it exists."""

    def set_password(self, account_id: int, password: str | None, scram: ScramRow | None) -> "Future[None]":
        """Replace what a login is checked against."""

    def change_account(self, row: AccountRow) -> "Future[None]":
        """Replace name, quota and enabled of the account ``row.id``."""

    def remove_account(self, account_id: int) -> "Future[bool]":
        """Remove a user and all their mail."""

    async def alias(self, address: str) -> AliasRow | None:
        """One alias."""

    async def aliases(self, domain: str | None = None) -> list[AliasRow]:
        """All aliases, or those of one domain, by address."""

    async def aliases_to(self, target: str) -> list[AliasRow]:
        """The aliases that name ``target`` (key form) among their targets."""

    def put_alias(self, row: AliasRow) -> "Future[None]":
        """Add an alias or change it."""

    def remove_alias(self, address: str) -> "Future[bool]":
        """Remove an alias; False when there is none."""

    async def routes(self) -> list[RouteRow]:
        """The stored routing rules in their order."""

    def add_route(self, row: RouteRow) -> "Future[int]":
        """Add a rule behind the others (``id`` and ``position`` are ignored); its id."""

    def remove_route(self, route_id: int) -> "Future[bool]":
        """Remove a rule; False when there is none."""


class Upkeep(Protocol):
    """Opening, closing, copying, checking."""

    async def close(self) -> None:
        """Complete what waits, checkpoint, let go of the files."""

    async def backup(self, target: Path) -> None:
        """A consistent copy of database and large bodies into the new folder ``target`` while mail flows."""

    async def check(self) -> list[str]:
        """What is wrong with the store, in sentences; empty when all is well. Reads everything."""

    async def sweep(self) -> int:
        """Remove files that crashes left behind; how many. Safe at any time; a server does it at start and daily."""

    async def secret(self, name: str) -> bytes:
        """32 random octets under ``name``, made at first use and kept."""


class Store(Messages, Queue, Mailboxes, Directory, Upkeep, Protocol):
    """All of it: what an engine implements and ``app.build`` hands to those who need a part."""
