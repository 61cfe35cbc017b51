"""`pillarbox alias`: which addresses stand for others?"""

from typing import Annotated

import typer

from pillarbox.store.rows import AliasRow

from .cli_options import Data, Json, group, store_folder
from .going import go
from .offline import open_directory, open_store
from .output import Cell, as_json, complain, say, show

app = group("Aliases: addresses that stand for others.")

Alias = Annotated[str, typer.Argument(metavar="ADDRESS", help="The alias, such as sales@example.org.")]


def _record(row: AliasRow) -> dict[str, Cell]:
    return {"alias": row.address, "targets": row.targets, "may_send": row.may_send}


@app.command("add")
def add(
    alias: Alias,
    targets: Annotated[list[str], typer.Argument(help="Who gets its mail: users, other aliases, or anybody outside.")],
    data: Data = None,
    may_send: Annotated[bool, typer.Option(help="Whether users it leads to may send from it.")] = True,
    json: Json = False,
) -> None:
    """Add an alias, or change where it leads."""

    async def work() -> AliasRow:
        async with open_directory(store_folder(data)) as directory:
            return await directory.aliases.put(alias, targets, may_send)

    row = go(work())
    if json:
        as_json(_record(row))
    else:
        say(f"{row.address} leads to {', '.join(row.targets)}.")


@app.command("ls")
def ls(
    data: Data = None,
    domain: Annotated[str | None, typer.Option(help="Only aliases of this domain.")] = None,
    json: Json = False,
) -> None:
    """List the aliases."""

    async def work() -> list[AliasRow]:
        async with open_store(store_folder(data)) as store:
            return await store.aliases(domain)

    columns = {"alias": "alias", "targets": "leads to", "may_send": "may be sent from"}
    show([_record(row) for row in go(work())], columns, json_lines=json, empty="There are no aliases.")


@app.command("rm")
def rm(alias: Alias, data: Data = None) -> None:
    """Remove an alias."""

    async def work() -> list[str]:
        async with open_directory(store_folder(data)) as directory:
            return await directory.aliases.remove(alias)

    for sentence in go(work()):
        complain(f"note: {sentence}")
    say(f"{alias} is removed.")
