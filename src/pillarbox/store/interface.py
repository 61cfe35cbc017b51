"""What can be asked of a store? Operations with values in and values out; an engine implements them all.

Every operation that writes is one unit: the engine puts all units that wait at a moment into one transaction and
completes them together after its commit (group commit). A unit that fails leaves nothing of itself behind.

Errors: StoreFull and StoreUnavailable are temporary; the caller answers 4xx and nothing of the unit was acknowledged.
"""

from asyncio import Future
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from .digests import Digest, Threading, Worded
from .rows import (
    Acceptance,
    Accepted,
    AccountRow,
    AliasRow,
    Copied,
    CopyOrder,
    DomainRow,
    EntryRow,
    FlagChange,
    FlagsChanged,
    FolderChanges,
    FolderRow,
    MessageRow,
    Octets,
    QueueFilter,
    QueueItem,
    RouteRow,
    ScramRow,
    Settlement,
)
from .trust_rows import DkimKeyRow, DmarcCount, ReportRow, StsRow, TlsCount


class StoreError(Exception):
    """The store could not do it; ``str(error)`` says why, for the log."""


class StoreFull(StoreError):
    """No space is left. Reading and deleting still work; accepting works again when space is back."""


class StoreUnavailable(StoreError):
    """A write or sync failed; the engine reopens and verifies itself before it acknowledges anything again."""


class StoreLimit(StoreError):
    """A named bound of what may be stored is reached; ``str(error)`` says which, in words for the user."""


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

    def tell_all(self, message_ids: Sequence[int], chapter: str) -> "Future[None]":
        """Add one chapter to the stories of several messages; forgotten ones are passed over."""

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

    def on_change(self, listener: Callable[[frozenset[int]], None]) -> None:
        """Call ``listener`` with the ids of the folders that a commit has changed: in the loop, after the commit and
        before the futures of its units are done. Folders made, renamed and removed, their rights, notes and
        subscriptions count as changed too. An empty set means that any folder may have changed."""

    def touched_elsewhere(self) -> None:
        """Another process wrote into the store: tell the listeners that any folder may have changed."""

    async def folders(self, account_id: int) -> list[FolderRow]:
        """An account's folders by name."""

    async def folder(self, account_id: int, name: str) -> FolderRow | None:
        """One folder by its name."""

    async def folder_by_id(self, folder_id: int) -> FolderRow | None:
        """The same, by id."""

    def add_folder(
        self, account_id: int, name: str, special_use: str | None = None, *, subscribed: bool = True
    ) -> "Future[FolderRow]":
        """Add an empty folder under a UIDVALIDITY that no folder had before, whatever its name (RFC 9051 §2.3.1.1).

        ``special_use`` may hold several, with one space between. StoreError when the account has a folder of that name,
        or there is no such account.
        """

    def rename_folder(self, folder_id: int, name: str) -> "Future[list[FolderRow]]":
        """Rename a folder and all below it (names that begin with the old name and "/"); the folders as they are now.

        UIDVALIDITY and UIDs stay. StoreError when a new name is taken or the folder is gone.
        """

    def set_special_use(self, folder_id: int, special_use: str | None) -> "Future[None]":
        """Replace the special uses of a folder."""

    def remove_folder(self, folder_id: int, chapter: str) -> "Future[bool]":
        """Remove a folder and what lies in it, telling the messages; folders below it stay. False: it was gone."""

    def empty_into(self, folder_id: int, target: int, chapter: str) -> "Future[int]":
        """Move all entries of a folder into the folder ``target`` (RENAME of INBOX, RFC 9051 §6.3.6); how many."""

    async def subscriptions(self, account_id: int) -> list[str]:
        """The names an account has subscribed to, whether there are such folders or not, by name."""

    def subscribe(self, account_id: int, name: str, on: bool) -> "Future[None]":
        """Add a name to the subscriptions or take it away."""

    def take_recent(self, folder_id: int) -> "Future[int]":
        """The first UID that nobody was told of as recent; from now on all present ones count as told."""

    async def entries(self, folder_id: int) -> list[EntryRow]:
        """All entries of a folder by rising UID."""

    async def changes(self, folder_id: int, modseq: int) -> FolderChanges | None:
        """What became of a folder since ``modseq``, since 0: all that lies in it; None when the folder is gone."""

    async def entry_prefix(self, folder_id: int, uid: int) -> bytes:
        """The recipient's own lines that stand before the message's octets. KeyError when the entry is gone."""

    async def octets(self, folder_id: int, uids: Sequence[int], limit: int) -> list[Octets]:
        """The octets of entries in the order of ``uids``, at least one, then more while their sum is below ``limit``
        octets; entries that are gone are left out."""

    def append(self, acceptance: Acceptance) -> "Future[Accepted]":
        """The same as ``accept``, for imports and uploads: kept apart so that counters can tell them apart."""

    def append_many(self, acceptances: Sequence[Acceptance]) -> "Future[list[Accepted]]":
        """Several messages, all or none (MULTIAPPEND, RFC 3502); when one does not fit, ``stored`` is False in each."""

    def replace(self, acceptance: Acceptance, folder_id: int, uid: int, chapter: str) -> "Future[Accepted]":
        """``append``, and ``expunge`` of one entry, in one transaction (RFC 8508)."""

    def copy(self, order: CopyOrder) -> "Future[Copied]":
        """Copy or move entries. StoreError when a folder is gone."""

    def expunge(self, folder_id: int, uids: Sequence[int], chapter: str) -> "Future[list[int]]":
        """Remove entries, keep tombstones, free octets that nothing needs; the UIDs removed, rising."""

    def set_flags(self, folder_id: int, uids: Sequence[int], add: int, remove: int) -> "Future[int]":
        """Change system flags of entries under one new MODSEQ; the MODSEQ."""

    def change_flags(self, change: FlagChange) -> "Future[FlagsChanged]":
        """Change flags and keywords under one new MODSEQ, which only entries get whose flags are different then."""


class Sharing(Protocol):
    """Who else may use a folder (RFC 4314), and notes on folders (RFC 5464)."""

    async def rights(self, folder_id: int) -> dict[str, str]:
        """Rights by identifier: an account's address, "anyone", or either behind "-" for rights taken away."""

    async def rights_in(self, folder_ids: Sequence[int]) -> dict[int, dict[str, str]]:
        """The same of several folders; those that give none are left out."""

    def set_rights(self, folder_id: int, identifier: str, rights: str | None) -> "Future[None]":
        """Replace the rights of an identifier; None removes them."""

    async def shared_with(self, account_id: int) -> list[tuple[str, FolderRow]]:
        """Folders of others that have rights for this account or anyone: (owner's address, folder), by both names."""

    async def notes(self, account_id: int, folder_id: int) -> dict[str, bytes]:
        """Metadata of a folder (0: of the server) as this account sees it: /shared and its own /private entries."""

    def set_notes(self, account_id: int, folder_id: int, values: Mapping[str, bytes | None]) -> "Future[None]":
        """Set metadata; None removes. Names in lower case, beginning with /shared/ or /private/."""


class Derived(Protocol):
    """What is computed from messages, and can be computed again: losing it loses time only.

    Written without a sync of its own. A reader may find less than there is: messages that came a moment ago, or all.
    What is found in a folder is among ``uids`` (rising), or may be more when these are many; texts are folded.
    """

    async def undigested(self, limit: int) -> list[int]:
        """Ids of messages in folders that have no digest yet, newest first, at most ``limit``; the same ones again
        until they have one."""

    def put_digests(self, digests: Sequence[Digest]) -> "Future[None]":
        """Keep digests, and their words in the index; one that is there already is left as it is."""

    async def digested(self, message_ids: Sequence[int], column: str) -> dict[int, bytes]:
        """One of ``envelope``, ``body``, ``structure``, ``sections``, ``preview`` (UTF-8) and ``thread`` (THREADID) of
        messages by id."""

    async def without_digest(self, folder_id: int, uids: Sequence[int]) -> dict[int, int]:
        """Entries of a folder whose messages have no digest yet: message id by UID."""

    async def uids_named(self, folder_id: int, column: str, wanted: str, uids: Sequence[int]) -> list[int]:
        """UIDs whose ``sender``, ``to``, ``cc``, ``bcc`` or ``subject`` contains ``wanted``."""

    async def uids_worded(self, folder_id: int, where: str, wanted: str, uids: Sequence[int]) -> Worded:
        """UIDs whose readable text ("body"), or header, recipient's prefix or readable text ("text") contains
        ``wanted``."""

    async def uids_with_field(self, folder_id: int, name: str, wanted: str, uids: Sequence[int]) -> Worded:
        """UIDs with a field ``name`` (lower case), in the message's own header or the recipient's prefix, that
        contains ``wanted``."""

    async def uids_sent(self, folder_id: int, first: int, last: int, uids: Sequence[int]) -> list[int]:
        """UIDs whose Date field shows a day (date.toordinal) from ``first`` to ``last``."""

    async def uids_of_thread(self, folder_id: int, thread: str, uids: Sequence[int]) -> list[int]:
        """UIDs whose THREADID is ``thread``."""

    async def sorting(
        self, folder_id: int, columns: Sequence[str], uids: Sequence[int]
    ) -> dict[int, tuple[str | float | None, ...]]:
        """``sort_*`` columns or ``sent`` by UID."""

    async def threading(self, folder_id: int, uids: Sequence[int]) -> list[Threading]:
        """What THREAD needs, by rising UID."""

    async def forget_digests(self, limit: int) -> int:
        """Remove at most ``limit`` digests of messages that are gone; how many."""


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


class Transport(Protocol):
    """What is known of the safety of the way to others: their MTA-STS policies, who spoke TLS, how sessions went."""

    async def sts_policy(self, domain: str) -> StsRow | None:
        """The MTA-STS policy of a domain, also an expired one."""

    async def old_sts_policies(self, before: float, limit: int) -> list[StsRow]:
        """Policies fetched before a time, oldest first."""

    def keep_sts_policy(self, row: StsRow) -> "Future[None]":
        """Keep a policy in the place of the one that was known."""

    async def tls_seen(self, host: str) -> float | None:
        """When a mail host was last reached with encryption; None when it never was, or was forgotten."""

    def note_tls_seen(self, host: str, at: float) -> "Future[None]":
        """A mail host was reached with encryption."""

    def forget_tls_seen(self, host: str) -> "Future[None]":
        """Forget that a host spoke TLS: an administrator knows better."""

    def count_tls(self, counts: Sequence[TlsCount]) -> "Future[None]":
        """Add to what is counted for reports of RFC 8460."""

    async def tls_counts(self, day: str) -> list[TlsCount]:
        """What was counted on a day ("2026-11-23", UTC), by domain."""

    def forget_transport(self, now: float, seen: float, day: str) -> "Future[None]":
        """Remove policies that expired before ``now``, hosts seen before ``seen``, counts of days before ``day``."""


class Trust(Protocol):
    """Signing keys of our domains, and what is counted, sent and received of reports (RFC 9990, RFC 8460)."""

    async def dkim_keys(self) -> list[DkimKeyRow]:
        """All keys, by domain, the oldest first."""

    def put_dkim_key(self, row: DkimKeyRow) -> "Future[None]":
        """Add a key, or change the state of one."""

    def remove_dkim_key(self, domain: str, selector: str) -> "Future[bool]":
        """Remove a key; False when there is none."""

    def count_dmarc(self, counts: Sequence[DmarcCount]) -> "Future[None]":
        """Add to what is counted for reports of RFC 9990."""

    async def dmarc_days(self, before: str, limit: int) -> list[tuple[str, str]]:
        """(day, domain) of what was counted on days before ``before`` ("2026-11-23", UTC), the oldest first."""

    async def dmarc_counts(self, day: str, domain: str, limit: int) -> list[DmarcCount]:
        """What was counted on a day for a domain, most messages first."""

    def forget_dmarc(self, day: str, domain: str) -> "Future[None]":
        """Remove what was counted on a day for a domain."""

    async def reports_sent(self, kind: str, day: str) -> frozenset[str]:
        """The domains whose report on a day has gone out; ``kind`` is "dmarc" or "tls"."""

    def note_report_sent(self, kind: str, day: str, domain: str) -> "Future[None]":
        """A report has gone out."""

    def keep_report(self, row: ReportRow) -> "Future[bool]":
        """Keep a report that we got; False when it was there."""

    async def reports(self, kind: str, domain: str, since: float, limit: int) -> list[ReportRow]:
        """Reports about a domain whose time begins at ``since`` or later, the newest first."""

    def forget_reports(self, before: float, day: str) -> "Future[None]":
        """Remove reports that came before a time, and the memory of those sent on days before ``day``."""


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


class Store(Messages, Queue, Mailboxes, Sharing, Derived, Directory, Transport, Trust, Upkeep, Protocol):
    """All of it: what an engine implements and ``app.build`` hands to those who need a part."""
