"""Which settings hold, and where did each come from? Defaults, then pillarbox.toml, then the environment.

Importing this costs 0.1 s (pydantic): only commands that need settings do it.
"""

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias, get_args, get_origin

from pydantic import ValidationError

from .complaints import explain, unknown_variable
from .settings import Section, Settings
from .trouble import Exit, Trouble

FILE = "pillarbox.toml"
PREFIX = "PILLARBOX_"
# The folder itself, and so nothing that a file in it could say.
FOLDER_VARIABLE = "PILLARBOX_DATA"

Tree: TypeAlias = dict[str, Any]  # what tomllib gives: nothing is known of it before the model has looked at it


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings of a folder. ``origins`` maps the dotted path of what is no default to "file" or a variable."""

    folder: Path
    settings: Settings
    origins: Mapping[str, str]

    @property
    def file(self) -> Path:
        """Where pillarbox.toml is, or would be."""
        return self.folder / FILE

    @property
    def data(self) -> Path:
        """The folder of the store."""
        data = self.settings.data
        return self.folder if data is None else self.folder / data

    def origin(self, path: str) -> str:
        """Where the setting at ``path`` (``limits.message_size``) came from: default, file, or a variable's name."""
        parts = path.split(".")
        above = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        return next((self.origins[name] for name in above if name in self.origins), "default")


def load(folder: Path, environment: Mapping[str, str] = os.environ, preset: Mapping[str, Any] | None = None) -> Loaded:
    """The settings of ``folder``; ``preset`` replaces defaults. Trouble (Exit.CONFIG) says file, line, why and cure."""
    file = folder / FILE
    text = _read(file)
    tree = _parse(text, file)
    origins = dict.fromkeys(_leaves(tree), "file")
    for name, path, value in _from_environment(environment):
        _put(tree, path, value)
        origins[".".join(path)] = name
    try:
        settings = Settings.model_validate(_under(dict(preset or {}), tree))
    except ValidationError as error:
        raise explain(error, text, file, origins) from None
    return Loaded(folder, settings, origins)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise Trouble(f"{file} cannot be read", str(error), "make it a readable UTF-8 file", Exit.CONFIG) from error


def _parse(text: str, file: Path) -> Tree:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Trouble(
            f"{file} is not valid TOML", str(error), "mend that line; text values need quotes", Exit.CONFIG
        ) from error


def _leaves(tree: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for name, value in tree.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}.")
        else:
            yield path


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, list[str], object]]:
    """Variables that are settings: their name, path and value. One with two underscores that is none is an error;
    others that begin with PILLARBOX_ may be anybody's."""
    for name in sorted(environment):
        if not name.startswith(PREFIX) or name == FOLDER_VARIABLE:
            continue
        path = name[len(PREFIX) :].lower().split("__")
        kind = _type_at(path)
        if kind is not None:
            yield name, path, _value(environment[name], kind, name)
        elif len(path) > 1:
            raise unknown_variable(name, [f"{PREFIX}{known}" for known in _variables()])


def _type_at(path: list[str]) -> object | None:
    kind: object = Settings
    for part in path:
        if not (isinstance(kind, type) and issubclass(kind, Section)) or part not in kind.model_fields:
            return None
        kind = kind.model_fields[part].annotation
    return kind


def _variables() -> Iterator[str]:
    for name, info in Settings.model_fields.items():
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from (f"{name}__{inner}".upper() for inner in kind.model_fields)
        else:
            yield name.upper()


def _value(text: str, kind: object, name: str) -> object:
    """A list is JSON or has commas, a table is JSON, everything else is text that the model reads."""
    is_list = get_origin(kind) is tuple
    if is_list and not text.lstrip().startswith("["):
        return [part.strip() for part in text.split(",") if part.strip()]
    if not is_list and not (isinstance(kind, type) and issubclass(kind, Section)):
        optional = type(None) in get_args(kind)
        return None if optional and text == "" else text
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise Trouble(f"{name} is not valid JSON", str(error), "write a JSON list or object", Exit.CONFIG) from error


def _put(tree: Tree, path: list[str], value: object) -> None:
    for part in path[:-1]:
        below = tree.setdefault(part, {})
        if not isinstance(below, dict):
            return  # the file's own mistake; the model names it
        tree = below
    tree[path[-1]] = value


def _under(low: Tree, high: Mapping[str, Any]) -> Tree:
    for name, value in high.items():
        below = low.get(name)
        low[name] = _under(dict(below), value) if isinstance(below, dict) and isinstance(value, dict) else value
    return low
