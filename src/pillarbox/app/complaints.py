"""How is a wrong setting explained? File and line, why it is wrong, and what was probably meant."""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from .settings import Settings
from .toml_lines import find_line
from .trouble import Exit, Trouble

_MANY = 8


def explain(error: ValidationError, text: str, file: Path, origins: Mapping[str, str]) -> Trouble:
    """The Trouble that tells all that ``error`` found in ``file``, whose content is ``text``."""
    details = sorted(error.errors(include_url=False), key=lambda detail: find_line(text, detail["loc"]) or 0)
    lines = [(_place(detail, text, file, origins), _why(detail), _cure(detail)) for detail in details]
    if len(lines) == 1:
        return Trouble(*lines[0], Exit.CONFIG)
    shown = "".join(f"\n    {place}: {why}; {cure}" for place, why, cure in lines[:_MANY])
    more = f"\n    … and {len(lines) - _MANY} more" if len(lines) > _MANY else ""
    return Trouble(
        f"{file}: {len(lines)} settings are wrong",
        f"{shown}{more}",
        "mend them and run `pillarbox config check`",
        Exit.CONFIG,
    )


def unknown_variable(name: str, known: Sequence[str]) -> Trouble:
    """The Trouble for an environment variable that looks like a setting and is none."""
    close = get_close_matches(name, known, 1)
    cure = f"did you mean {close[0]}?" if close else "unset it; `pillarbox config show` lists all settings"
    return Trouble(f"the environment variable {name} is no setting", "no setting has this name", cure, Exit.CONFIG)


def _place(detail: ErrorDetails, text: str, file: Path, origins: Mapping[str, str]) -> str:
    path = [part for part in detail["loc"] if part != "function-after"]
    name = dotted(path)
    variable = origins.get(".".join(str(part) for part in path if isinstance(part, str)), "file")
    if variable != "file":
        return f"environment variable {variable}: {name}"
    line = find_line(text, path)
    return f"{file}:{line}: {name}" if line else f"{file}: {name}"


def dotted(path: Sequence[str | int]) -> str:
    """``("listener", 1, "kind")`` as ``listener[2].kind``: people count from one."""
    text = ""
    for part in path:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def _why(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind == "extra_forbidden":
        return "there is no such setting"
    if kind == "missing":
        return "it is missing"
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
    return message[:1].lower() + message[1:]


def _cure(detail: ErrorDetails) -> str:
    path = detail["loc"]
    if detail["type"] == "extra_forbidden":
        close = get_close_matches(str(path[-1]), _names_beside(path), 1)
        return f"did you mean {close[0]!r}?" if close else "remove it; `pillarbox config show` lists all settings"
    if detail["type"] == "missing":
        return f"add it: {path[-1]} = …"
    return f"change what is written now: {str(detail['input'])[:80]!r}"


def _names_beside(path: Sequence[str | int]) -> list[str]:
    """The settings that may stand where ``path`` stands."""
    model: type[BaseModel] = Settings
    for part in path[:-1]:
        if isinstance(part, int):
            continue
        kind = model.model_fields[part].annotation
        inner = get_args(kind)[0] if get_origin(kind) is tuple else kind
        if not (isinstance(inner, type) and issubclass(inner, BaseModel)):
            return []
        model = inner
    return list(model.model_fields)
