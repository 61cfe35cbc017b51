"""`pillarbox send`, `why`: hand a message in, and ask what became of one."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pillarbox.store.rows import MessageRow

from .cli_options import Data, Json, store_folder
from .cli_queue import read_id
from .going import go
from .handing_in import Letter, greeting, hand_in
from .offline import open_store
from .output import as_json, moment, say
from .storytelling import has_envelope, lines, records
from .trouble import Exit, Trouble


def send(
    file: Annotated[str, typer.Argument(help='A message file, "-" for standard input, or "hello" for a greeting.')],
    data: Data = None,
    to: Annotated[list[str] | None, typer.Option("--to", help="A recipient; more than once for more.")] = None,
    sender: Annotated[str | None, typer.Option("--from", help="The sender.")] = None,
    json: Json = False,
) -> None:
    """Send a message through the running server."""
    if file == "hello" and not Path(file).exists():
        recipients = to or ["you@localhost"]
        letter = greeting(sender or "pillarbox@localhost", recipients)
    else:
        letter = Letter(_content(file), sender, to or [], from_fields=not to)
    answer = hand_in(store_folder(data), letter)
    if json:
        as_json(answer)
    else:
        say(f"{answer['id']}: taken over for {', '.join(answer['recipients'])}")
        say(f"What becomes of it: pillarbox why {answer['id']}")


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise Trouble(
            f"{file} cannot be read",
            error.strerror or str(error),
            "name a message file, or - for standard input",
            Exit.NO_INPUT,
        ) from error


def why(message: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, json: Json = False) -> None:
    """Tell what happened to a message, and why."""
    number = read_id(message)

    async def work() -> tuple[MessageRow | None, list[str]]:
        async with open_store(store_folder(data)) as store:
            return await store.message(number), await store.story(number)

    row, chapters = go(work())
    if row is None and not chapters:
        cure = "take the id from `pillarbox queue ls`, from the log, or from the Received line that we wrote"
        raise Trouble(
            f"nothing is known of {message}", "its story was never here, or is kept no longer", cure, Exit.DATA
        )
    if json:
        as_json(records(chapters))
        return
    if row is not None:
        state = "" if row.kept else ", no copy is here any more"
        sender = f"from {row.sender or '<>'}  " if has_envelope(chapters) else ""
        say(f"{message}  {sender}arrived {moment(row.arrived)}  {row.size} octets{state}")
    say("\n".join(lines(chapters)))


COMMANDS: dict[str, Callable[..., None]] = {"send": send, "why": why}
