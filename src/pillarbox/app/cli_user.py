"""`pillarbox user`: who has a mailbox, and with which password?"""

import os
import sys
from typing import Annotated

import typer

from pillarbox.accounts import phrases
from pillarbox.store.rows import AccountRow

from .cli_options import Data, Json, group, store_folder
from .going import go
from .offline import open_directory, open_store
from .output import Cell, as_json, complain, moment, say, show
from .quantities import Octets
from .trouble import Exit, Trouble

app = group("Users: who has a mailbox.")

Address = Annotated[str, typer.Argument(help="The user's address, such as ann@example.org.")]
FromStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input (one line).")]
Ask = Annotated[bool, typer.Option("--ask", help="Ask for the password on the terminal.")]


def _size(text: str) -> int | None:
    if text.lower() == "none":
        return None
    try:
        return Octets.parse(text)
    except ValueError as error:
        raise Trouble(f"{text!r} is no size", str(error), "write 2GiB, 500MiB, or none", Exit.USAGE) from error


def _password(from_stdin: bool, ask: bool) -> tuple[str, bool]:
    """The password, and whether it was made up here."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        if not password:
            raise Trouble("no password came", "standard input was empty", "write it there, on one line", Exit.NO_INPUT)
        return password, False
    if ask:
        return typer.prompt("Password", hide_input=True, confirmation_prompt=True), False
    return phrases.phrase(os.urandom), True


def record(row: AccountRow) -> dict[str, Cell]:
    """A user as shown to programs."""
    return {
        "address": row.address,
        "name": row.name,
        "enabled": row.enabled,
        "can_sign_in": row.password is not None or row.scram is not None,
        "used": row.used_octets,
        "messages": row.used_messages,
        "quota": row.quota_octets,
        "quota_messages": row.quota_messages,
        "created": row.created,
    }


def _for_eyes(row: AccountRow) -> dict[str, Cell]:
    quota = "no bound" if row.quota_octets is None else str(Octets(row.quota_octets))
    return {**record(row), "used": f"{row.used_octets / 1024**2:.1f} MiB", "quota": quota}


@app.command("add")
def add(
    address: Address,
    data: Data = None,
    *,
    password_stdin: FromStdin = False,
    ask: Ask = False,
    name: Annotated[str, typer.Option(help="The name that people see.")] = "",
    quota: Annotated[str, typer.Option(help="What the mailbox may hold, such as 2GiB; none: no bound.")] = "none",
    json: Json = False,
) -> None:
    """Add a user. Without --password-stdin or --ask a password is made up and shown once."""
    octets = _size(quota)
    password, made_up = _password(password_stdin, ask)

    async def work() -> AccountRow:
        async with open_directory(store_folder(data)) as directory:
            return await directory.management.add_user(address, password, name, octets)

    row = go(work())
    if json:
        as_json({**record(row), **({"password": password} if made_up else {})})
        return
    say(f"{row.address} has a mailbox now.")
    if made_up:
        say(f"Password, shown only now: {password}")


@app.command("ls")
def ls(
    data: Data = None,
    domain: Annotated[str | None, typer.Option(help="Only users of this domain.")] = None,
    json: Json = False,
) -> None:
    """List the users."""

    async def work() -> list[AccountRow]:
        async with open_store(store_folder(data)) as store:
            return await store.accounts(domain)

    rows = go(work())
    columns = {"address": "user", "name": "name", "enabled": "enabled", "used": "used", "quota": "quota"}
    records = [record(row) if json else _for_eyes(row) for row in rows]
    show(records, columns, json_lines=json, empty="There are no users yet. Add one with: pillarbox user add ADDRESS")


@app.command("passwd")
def passwd(address: Address, data: Data = None, *, password_stdin: FromStdin = False, ask: Ask = False) -> None:
    """Change a user's password. Without an option one is made up and shown once."""
    password, made_up = _password(password_stdin, ask)

    async def work() -> None:
        async with open_directory(store_folder(data)) as directory:
            await directory.management.set_password(address, password)

    go(work())
    say(f"The password of {address} is changed.")
    if made_up:
        say(f"Password, shown only now: {password}")


@app.command("set")
def change(
    address: Address,
    data: Data = None,
    name: Annotated[str | None, typer.Option(help="The name that people see.")] = None,
    quota: Annotated[str | None, typer.Option(help="What the mailbox may hold, such as 2GiB; none: no bound.")] = None,
    enabled: Annotated[bool | None, typer.Option("--enable/--disable", help="May sign in and get mail.")] = None,
    json: Json = False,
) -> None:
    """Change a user's name, quota, or whether they may sign in."""
    if name is None and quota is None and enabled is None:
        raise Trouble("nothing to change", "no option was given", "give --name, --quota or --disable", Exit.USAGE)
    octets = _size(quota) if quota is not None else None

    async def work() -> AccountRow:
        async with open_directory(store_folder(data)) as directory:
            management = directory.management
            if name is not None:
                await management.rename_user(address, name)
            if quota is not None:
                row = await management.user(address)
                await management.set_quota(address, octets, row.quota_messages)
            if enabled is not None:
                await management.enable_user(address, enabled)
            return await management.user(address)

    row = go(work())
    if json:
        as_json(record(row))
    else:
        state = "may sign in" if row.enabled else "may not sign in and gets no mail"
        say(f"{row.address} is changed: {state}, quota {_for_eyes(row)['quota']}, since {moment(row.created)}.")


@app.command("rm")
def rm(
    address: Address,
    data: Data = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Remove a user and all their mail."""
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove {address} and all their mail for ever?", abort=True)

    async def work() -> list[str]:
        async with open_directory(store_folder(data)) as directory:
            return await directory.management.remove_user(address)

    for sentence in go(work()):
        complain(f"note: {sentence}")
    say(f"{address} and all their mail are removed.")
