"""How do commands use the store while the server runs, or does not? They open it beside the server, and nudge that."""

import asyncio
import os
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pillarbox.accounts.aliases import Aliases
from pillarbox.accounts.management import Management
from pillarbox.accounts.passwords import Passwords
from pillarbox.net.clock import SystemClock
from pillarbox.store.interface import Store, StoreError
from pillarbox.store.sqlite import SqliteSettings, SqliteStore
from pillarbox.store.sqlite.backup import restore
from pillarbox.store.sqlite.connect import DATABASE

from .calling import Nudge
from .trouble import Exit, Trouble


@dataclass(frozen=True, slots=True)
class Directory:
    """The store with those who keep its directory sound."""

    store: Store
    management: Management
    aliases: Aliases


def has_store(data: Path) -> bool:
    """Whether a store is in the folder."""
    return (data / DATABASE).exists()


@asynccontextmanager
async def open_store(data: Path, *, make: bool = False) -> AsyncIterator[Store]:
    """The store of the folder ``data``; with ``make``, a new one when there is none. Trouble when there is none."""
    if not make and not has_store(data):
        raise Trouble(
            f"there is no store in {data}",
            f"{DATABASE} is not there",
            f"make one with `pillarbox init {data} --hostname NAME`, or name the right folder with --data",
            Exit.NO_INPUT,
        )
    if not os.access(data if make and not has_store(data) else data / DATABASE, os.W_OK):
        raise Trouble(
            f"the store in {data} may not be opened",
            "it can be read and changed only by the user that runs the server",
            "run the command as that user",
            Exit.NO_PERMISSION,
        )
    loop = asyncio.get_running_loop()
    settings = SqliteSettings(readers=1)
    store = await SqliteStore.open(data, clock=SystemClock(), random_bytes=os.urandom, settings=settings, loop=loop)
    try:
        yield store
    finally:
        await store.close()


@asynccontextmanager
async def open_directory(data: Path, *, make: bool = False) -> AsyncIterator[Directory]:
    """The store with its directory's keepers. A running server is told when something changed."""
    clock = SystemClock()
    changes: list[None] = []

    def changed() -> None:
        changes.append(None)

    with ThreadPoolExecutor(1, thread_name_prefix="hash") as pool:
        async with open_store(data, make=make) as store:
            management = Management(store, Passwords(pool, clock, os.urandom), clock, changed)
            yield Directory(store, management, Aliases(store, changed))
    if changes:
        Nudge(data).wake()


def restore_store(source: Path, data: Path, *, hold_queue: bool) -> list[str]:
    """Put the backup ``source`` in place of the store in ``data``; sentences on what was done. Trouble, with nothing
    changed, when it cannot be."""
    if not has_store(source):
        raise Trouble(
            f"there is no backup in {source}",
            f"{DATABASE} is not there",
            "name a folder of `pillarbox backup`",
            Exit.NO_INPUT,
        )
    try:
        return restore(source, data, SqliteSettings(), hold_queue=hold_queue)
    except StoreError as error:
        raise Trouble("nothing was restored", str(error), "name another backup, or mend that", Exit.DATA) from error
