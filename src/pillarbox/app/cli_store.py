"""`pillarbox backup`, `restore`: a second copy of everything, made while mail flows."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .cli_options import Data, Json, store_folder
from .going import go
from .offline import open_store, restore_store
from .output import as_json, say
from .trouble import Exit, Trouble


def backup(
    target: Annotated[Path, typer.Argument(metavar="NEW-DIR", help="The folder to make; it must not be there yet.")],
    data: Data = None,
    json: Json = False,
) -> None:
    """Copy the store into a new folder. The server may run meanwhile."""
    if target.exists() and any(target.iterdir()):
        raise Trouble(
            f"{target} is there already", "a backup never overwrites", "name a new folder", Exit.CANNOT_CREATE
        )

    async def work() -> None:
        async with open_store(store_folder(data)) as store:
            await store.backup(target)

    go(work())
    octets = sum(file.stat().st_size for file in target.rglob("*") if file.is_file())
    if json:
        as_json({"folder": str(target), "octets": octets})
    else:
        say(f"The store is copied to {target} ({octets / 1024**2:.1f} MiB).")


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder that `pillarbox backup` made.")],
    data: Data = None,
    hold_queue: Annotated[
        bool, typer.Option(help="Hold what waits in the backup's queue: some of it was delivered since.")
    ] = True,
    json: Json = False,
) -> None:
    """Put a backup in place of the store, which is kept beside it. No server may run meanwhile."""
    from pillarbox.net.platform import LockTaken, current  # noqa: PLC0415

    folder = store_folder(data)
    current().private_files.make_folder(folder)
    try:
        lock = current().locks.take(folder / "server.lock")
    except LockTaken as taken:
        raise Trouble(f"{folder} is in use", str(taken), "stop the server first", Exit.UNAVAILABLE) from None
    try:
        done = restore_store(source, folder, hold_queue=hold_queue)
    finally:
        lock.release()
    if json:
        as_json({"folder": str(folder), "done": done})
        return
    say(f"The store of {source} is in place in {folder}.")
    for sentence in done:
        say(f"  {sentence}")
    if hold_queue:
        say("  look through it with `pillarbox queue ls`, then `pillarbox queue release --all` or `queue drop`")


COMMANDS: dict[str, Callable[..., None]] = {"backup": backup, "restore": restore}
