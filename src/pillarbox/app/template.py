"""What does a new pillarbox.toml look like? Every setting with its meaning and its default, written from the model."""

import ast
import inspect
import re
from collections.abc import Iterator, Sequence
from typing import get_args, get_origin

from pydantic import BaseModel

from . import settings
from .quantities import Endpoint, Octets, Seconds

_HEAD = """\
# Pillarbox. What stands behind a # is the default; take the # away to change it.
# After a change: `pillarbox config check`, then a restart (`pillarbox reload` reads certificates only).
# Each setting can also come from the environment: PILLARBOX_LIMITS__MESSAGE_SIZE=100MiB.
"""
_OPTIONAL = {"listener": "Without any, a server listens on the standard ports:", "route": "An example:"}
_ROUTE_EXAMPLE = """\
# [[route]]
# recipient_domain = "*"
# smart_host = "smtp.isp.example:587"
# username = "ann"
# password_file = "/etc/pillarbox/isp.password"
"""


def write(hostname: str) -> str:
    """The file for a server called ``hostname``."""
    meanings = meanings_of_all()
    parts = [_HEAD, _setting("Settings", "hostname", f'hostname = "{hostname}"', meanings)]
    parts.append(_setting("Settings", "data", '# data = "/var/lib/pillarbox"', meanings))
    tables = settings.Settings.model_fields.items()
    parts += [_table(name, info.annotation, meanings) for name, info in tables if name not in {"hostname", "data"}]
    return "\n".join(parts)


def meanings_of_all() -> dict[tuple[str, str], str]:
    """The string under each setting, by class and name; under "" the class' own."""
    tree = ast.parse(inspect.getsource(settings))
    found: dict[tuple[str, str], str] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found[node.name, ""] = _flat(ast.get_docstring(node) or "")
            found.update({(node.name, name): text for name, text in _meanings(node)})
    return found


def _meanings(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for before, after in zip(node.body, node.body[1:], strict=False):
        is_text = isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
        if isinstance(before, ast.AnnAssign) and isinstance(before.target, ast.Name) and is_text:
            yield before.target.id, _flat(ast.literal_eval(ast.unparse(after)))


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _comment(text: str, width: int = 100) -> str:
    lines, line = [], "#"
    for word in text.split():
        if len(line) + len(word) >= width:
            lines.append(line)
            line = "#"
        line += f" {word}"
    return "\n".join([*lines, line]) + "\n"


def _setting(section: str, name: str, assignment: str, meanings: dict[tuple[str, str], str]) -> str:
    return f"{_comment(meanings[section, name])}{assignment}\n"


def _table(name: str, kind: object, meanings: dict[tuple[str, str], str]) -> str:
    model = get_args(kind)[0] if get_origin(kind) is tuple else kind
    assert isinstance(model, type)
    assert issubclass(model, BaseModel)
    head = f"# {'-' * 98}\n{_comment(meanings[model.__name__, ''])}"
    if name == "route":
        meaning = "".join(_comment(f"{key}: {meanings['Route', key]}") for key in model.model_fields)
        return f"{head}{meaning}{_ROUTE_EXAMPLE}"
    if name == "listener":
        meaning = "".join(_comment(f"{key}: {meanings['Listener', key]}") for key in model.model_fields)
        return f"{head}{meaning}{_listeners()}"
    lines = [
        _setting(model.__name__, key, f"# {key} = {toml(info.default)}", meanings)
        for key, info in model.model_fields.items()
    ]
    return f"{head}# [{name}]\n{''.join(lines)}"


def _listeners() -> str:
    return "".join(
        f'# [[listener]]\n# kind = "{each.kind}"\n# address = "{each.address}"\n# tls = "{each.tls}"\n'
        for each in settings.STANDARD_LISTENERS
    )


def toml(value: object) -> str:
    """A value as TOML writes it; "" for none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Seconds | Octets | Endpoint) or not isinstance(value, int | float | Sequence):
        return f'"{"" if value is None else value}"'
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return f"[{', '.join(toml(each) for each in value)}]"
