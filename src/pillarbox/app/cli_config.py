"""`pillarbox config`: is pillarbox.toml right, and which settings hold?"""

from collections.abc import Iterator

from pydantic import BaseModel

from . import folders
from .cli_options import Data, Json, group
from .config import Loaded, load
from .output import Cell, as_json, say, show
from .template import toml

app = group("Settings: whether pillarbox.toml is right, and what holds.")


@app.command("check")
def check(data: Data = None, json: Json = False) -> None:
    """Say whether pillarbox.toml is right, and if not, where and why."""
    loaded = load(folders.chosen(data))
    if json:
        as_json({"file": str(loaded.file), "ok": True})
        return
    say(f"{loaded.file} is right." if loaded.file.exists() else f"{loaded.file} is not there; the defaults hold.")


@app.command("show")
def show_all(data: Data = None, json: Json = False) -> None:
    """Show each setting that holds, and where it came from: default, file, or an environment variable."""
    loaded = load(folders.chosen(data))
    columns = {"setting": "setting", "value": "value", "origin": "from"}
    show(list(records(loaded)), columns, json_lines=json)


def records(loaded: Loaded) -> Iterator[dict[str, Cell]]:
    """Each setting with its value as TOML and its origin."""
    for path, value in _walk(loaded.settings, ""):
        top = path.partition("[")[0]
        yield {"setting": path, "value": toml(value), "origin": loaded.origin(top)}


def _walk(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, tuple) and value and isinstance(value[0], BaseModel):
        for number, each in enumerate(value, 1):
            yield from _walk(each, f"{path}[{number}]")
    else:
        yield path, value
