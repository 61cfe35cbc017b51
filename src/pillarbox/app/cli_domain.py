"""`pillarbox domain`: whose mail server are we?"""

from typing import Annotated

import typer

from pillarbox.store.rows import DomainRow

from .cli_options import Data, Json, group, store_folder
from .going import go
from .offline import open_directory, open_store
from .output import Cell, as_json, say, show
from .trouble import Exit, Trouble

app = group("Domains: whose mail we take.")

Name = Annotated[str, typer.Argument(help="The domain, such as example.org.")]
CatchAll = Annotated[str | None, typer.Option(help="Who gets mail to addresses that are nobody's; none: nobody.")]
Delimiter = Annotated[str | None, typer.Option(help='The sign before a sub-address, as in ann+shop; "": none.')]


def _record(row: DomainRow) -> dict[str, Cell]:
    return {"domain": row.name, "catch_all": row.catch_all, "delimiter": row.delimiter}


@app.command("add")
def add(
    name: Name, data: Data = None, catch_all: CatchAll = None, delimiter: Delimiter = None, json: Json = False
) -> None:
    """Take mail for a domain."""

    async def work() -> DomainRow:
        async with open_directory(store_folder(data)) as directory:
            sign = "+" if delimiter is None else delimiter
            return await directory.management.add_domain(name, catch_all, sign)

    row = go(work())
    if json:
        as_json(_record(row))
    else:
        say(
            f"{row.name} is one of our domains now. Next: pillarbox user add NAME@{row.name}\n"
            f"What DNS must show for it, with keys to sign its mail: pillarbox domain dns {row.name}"
        )


@app.command("ls")
def ls(data: Data = None, json: Json = False) -> None:
    """List our domains."""

    async def work() -> list[DomainRow]:
        async with open_store(store_folder(data)) as store:
            return await store.domains()

    columns = {"domain": "domain", "catch_all": "catch-all", "delimiter": "sub-addresses after"}
    empty = "There are no domains yet. Add one with: pillarbox domain add NAME"
    show([_record(row) for row in go(work())], columns, json_lines=json, empty=empty)


@app.command("set")
def change(
    name: Name, data: Data = None, catch_all: CatchAll = None, delimiter: Delimiter = None, json: Json = False
) -> None:
    """Change who gets what is nobody's, or the sign before sub-addresses."""
    if catch_all is None and delimiter is None:
        raise Trouble("nothing to change", "no option was given", "give --catch-all or --delimiter", Exit.USAGE)
    # The keeper's own word for "as it is" is "".
    taker: str | None = {"none": None, None: ""}.get(catch_all, catch_all)

    async def work() -> DomainRow:
        async with open_directory(store_folder(data)) as directory:
            return await directory.management.change_domain(name, catch_all=taker, delimiter=delimiter)

    row = go(work())
    if json:
        as_json(_record(row))
    else:
        signs = f"after {row.delimiter!r}" if row.delimiter else "off"
        say(f"{row.name}: catch-all {row.catch_all or 'none'}, sub-addresses {signs}.")


@app.command("rm")
def rm(name: Name, data: Data = None) -> None:
    """Stop taking mail for a domain without users and aliases."""

    async def work() -> None:
        async with open_directory(store_folder(data)) as directory:
            await directory.management.remove_domain(name)

    go(work())
    say(f"{name} is not one of our domains any more.")
