"""What waits, when no server runs to be asked? Read from the store, for `mailq`."""

from pathlib import Path

from pillarbox.store.rows import QueueFilter

from . import waiting
from .going import go
from .offline import open_store
from .output import Cell


def read(data: Path) -> list[dict[str, Cell]]:
    """All messages in the queue."""

    async def work() -> list[dict[str, Cell]]:
        async with open_store(data) as store:
            where = QueueFilter(everything=True)
            return [waiting.record(items) async for items in waiting.messages(store, where)]

    return go(work())
