"""`pillarbox init`, `run`, `reload`, `stop`, `status`, `metrics`, `doctor`, `reset`: the server itself."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from pillarbox.mail.address import AddressError, parse_domain

from . import folders
from .calling import ask
from .cli_options import Data, Json, store_folder
from .going import go
from .offline import has_store, open_directory
from .output import as_json, say
from .trouble import Exit, Trouble


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the server's file and store will be.")],
    hostname: Annotated[str, typer.Option(help="The name of this machine, as other mail servers see it.")],
    domain: Annotated[
        list[str] | None, typer.Option(help="A domain to take mail for; more than once for more.")
    ] = None,
    json: Json = False,
) -> None:
    """Make a server's folder: a commented pillarbox.toml and an empty store."""
    from pillarbox.net.platform import current  # noqa: PLC0415

    from .config import FILE  # noqa: PLC0415
    from .template import write  # noqa: PLC0415

    try:
        name = parse_domain(hostname)
    except AddressError as error:
        cure = "write a name with dots, such as mx.example.org"
        raise Trouble(f"{hostname!r} is no host name", str(error), cure, Exit.USAGE) from error
    file = folder / FILE
    if file.exists() or has_store(folder):
        raise Trouble(
            f"{folder} is a server's folder already",
            f"{file.name if file.exists() else 'a store'} is there",
            "choose another folder, or use it as it is: pillarbox config check",
            Exit.CANNOT_CREATE,
        )
    _make(folder, current().private_files.make_folder)
    file.write_text(write(name), encoding="utf-8", newline="\n")

    async def work() -> list[str]:
        async with open_directory(folder, make=True) as directory:
            return [(await directory.management.add_domain(each)).name for each in domain or []]

    made = go(work())
    if json:
        as_json({"folder": str(folder), "file": str(file), "hostname": name, "domains": made})
        return
    say(f"Made {file}, with every setting and what it means.")
    say(f"Made the store in {folder}, readable only by you.")
    for each in made:
        say(f"{each} is one of our domains.")
    example = made[0] if made else "example.org"
    first = "" if made else f"pillarbox domain add {example} --data {folder}; "
    say(f"Next: {first}pillarbox user add you@{example} --data {folder}; pillarbox run --data {folder}")
    say(f"What DNS must show: pillarbox domain dns {example} --data {folder}; whether it does: pillarbox domain check")


def _make(folder: Path, make_folder: Callable[[Path], None]) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        raise Trouble(
            f"{folder} cannot be made",
            error.strerror or str(error),
            "choose a folder that you may write to",
            Exit.CANNOT_CREATE,
        ) from error


def run(data: Data = None) -> int:
    """Run the server in the foreground until it is told to stop."""
    from .serve import run_in  # noqa: PLC0415

    return run_in(folders.chosen(data))


def reload(data: Data = None) -> None:
    """Make the running server read its certificates again and go on in a new log file."""
    ask(store_folder(data), "reload")
    say("The server has read its certificates again.")


def stop(data: Data = None) -> None:
    """Make the running server end as on SIGTERM: what runs is completed first."""
    ask(store_folder(data), "stop")
    say("The server is stopping.")


def status(data: Data = None, json: Json = False) -> None:
    """Show how the running server is."""
    answer = ask(store_folder(data), "status")
    answer.pop("ok")
    if json:
        as_json(answer)
        return
    for name, value in answer.items():
        shown = ", ".join(map(str, value)) if isinstance(value, list) else value
        say(f"{name.replace('_', ' ')}: {shown}")


def metrics(data: Data = None) -> None:
    """Print the running server's counters in Prometheus' text format."""
    sys.stdout.write(ask(store_folder(data), "metrics")["text"])


def reset(data: Data = None, yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False) -> None:
    """Remove the data of try-out mode: its inbox, its queue, its password."""
    from pillarbox.net.platform import LockTaken, current  # noqa: PLC0415

    from .tryout import MARK, tryout_folder  # noqa: PLC0415

    folder = data or tryout_folder()
    if not (folder / MARK).exists():
        raise Trouble(
            f"{folder} holds no data of try-out mode",
            f"{MARK} is not there",
            "nothing has to be removed; a real server's folder is yours to remove",
            Exit.NO_INPUT,
        )
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Remove {folder} and all mail in it?", abort=True)
    try:
        current().locks.take(folder / "server.lock").release()
    except LockTaken as taken:
        raise Trouble(f"{folder} is in use", str(taken), "stop the server first", Exit.UNAVAILABLE) from None
    shutil.rmtree(folder)
    say(f"{folder} is removed.")


def doctor(data: Data = None, json: Json = False) -> int:
    """Look whether all is well: settings, store, rights, disk, clock, names, listeners, certificates."""
    from .doctor import examine  # noqa: PLC0415

    return examine(folders.chosen(data), json=json)


COMMANDS: dict[str, Callable[..., int | None]] = {
    "init": init,
    "run": run,
    "status": status,
    "reload": reload,
    "stop": stop,
    "metrics": metrics,
    "doctor": doctor,
    "reset": reset,
}
