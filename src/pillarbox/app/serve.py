"""How does a server begin, go on and end? One process, one loop: bind everything or nothing, say "ready", drain, exit.

Order at the end: the doors close first, so that nothing new comes in; then the queue drains; then the store, which
completes what waits; the log last, because all of them tell it.
"""

import asyncio
import gc
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO, TypeAlias

from pillarbox.net.clock import SystemClock
from pillarbox.net.platform import LockTaken, Platform, current

from .build import build
from .config import FILE, Loaded, load
from .offline import has_store
from .server import Server
from .trouble import Exit, Trouble

LOCK_FILE = "server.lock"
# New objects until the collector looks for cycles; Python's own numbers suit programs that live for seconds.
COLLECT = (10_000, 20, 50)
Began: TypeAlias = Callable[[Server], None]


def run_in(folder: Path) -> int:
    """Serve what ``folder`` holds; the exit code. Trouble when there is no server in it."""
    if not (folder / FILE).exists() and not has_store(folder):
        raise Trouble(
            f"there is no server in {folder}",
            f"{FILE} is not there",
            f"make one with `pillarbox init {folder} --hostname NAME`, or name the right folder with --data",
            Exit.CONFIG,
        )
    return run(load(folder))


def run(
    loaded: Loaded, *, say: TextIO = sys.stderr, catch_all: int | None = None, began: Began | None = None
) -> int:
    """Serve until the system or the control channel says stop. The exit code; Trouble when it cannot begin.

    ``catch_all`` and ``began`` are for try-out mode: the account that gets all mail, and what to do instead of saying
    "ready".
    """
    platform = current()
    platform.private_files.make_folder(loaded.data)
    platform.open_files.allow(loaded.settings.limits.open_files)
    try:
        lock = platform.locks.take(loaded.data / LOCK_FILE)
    except LockTaken as taken:
        raise Trouble(
            f"a server already works with {loaded.data}",
            str(taken),
            "stop that one first, or name another folder with --data",
            Exit.UNAVAILABLE,
        ) from None
    loop = platform.loops.new()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(_serve(loaded, platform, loop, catch_all, began or _ready(say)))
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
        lock.release()
    return 0


def _ready(say: TextIO) -> Began:
    def began(_server: Server) -> None:
        say.write("ready\n")
        say.flush()

    return began


async def _serve(
    loaded: Loaded, platform: Platform, loop: asyncio.AbstractEventLoop, catch_all: int | None, began: Began
) -> None:
    server = await build(loaded, platform, loop, SystemClock(), catch_all)
    try:
        await start(server)
    except BaseException:
        await server.close()
        raise
    # What was built stays for ever, and connections free themselves: the collector need not look so often.
    gc.freeze()
    gc.set_threshold(*COLLECT)
    platform.signals.install(loop, server.stop.set, server.reload)
    began(server)
    try:
        await server.stop.wait()
    finally:
        platform.signals.remove(loop)
        await server.close()


async def start(server: Server) -> None:
    """Bind every listener and begin to deliver. Trouble, with nothing left bound, when one cannot be had."""
    for listener in server.listeners:
        try:
            await listener.open()
        except OSError as error:
            raise _not_bound(listener.doorway.name, error) from error
    await server.begin()


def _not_bound(name: str, error: OSError) -> Trouble:
    if isinstance(error, PermissionError):
        cure = "ports below 1024 need a right: run `setcap`, use a service manager, or choose a port above 1023"
    else:
        cure = "stop the program that has it (often another mail server), or change `address` of this [[listener]]"
    return Trouble(f"the listener {name} cannot be bound", error.strerror or str(error), cure, Exit.UNAVAILABLE)
