"""What waits in the queue, message by message? Rows of the store, gathered under their message."""

from collections.abc import AsyncIterator, Iterable
from itertools import groupby

from pillarbox.mail import ids
from pillarbox.store.interface import Queue
from pillarbox.store.rows import QueueFilter, QueueItem

from .output import Cell

PAGE = 1_000


def state(item: QueueItem) -> str:
    """``held``, ``active`` (an attempt has it) or ``waiting``."""
    return "held" if item.held else "active" if item.leased else "waiting"


def _recipient(item: QueueItem) -> dict[str, Cell]:
    return {
        "recipient": item.recipient,
        "state": state(item),
        "next_attempt": None if item.held else item.due,
        "expires": item.expires,
        "attempts": item.attempts,
        "last_reply": item.last_reply,
    }


def record(items: list[QueueItem]) -> dict[str, Cell]:
    """One message with the recipients that it still has to reach."""
    message = items[0].message
    due = [item.due for item in items if item.due is not None and not item.held]
    states = {state(item) for item in items}
    return {
        "id": ids.encode(message.id),
        "sender": message.sender,
        "recipients": [item.recipient for item in items],
        "size": message.size,
        "arrived": message.arrived,
        "next_attempt": min(due, default=None),
        "attempts": max(item.attempts for item in items),
        "last_reply": next((item.last_reply for item in items if item.last_reply), ""),
        "state": next(name for name in ("active", "waiting", "held") if name in states),
        "details": [_recipient(item) for item in items],
    }


def gather(rows: Iterable[QueueItem]) -> list[list[QueueItem]]:
    """Rows of the same message that stand together, in lists."""
    return [list(group) for _id, group in groupby(rows, key=lambda row: row.message.id)]


async def messages(
    store: Queue, where: QueueFilter, page: int = PAGE, after: int = 0
) -> AsyncIterator[list[QueueItem]]:
    """All messages that match behind the row ``after``, with their matching rows.

    ``page`` rows are read at a time, so that a long queue is no burden.
    """
    held: list[QueueItem] = []
    while rows := await store.queue_rows(where, after, page):
        after = rows[-1].id
        groups = gather([*held, *rows])
        held = groups.pop()  # its rows may go on in the next page
        for group in groups:
            yield group
        if len(rows) < page:
            break
    if held:
        yield held
