"""Where does a local copy come to lie, and does it fit? The counters of all folders that one group touches.

They are read once, counted on in memory and written back once, however many copies the group files.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from apsw import Connection

from pillarbox.store.interface import StoreError
from pillarbox.store.keywords import in_order
from pillarbox.store.rows import Filed, Filing, Flags

from .statements import MAILBOX, Value, text

INBOX = "INBOX"
# Octets and messages by account.
Planned: TypeAlias = dict[int, tuple[int, int]]


@dataclass(slots=True)
class Counter:
    """One folder's counters. What was filed as deleted, which hardly ever happens, is counted from 0."""

    id: int
    uidnext: int
    modseq: int
    messages: int
    unseen: int
    octets: int
    deleted: int = 0
    deleted_octets: int = 0


@dataclass(slots=True)
class Holding:
    """What one account holds and may hold, counted only where there is a bound, and the folders that are needed."""

    folders: dict[str, Counter]
    octets: int
    messages: int
    quota_octets: int | None
    quota_messages: int | None

    def fits(self, octets: int, messages: int) -> bool:
        """Whether so much more may be filed."""
        if self.quota_octets is not None and self.octets + octets > self.quota_octets:
            return False
        return self.quota_messages is None or self.messages + messages <= self.quota_messages


class Shelf:
    """The folders that a group files into. ``filings`` are all that may come."""

    def __init__(self, connection: Connection, filings: Iterable[Filing]) -> None:
        self._connection = connection
        self._touched: dict[int, Counter] = {}
        wanted = {(filing.account_id, filing.folder) for filing in filings}
        self._names = _by_use(connection, wanted)
        self._holdings = _load(
            connection, wanted | {(account_id, name) for (account_id, _), name in self._names.items()}
        )
        self.entries: list[tuple[Value, ...]] = []

    def full(self, filings: list[Filing], size: int, planned: Planned | None = None) -> list[Filing]:
        """Those of ``filings`` of a message of ``size`` octets that their mailboxes have no room for.

        ``planned`` is what else is to come before, and is counted on.
        """
        unfit: list[Filing] = []
        planned = {} if planned is None else planned
        for filing in filings:
            holding = self._holding(filing.account_id)
            if holding.quota_octets is None and holding.quota_messages is None:
                continue
            octets, messages = planned.get(filing.account_id, (0, 0))
            octets, messages = octets + size + len(filing.prefix), messages + 1
            if holding.fits(octets, messages):
                planned[filing.account_id] = octets, messages
            else:
                unfit.append(filing)
        return unfit

    def file(self, filing: Filing, message_id: int, size: int, date: float, saved: float | None) -> Filed:
        """Put a copy into its folder, or INBOX when that is gone. ``saved`` None: it comes at its ``date``."""
        holding = self._holding(filing.account_id)
        name = self._names.get((filing.account_id, filing.folder), filing.folder)
        folder = holding.folders.get(name) or holding.folders.get(INBOX)
        if folder is None:
            raise StoreError(f"account {filing.account_id} has no {INBOX}")
        size += len(filing.prefix)
        uid, folder.uidnext = folder.uidnext, folder.uidnext + 1
        folder.modseq += 1
        folder.messages += 1
        folder.unseen += not filing.flags & Flags.SEEN.value
        folder.octets += size
        holding.octets += size
        holding.messages += 1
        if filing.flags & Flags.DELETED.value:
            folder.deleted += 1
            folder.deleted_octets += size
        self._touched[folder.id] = folder
        keywords = in_order(filing.keywords) if filing.keywords else ""
        self.entries.append(
            (folder.id, uid, message_id, folder.modseq, filing.flags, keywords, size, date, filing.prefix,
             folder.modseq, saved)
        )  # fmt: skip
        return Filed(filing.account_id, folder.id, uid, folder.modseq)

    def write_counters(self) -> Iterable[int]:
        """Write back the counters of the folders that were filed into; the ids of those."""
        if self._touched:
            rows = [(c.id, c.uidnext, c.modseq, c.messages, c.unseen, c.octets) for c in self._touched.values()]
            self._connection.execute(MAILBOX["set_counters"], (json.dumps(rows),))
            deleted = [(c.deleted, c.deleted_octets, c.id) for c in self._touched.values() if c.deleted]
            if deleted:
                self._connection.executemany(MAILBOX["more_deleted"], deleted)
        return self._touched

    def _holding(self, account_id: int) -> Holding:
        found = self._holdings.get(account_id)
        if found is None:
            raise StoreError(f"there is no account {account_id} any more")
        return found


def _by_use(connection: Connection, wanted: set[tuple[int, str]]) -> dict[tuple[int, str], str]:
    """The names of folders that are wanted by a special use, such as \\Junk (RFC 6154)."""
    uses = sorted((account_id, use) for account_id, use in wanted if use.startswith("\\"))
    if not uses:
        return {}
    found = json.loads(text(connection, MAILBOX["by_use"], json.dumps(uses)))
    return {(account_id, use): name for account_id, use, name in found}


def _load(connection: Connection, wanted: set[tuple[int, str]]) -> dict[int, Holding]:
    # The fall-back for folders that are gone.
    wanted |= {(account_id, INBOX) for account_id, _ in wanted}
    if not wanted:
        return {}
    holdings: dict[int, Holding] = {}
    for found in json.loads(text(connection, MAILBOX["counters"], json.dumps(sorted(wanted)))):
        account_id, quota_octets, quota_messages, octets, messages, name, *counters = found
        holding = holdings.get(account_id)
        if holding is None:
            holding = holdings[account_id] = Holding({}, octets, messages, quota_octets, quota_messages)
        holding.folders[name] = Counter(*counters)
    return holdings
