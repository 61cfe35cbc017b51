"""Which options do many commands share?"""

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from . import folders

Data: TypeAlias = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="The server's folder (default: PILLARBOX_DATA, or this user's)."),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON object a line, for programs.")]


def store_folder(data: Path | None) -> Path:
    """The folder of the store that ``--data`` means."""
    return folders.store_of(folders.chosen(data))


def group(text: str) -> typer.Typer:
    """A command of commands, such as `pillarbox user`."""
    return typer.Typer(help=text, no_args_is_help=True, add_completion=False, rich_markup_mode=None)
