"""`pillarbox queue`: what still has to leave, and what should become of it?"""

import getpass
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import typer

from pillarbox.mail import ids
from pillarbox.mail.address import AddressError, parse_domain, to_ascii
from pillarbox.net.clock import SystemClock
from pillarbox.queue.control import Control
from pillarbox.store.rows import QueueFilter

from . import waiting
from .calling import Nudge
from .cli_options import Data, Json, group, store_folder
from .going import go
from .offline import open_store
from .output import Cell, as_json, moment, say, show
from .quantities import Octets
from .trouble import Exit, Trouble

app = group("The queue: mail that still has to leave.")

Id = Annotated[str | None, typer.Argument(metavar="[ID]", help="The message's id.")]
Domain = Annotated[str | None, typer.Option(help="Recipients in this domain.")]
Recipient = Annotated[str | None, typer.Option(help="This recipient.")]
Sender = Annotated[str | None, typer.Option(help="Messages of this sender; <> for reports.")]
All = Annotated[bool, typer.Option("--all", help="Everything in the queue.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


def read_id(text: str) -> int:
    """The number of a message id as people write it. Trouble when it is none."""
    try:
        return ids.decode(text.strip())
    except ValueError as error:
        cure = "take it from `pillarbox queue ls` or from the log; it has 12 letters and digits"
        raise Trouble(f"{text!r} is no message id", str(error), cure, Exit.USAGE) from error


def _filter(
    message: str | None, domain: str | None, recipient: str | None, sender: str | None, everything: bool
) -> QueueFilter:
    try:
        where = QueueFilter(
            message_id=read_id(message) if message is not None else None,
            recipient=recipient,
            sender=None if sender is None else "" if sender == "<>" else sender,
            domain=to_ascii(parse_domain(domain)) if domain is not None else None,
            everything=everything,
        )
    except AddressError as error:
        raise Trouble(f"{domain!r} is no domain", str(error), "write it like example.org", Exit.USAGE) from error
    if where == QueueFilter():
        raise Trouble(
            "which messages are meant?",
            "neither an id nor a filter was given",
            "name an ID, or give --domain, --recipient, --sender or --all",
            Exit.USAGE,
        )
    return where


def _for_eyes(record: dict[str, Cell]) -> dict[str, Cell]:
    recipients = record["recipients"]
    assert isinstance(recipients, list)
    shown = str(recipients[0]) + (f" and {len(recipients) - 1} more" if len(recipients) > 1 else "")
    when = record["next_attempt"]
    arrived, size = record["arrived"], record["size"]
    return {
        **record,
        "sender": record["sender"] or "<>",
        "recipients": shown,
        "size": f"{size / 1024:.1f} KiB" if isinstance(size, int) else None,
        "arrived": moment(arrived) if isinstance(arrived, float) else None,
        "next_attempt": record["state"] if record["state"] != "waiting" else _when(when),
    }


def _when(at: Cell) -> str:
    return moment(at) if isinstance(at, int | float) else "-"


_TABLE = 1_000  # messages that a table shows: it must know all its rows before it can be drawn
COLUMNS = {
    "id": "id",
    "sender": "from",
    "recipients": "to",
    "size": "size",
    "arrived": "arrived",
    "attempts": "tries",
    "next_attempt": "next try",
    "last_reply": "last reply",
}


@app.command("ls")
def ls(
    data: Data = None,
    domain: Domain = None,
    recipient: Recipient = None,
    sender: Sender = None,
    limit: Annotated[int | None, typer.Option(help="At most so many messages; 0: all (without --json 1000).")] = None,
    json: Json = False,
) -> None:
    """List the messages that wait."""
    if domain is None and recipient is None and sender is None:
        where = QueueFilter(everything=True)
    else:
        where = _filter(None, domain, recipient, sender, everything=False)
    most = (0 if json else _TABLE) if limit is None else limit
    go(_list(store_folder(data), where, most, json))


async def _list(data: Path, where: QueueFilter, most: int, json: bool) -> None:
    shown: list[dict[str, Cell]] = []
    left = most
    async with open_store(data) as store:
        async for items in waiting.messages(store, where):
            record = waiting.record(items)
            if json:
                as_json(record)
            else:
                shown.append(_for_eyes(record))
            left -= 1
            if left == 0:
                break
        count = await store.queue_count() if left == 0 else 0
    if not json:
        show(shown, COLUMNS, json_lines=False, empty="The queue is empty.")
    if count and not json:
        say(f"These are the first {most} messages; {count} recipients wait in all. See more with --limit or --json.")


@app.command("show")
def show_one(message: Annotated[str, typer.Argument(metavar="ID")], data: Data = None, json: Json = False) -> None:
    """Show one message with each of its recipients."""
    where = QueueFilter(message_id=read_id(message))

    async def work() -> list[dict[str, Cell]]:
        async with open_store(store_folder(data)) as store:
            return [waiting.record(items) async for items in waiting.messages(store, where)]

    records = go(work())
    if not records:
        cure = f"`pillarbox why {message}` tells what became of it"
        raise Trouble(f"{message} is not in the queue", "no recipient of it waits", cure, Exit.DATA)
    if json:
        as_json(records[0])
        return
    record = records[0]
    size = record["size"]
    say(f"{record['id']}  from {record['sender'] or '<>'}  {Octets(size) if isinstance(size, int) else '?'} octets")
    say(f"arrived {_when(record['arrived'])}")
    details = record["details"]
    assert isinstance(details, list)
    for detail in details:
        assert isinstance(detail, dict)
        say(f"  {detail['recipient']}: {detail['state']}, next try {_when(detail['next_attempt'])}")
        say(f"      tried {detail['attempts']} times; given up after {_when(detail['expires'])}")
        if detail["last_reply"]:
            say(f"      last reply: {detail['last_reply']}")


Act = Callable[[Control, QueueFilter, str], Awaitable[list[int]]]
"""What an administrator, named last, wants of the rows that are meant; the numbers of their messages."""


def _act(data: Path, where: QueueFilter, act: Act, done: str, json: bool) -> None:
    async def work() -> list[int]:
        async with open_store(data) as store:
            return await act(Control(store, SystemClock(), Nudge(data)), where, _administrator())

    numbers = sorted(set(go(work())))
    if json:
        for number in numbers:
            as_json({"id": ids.encode(number), "done": done})
    elif not numbers:
        say("No message in the queue matches.")
    else:
        say(f"{len(numbers)} message{'s' if len(numbers) > 1 else ''} {done}.")


def _administrator() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name: seen in containers
        return "an administrator"


def _order(name: str, act: Act, done: str, purpose: str) -> None:
    """Makes the command ``name``, which does ``act`` to the messages that its options mean."""

    @app.command(name, help=purpose)
    def order(
        message: Id = None,
        data: Data = None,
        domain: Domain = None,
        recipient: Recipient = None,
        sender: Sender = None,
        everything: All = False,
        json: Json = False,
    ) -> None:
        where = _filter(message, domain, recipient, sender, everything)
        _act(store_folder(data), where, act, done, json)


_order("retry", Control.retry, "due now", "Try again now.")
_order("hold", Control.hold, "held", "Take messages out of delivery until they are released.")
_order("release", Control.release, "released", "Put held messages back into delivery.")


@app.command("drop")
def drop(
    message: Id = None,
    data: Data = None,
    domain: Domain = None,
    recipient: Recipient = None,
    sender: Sender = None,
    everything: All = False,
    json: Json = False,
    yes: Yes = False,
) -> None:
    """Remove messages from the queue for ever. Their senders are not told."""
    where = _filter(message, domain, recipient, sender, everything)
    if message is None and not yes and sys.stdin.isatty():
        typer.confirm("Remove all messages that match for ever, without telling their senders?", abort=True)
    _act(store_folder(data), where, Control.drop, "dropped", json)
