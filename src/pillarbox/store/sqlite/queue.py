"""What happens to the queue in SQLite? The ``Queue`` part of the store."""

import asyncio
import json
from collections.abc import Mapping, Sequence

from apsw import Connection

from pillarbox.store.rows import Accepted, QueueFilter, QueueItem, Settlement

from . import chosen
from .ledger import settle_group
from .messages import message_row
from .part import Part
from .statements import QUEUE, Row, rows, single, text

# How many parked rows one claim steps over at most; the others are stepped over by the next claim.
PARKED_AT_ONCE = 10_000


class SqliteQueue(Part):
    """``interface.Queue``."""

    def claim(
        self, now: float, lease: float, limit: int, parked: Mapping[str, float]
    ) -> "asyncio.Future[list[QueueItem]]":
        """See ``interface.Queue.claim``."""
        return self._engine.write(lambda connection: _claim(connection, now, lease, limit, parked))

    def settle(self, settlement: Settlement) -> "asyncio.Future[Accepted]":
        """See ``interface.Queue.settle``."""
        return self._engine.submit(settle_group, (settlement, self._clock.now()))

    def renew(self, queue_ids: Sequence[int], lease: float) -> "asyncio.Future[None]":
        """See ``interface.Queue.renew``."""
        return self._engine.write(lambda connection: _change(connection, "renew", lease, queue_ids))

    def unlease(self, queue_ids: Sequence[int], due: float) -> "asyncio.Future[None]":
        """See ``interface.Queue.unlease``."""
        return self._engine.write(lambda connection: _change(connection, "unlease", due, queue_ids))

    def unlease_all(self, due: float) -> "asyncio.Future[int]":
        """See ``interface.Queue.unlease_all``."""
        return self._engine.write(lambda connection: _unlease_all(connection, due))

    async def next_due(self) -> float | None:
        """See ``interface.Queue.next_due``."""
        found = await self._readers.read(lambda connection: single(connection, QUEUE["next_due"]))
        return found if isinstance(found, float) else None

    def queue_rows(self, where: QueueFilter, after: int = 0, limit: int = 1000) -> "asyncio.Future[list[QueueItem]]":
        """See ``interface.Queue.queue_rows``."""
        return self._readers.read(
            lambda connection: _items(connection, chosen.ids(connection, where, after=after, limit=limit))
        )

    async def queue_count(self) -> int:
        """See ``interface.Queue.queue_count``."""
        found = await self._readers.read(lambda connection: single(connection, QUEUE["count"]))
        return found if isinstance(found, int) else 0

    def queue_hold(self, where: QueueFilter) -> "asyncio.Future[list[int]]":
        """See ``interface.Queue.queue_hold``."""
        return self._in_pieces(chosen.Act("hold", where, "due IS NOT NULL"))

    def queue_release(self, where: QueueFilter, due: float) -> "asyncio.Future[list[int]]":
        """See ``interface.Queue.queue_release``."""
        return self._in_pieces(chosen.Act("make_due", where, "due IS NULL", due))

    def queue_retry(self, where: QueueFilter, due: float) -> "asyncio.Future[list[int]]":
        """See ``interface.Queue.queue_retry``."""
        return self._in_pieces(chosen.Act("make_due", where, "due IS NOT NULL AND leased = 0", due))

    def queue_drop(self, where: QueueFilter, chapter: str) -> "asyncio.Future[list[int]]":
        """See ``interface.Queue.queue_drop``."""
        return self._in_pieces(chosen.Act("remove", where, "true", chapter=chapter))

    def _in_pieces(self, act: chosen.Act) -> "asyncio.Future[list[int]]":
        return asyncio.ensure_future(self._all_pieces(act))

    async def _all_pieces(self, act: chosen.Act) -> list[int]:
        """Act on all rows that match, some thousand a unit, so that mail flows between."""
        after: int | None = 0
        messages: dict[int, None] = {}
        while after is not None:
            piece = await self._engine.submit(chosen.act_group, (act, after))
            messages.update(dict.fromkeys(piece.messages))
            after = piece.last
        return list(messages)


def _claim(
    connection: Connection, now: float, lease: float, limit: int, parked: Mapping[str, float]
) -> list[QueueItem]:
    claimed: list[int] = []
    stepped_over = 0
    while len(claimed) < limit and stepped_over < PARKED_AT_ONCE:
        wanted = limit - len(claimed)
        due = json.loads(text(connection, QUEUE["due"], now, wanted))
        take = [queue_id for queue_id, domain in due if domain not in parked]
        _park(connection, due, parked)
        _change(connection, "lease", lease, take)
        claimed += take
        stepped_over += len(due) - len(take)
        if len(due) < wanted:
            break
    return _items(connection, claimed)


def _park(connection: Connection, due: list[tuple[int, str]], parked: Mapping[str, float]) -> None:
    by_domain: dict[str, list[int]] = {}
    for queue_id, domain in due:
        if domain in parked:
            by_domain.setdefault(domain, []).append(queue_id)
    for domain, ids in by_domain.items():
        _change(connection, "park", parked[domain], ids)


def _change(connection: Connection, statement: str, at: float, ids: Sequence[int]) -> None:
    if ids:
        connection.execute(QUEUE[statement], (at, json.dumps(list(ids))))


def _unlease_all(connection: Connection, due: float) -> int:
    before = connection.total_changes()
    connection.execute(QUEUE["unlease_all"], (due,))
    return connection.total_changes() - before


def _items(connection: Connection, ids: Sequence[int]) -> list[QueueItem]:
    if not ids:
        return []
    return [_item(row) for row in rows(connection, QUEUE["items"], (json.dumps(list(ids)),))]


def _item(row: Row) -> QueueItem:
    number, recipient, domain, account_id, notify, original, due, leased, expires, attempts, reply, told = row[:12]
    return QueueItem(
        number, message_row(row[13:]), recipient, domain, account_id, notify, original, due, bool(leased), due is None,
        expires, attempts, reply, bool(told), row[12],
    )  # fmt: skip
