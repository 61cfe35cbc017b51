"""What does one group of acceptances and settlements change? All rows are collected, then written in few statements.

A group of 50 messages takes about as many steps of the database as one message alone; that, and the one sync of its
commit, is what a 250 costs.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from apsw import Connection

from pillarbox.store.interface import StoreError
from pillarbox.store.rows import Acceptance, Accepted, Content, Enqueue, Filed, Filing, Settlement

from .bodies import Bodies
from .effects import Effects
from .shelf import Planned, Shelf
from .statements import MAILBOX, MESSAGE, QUEUE, Value, insert_rows, rows, single, text


def accept_group(connection: Connection, effects: Effects, acceptances: Sequence[Acceptance]) -> list[Accepted]:
    """Store messages with their copies, queue rows and stories."""
    ledger = Ledger(connection, effects, chain.from_iterable(a.filings for a in acceptances))
    results = [ledger.accept(acceptance) for acceptance in acceptances]
    ledger.write()
    return results


def settle_group(
    connection: Connection, effects: Effects, settled: Sequence[tuple[Settlement, float]]
) -> list[Accepted]:
    """Store what attempts changed; with each stands the time."""
    settlements = [settlement for settlement, _ in settled]
    ledger = Ledger(connection, effects, _filings_of(settlements))
    ledger.look_up(settlements)
    results = [ledger.settle(settlement, now) for settlement, now in settled]
    ledger.write()
    return results


def _filings_of(settlements: Sequence[Settlement]) -> list[Filing]:
    late = [filing for settlement in settlements for filing in settlement.filings]
    told = [filing for settlement in settlements for report in settlement.reports for filing in report.filings]
    return late + told


class Ledger:
    """The rows of one group, between reading what they depend on and writing them."""

    def __init__(self, connection: Connection, effects: Effects, filings: Iterable[Filing]) -> None:
        self._connection = connection
        self._effects = effects
        self._bodies = effects.bodies
        self._shelf = Shelf(connection, filings)
        self._next_id: int | None = None
        self._messages: list[tuple[Value, ...]] = []
        self._octets: list[tuple[Value, ...]] = []
        self._queued: list[tuple[Value, ...]] = []
        self._chapters: list[tuple[Value, ...]] = []
        self._deferred: list[tuple[Value, ...]] = []
        self._done: list[int] = []
        self._refs: Counter[int] = Counter()
        self._waiting: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    # --- accepting ---

    def full(self, acceptances: Sequence[Acceptance]) -> list[str]:
        """The recipients that have no room when all of ``acceptances`` come."""
        planned: Planned = {}
        full = [self._shelf.full(a.filings, a.message.content.size, planned) for a in acceptances]
        return [filing.recipient for filing in chain.from_iterable(full)]

    def accept(self, acceptance: Acceptance, saved: float | None = None) -> Accepted:
        """One new message; Accepted.stored is False when it has to be refused for full mailboxes.

        ``saved`` is when its copies are filed, None when that is the time of its arrival.
        """
        message = acceptance.message
        size = message.content.size
        full = self._shelf.full(acceptance.filings, size)
        if full and (acceptance.retry_full is None or (len(full) == len(acceptance.filings) and not acceptance.queued)):
            self._bodies.discard(message.content)
            return Accepted([], [], [filing.recipient for filing in full], False)
        filed = [
            self._wait(acceptance, filing) if filing in full
            else self._shelf.file(filing, message.id, size, message.arrived, saved)
            for filing in acceptance.filings
        ]  # fmt: skip
        queue_ids = [self._enqueue(message.id, row) for row in acceptance.queued]
        self._add_message(acceptance, len(filed) + len(queue_ids))
        return Accepted(filed, queue_ids, [filing.recipient for filing in full], True)

    def _wait(self, acceptance: Acceptance, filing: Filing) -> Filed:
        assert acceptance.retry_full is not None
        due, expires = acceptance.retry_full
        self._enqueue(acceptance.message.id, Enqueue(filing.recipient, "", due, expires, account_id=filing.account_id))
        return Filed(filing.account_id, 0, 0, 0)

    def _enqueue(self, message_id: int, row: Enqueue) -> int:
        if self._next_id is None:
            last = single(self._connection, QUEUE["last_id"])
            self._next_id = last + 1 if isinstance(last, int) else 1
        queue_id, self._next_id = self._next_id, self._next_id + 1
        due = None if row.held else row.due if row.lease is None else row.lease
        leased = row.lease is not None and not row.held
        self._queued.append(
            (queue_id, message_id, row.recipient, row.domain, row.account_id, row.notify, row.original, due, leased,
             row.expires, row.sender)
        )  # fmt: skip
        return queue_id

    def _add_message(self, acceptance: Acceptance, refs: int) -> None:
        message = acceptance.message
        content = message.content
        self._messages.append(
            (message.id, message.arrived, message.sender, content.size if refs else 0, message.header_size,
             message.body_type, message.smtputf8, message.ret, message.envelope_id, message.login, refs,
             acceptance.chapter, message.tls)
        )  # fmt: skip
        if refs:
            self._octets.append(self._body_row(message.id, content))
        else:
            self._bodies.discard(content)

    def _body_row(self, message_id: int, content: Content) -> tuple[Value, ...]:
        if isinstance(content.body, Path):
            return message_id, content.head, self._bodies.take(message_id, content.body), content.skip
        body = content.body[content.skip :] if content.skip else content.body
        return message_id, content.head + body, None, 0

    # --- settling ---

    def look_up(self, settlements: Sequence[Settlement]) -> None:
        """Read which rows of ``settlements`` still exist, and the sizes of messages that are filed late."""
        done = [queue_id for settlement in settlements for queue_id in settlement.done]
        if done:
            self._waiting = dict(json.loads(text(self._connection, QUEUE["waiting_ids"], json.dumps(done))))
        late = [settlement.message_id for settlement in settlements if settlement.filings]
        if late:
            found = json.loads(text(self._connection, MESSAGE["sizes"], json.dumps(late)))
            self._sizes = {int(message_id): size for message_id, size in found.items()}

    def settle(self, settlement: Settlement, now: float) -> Accepted:
        """One attempt's changes; Accepted speaks of the late copies."""
        filed = self._file_late(settlement, now)
        if not isinstance(filed, list):
            return filed
        message_id = settlement.message_id
        done = [queue_id for queue_id in settlement.done if self._waiting.pop(queue_id, None) == message_id]
        self._done += done
        self._refs[message_id] += len(filed) - len(done)
        self._deferred += [(d.due, d.reply, d.delay_told, d.queue_id, message_id) for d in settlement.deferred]
        if settlement.chapter:
            self._chapters.append((settlement.chapter, message_id))
        for report in settlement.reports:
            self.accept(report)
        return Accepted(filed, [], [], True)

    def _file_late(self, settlement: Settlement, now: float) -> list[Filed] | Accepted:
        if not settlement.filings:
            return []
        message_id = settlement.message_id
        size = self._sizes.get(message_id)
        if size is None:
            raise StoreError(f"the octets of message {message_id} are gone")
        full = self._shelf.full(settlement.filings, size)
        if full:
            return Accepted([], [], [filing.recipient for filing in full], False)
        date = self._arrived(message_id)
        return [self._shelf.file(filing, message_id, size, date, now) for filing in settlement.filings]

    def _arrived(self, message_id: int) -> float:
        [row] = rows(self._connection, MESSAGE["message"], (message_id,))
        return float(row[1])

    # --- writing ---

    def write(self) -> None:
        """Write all rows of the group."""
        connection = self._connection
        insert_rows(connection, MESSAGE["add_message"], self._messages)
        insert_rows(connection, MESSAGE["add_body"], self._octets)
        insert_rows(connection, MAILBOX["add_entry"], self._shelf.entries)
        self._effects.changed.update(self._shelf.write_counters())
        insert_rows(connection, QUEUE["add"], self._queued)
        if self._deferred:
            connection.executemany(QUEUE["defer"], self._deferred)
        if self._chapters:
            connection.executemany(MESSAGE["tell"], self._chapters)
        if self._done:
            connection.execute(QUEUE["remove"], (json.dumps(self._done),))
        change_refs(connection, self._bodies, self._refs)


def change_refs(connection: Connection, bodies: Bodies, changes: Counter[int]) -> None:
    """Count references to messages up or down, and free the octets that nothing refers to any more."""
    changed = {message_id: by for message_id, by in changes.items() if by}
    if not changed:
        return
    connection.execute(MESSAGE["change_refs"], (json.dumps(list(changed.items())),))
    fewer = json.dumps([message_id for message_id, by in changed.items() if by < 0])
    bodies.doom(json.loads(text(connection, MESSAGE["unneeded_files"], fewer)))
    connection.execute(MESSAGE["free_bodies"], (fewer,))
