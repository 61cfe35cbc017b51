"""`pillarbox backup`, `restore`: a second copy of everything, made while mail flows."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from .cli_options import Data, Json, store_folder
from .going import go
from .offline import open_store
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


COMMANDS: dict[str, Callable[..., None]] = {"backup": backup}
