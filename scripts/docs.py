"""Which pages of docs/ are made from the sources, and how? `python scripts/docs.py` writes them, --check compares.

docs/limits.md         every setting and every bound, from the dataclasses and models that hold them
docs/configuration.md  the commented pillarbox.toml, between the marks of a page written by hand
docs/commands.md       every command and option, from the command line itself
docs/rfcs.md           from docs/rfcs.toml
docs/queue.md          the table of states, between the marks of a page written by hand
"""

import ast
import dataclasses
import importlib
import pkgutil
import re
import sys
import tomllib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import get_args, get_origin

import typer

import pillarbox
from pillarbox.app import portions, settings, template
from pillarbox.app.cli import build
from pillarbox.app.mailq import parser as mailq_parser
from pillarbox.app.quantities import Endpoint, Octets, Seconds
from pillarbox.app.sendmail import parser as sendmail_parser
from pillarbox.app.submission import SubmissionSettings
from pillarbox.app.trouble import Exit
from pillarbox.observe.log import LogSettings
from pillarbox.queue import states

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
SOURCE = ROOT / "src"
MADE = "<!-- Made by scripts/docs.py: change the sources, then run `make docs`. -->\n"
EXAMPLE_HOST = "mx.example.org"
# What counts in other units than octets, although it looks like a size.
NO_SIZE = {"hash_memory", "scram_iterations"}
# Named numbers that bound nothing.
NO_BOUND = {"COMPRESSION", "EPOCH_MS", "SHAPE", "STAR"}


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines) + "\n"


def prose(text: str) -> str:
    """A docstring as Markdown paragraphs."""
    paragraphs = re.split(r"\n\s*\n", text.replace("``", "`"))
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


# --- limits ---------------------------------------------------------------------------------------------------------


def limits() -> str:
    """docs/limits.md."""
    intro = (
        "# Settings and limits\n\n"
        "Everything that bounds Pillarbox, with its default. The first part is what `pillarbox.toml` (or a variable "
        "`PILLARBOX_…`) can say; the second is every bound of the floors below, where *from* names the setting that "
        "moves it, if one does. Times are in seconds and sizes in octets unless a unit stands there.\n"
    )
    return "\n".join([MADE, intro, *_settings(), *_bounds(), _constants()])


def _sections() -> Iterator[tuple[str, type[settings.Section]]]:
    for name, info in settings.Settings.model_fields.items():
        kind = get_args(info.annotation)[0] if get_origin(info.annotation) is tuple else info.annotation
        if isinstance(kind, type) and issubclass(kind, settings.Section):
            yield name, kind


def _settings() -> Iterator[str]:
    meanings = template.meanings_of_all()
    yield "## What pillarbox.toml can say\n"
    top = [
        [f"`{name}`", "needed" if info.is_required() else "the folder of the file", meanings["Settings", name]]
        for name, info in settings.Settings.model_fields.items()
        if ("Settings", name) in meanings
    ]
    yield table(["setting", "default", "meaning"], top)
    for name, kind in _sections():
        many = name in {"listener", "route"}
        title = f"[[{name}]]" if many else f"[{name}]"
        rows = [[f"`{key}`", _default(info), meanings[kind.__name__, key]] for key, info in kind.model_fields.items()]
        yield f"### `{title}`\n\n{meanings[kind.__name__, '']}\n"
        yield table(["setting", "default", "meaning"], rows)


def _default(info: "object") -> str:
    if info.is_required():  # type: ignore[attr-defined]
        return "needed"
    value = info.default  # type: ignore[attr-defined]
    return f"`{template.toml(value)}`" if value not in (None, "", ()) else "none"


def _bounds() -> Iterator[str]:
    yield "## The bounds of each floor\n"
    service, origins = _in_service(_defaults()), _origins()
    for kind in _dataclasses():
        rows = [_bound(kind, field, service, origins) for field in dataclasses.fields(kind)]
        path = kind.__module__.replace(".", "/") + ".py"
        yield f"### `{kind.__module__.removeprefix('pillarbox.')}` · {kind.__name__}\n"
        yield f"[{path}](../src/{path}): {prose(kind.__doc__ or '')}\n"
        meaning = any(row[-1] for row in rows)
        head = ["bound", "default", "from", *(["meaning"] if meaning else [])]
        yield table(head, [row if meaning else row[:-1] for row in rows])


def _bound(
    kind: type, field: "dataclasses.Field[object]", service: "dict[tuple[type, str], object]",
    origins: "dict[tuple[type, str], list[str]]",
) -> list[str]:  # fmt: skip
    default = _declared(field)
    value = service.get((kind, field.name), default)
    if value is dataclasses.MISSING:
        shown = "given"
    elif dataclasses.is_dataclass(value):
        shown = f"see {type(value).__name__}"
    else:
        shown = _shown(field.name, value)
    where = ", ".join(f"`{path}`" for path in origins.get((kind, field.name), []))
    return [f"`{field.name}`", shown, where, prose(_meanings(kind).get(field.name, ""))]


def _declared(field: "dataclasses.Field[object]") -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _shown(name: str, value: object) -> str:
    if value is None or value in ("", (), frozenset()):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return ", ".join(sorted(_shown(name, each) for each in value))
    if isinstance(value, tuple):
        host = len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], int)
        return f"{value[0]}:{value[1]}" if host else ", ".join(_shown(name, each) for each in value)
    if isinstance(value, float):
        return "never" if value == float("inf") else f"{value:,.10g}"
    if isinstance(value, int):
        size = f" ({Octets(value)})" if value >= 4096 and value % 1024 == 0 and name not in NO_SIZE else ""
        return f"{int(value):,}{size}"
    return str(value)


def _dataclasses() -> list[type]:
    """Every dataclass of settings or limits below ``app.settings``, and those that they hold."""
    found: dict[type, None] = {}

    def take(kind: type) -> None:
        found[kind] = None
        for field in dataclasses.fields(kind):
            value = _declared(field)
            if dataclasses.is_dataclass(value) and not isinstance(value, type) and type(value) not in found:
                take(type(value))

    for module in _modules():
        for name, kind in sorted(vars(module).items()):
            is_here = dataclasses.is_dataclass(kind) and kind.__module__ == module.__name__
            if is_here and name.endswith(("Settings", "Limits")):
                take(kind)
    return sorted(found, key=lambda kind: (kind.__module__, kind.__name__))


def _modules() -> Iterator["object"]:
    for info in pkgutil.walk_packages(pillarbox.__path__, "pillarbox."):
        if info.name not in {"pillarbox.__main__", "pillarbox.net.platform.windows"}:
            yield importlib.import_module(info.name)


def _meanings(kind: type) -> dict[str, str]:
    """The strings under the fields of a dataclass."""
    module = ast.parse((SOURCE / (kind.__module__.replace(".", "/") + ".py")).read_text(encoding="utf-8"))
    body = next(node.body for node in module.body if isinstance(node, ast.ClassDef) and node.name == kind.__name__)
    return {
        before.target.id: ast.literal_eval(after.value)
        for before, after in pairwise(body)
        if isinstance(before, ast.AnnAssign)
        and isinstance(before.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
    }


def _defaults() -> settings.Settings:
    return settings.Settings(hostname=EXAMPLE_HOST)


def _in_service(given: settings.Settings) -> dict[tuple[type, str], object]:
    """What each bound is in a server with these settings."""
    submission = settings.Listener(kind="submission", address=Endpoint("", 587))
    reading = settings.Listener(kind="pop3", address=Endpoint("", 110))
    filing = settings.Listener(kind="imap", address=Endpoint("", 143))
    limits = given.limits
    parts: list[object] = [
        portions.gate(given), portions.dns(given), portions.recipients(given, None),
        portions.passwords(given), portions.throttle(given), portions.policy(given), portions.accept(given),
        portions.spool(given), portions.smtp(submission, given), portions.delivery(given), portions.queue(given),
        portions.drop(given), portions.pop3(reading, given), portions.imap(filing, given),
        LogSettings(flush=given.log.flush),
        SubmissionSettings(given.hostname, limits.message_size, limits.recipients),
    ]  # fmt: skip
    found: dict[tuple[type, str], object] = {}
    for part in parts:
        _collect(part, found)
    return found


def _collect(part: object, found: dict[tuple[type, str], object]) -> None:
    assert dataclasses.is_dataclass(part)
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        found[type(part), field.name] = value  # type: ignore[index]
        if dataclasses.is_dataclass(value):
            _collect(value, found)


def _origins() -> dict[tuple[type, str], list[str]]:
    """Which setting moves which bounds: each is changed once, to see what follows."""
    before = _in_service(_defaults())
    found: dict[tuple[type, str], list[str]] = {}
    for path, changed in _changes(_defaults()):
        for key, value in _in_service(changed).items():
            if value != before[key] and not dataclasses.is_dataclass(value):
                found.setdefault(key, []).append(path)
    return found


def _changes(given: settings.Settings) -> Iterator[tuple[str, settings.Settings]]:
    yield "hostname", given.model_copy(update={"hostname": "other.example.org"})
    for name, kind in _sections():
        section = getattr(given, name)
        if isinstance(section, tuple):
            continue
        for key, info in kind.model_fields.items():
            other = _other(getattr(section, key), info.annotation)
            if other is not None:
                changed = section.model_copy(update={key: other})
                yield f"{name}.{key}", given.model_copy(update={name: changed})


def _other(value: object, annotation: object) -> object:
    if isinstance(value, bool):
        return not value
    if isinstance(value, Seconds):
        return Seconds(value + 1 if value < float("inf") else 86_400)
    if isinstance(value, Octets):
        return Octets(value + 1)
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2
    if isinstance(value, tuple) and value:
        return value[:1]
    choices = [choice for choice in get_args(annotation) if isinstance(choice, str) and choice != value]
    return choices[0] if choices else None


def _constants() -> str:
    rows = [row for path in sorted(SOURCE.rglob("*.py")) for row in _constants_of(path)]
    return "## Constants\n\nFixed by the program, not by settings.\n\n" + table(
        ["constant", "value", "meaning", "where"], rows
    )


def _constants_of(path: Path) -> Iterator[list[str]]:
    """Numbers with a name in capitals, and a comment or a string below that says what they are."""
    text = path.read_text(encoding="utf-8")
    lines = text.split("\n")
    body = ast.parse(text).body
    for node, after in pairwise([*body, ast.Pass()]):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            continue
        name = node.targets[0].id
        value = _number(node.value)
        comment = lines[node.lineno - 1].partition("  # ")[2] or _comment_above(lines, node.lineno - 1) or _said(after)
        is_bound = re.fullmatch(r"[A-Z][A-Z_]+", name) and name not in NO_BOUND
        if value is not None and is_bound and comment and "noqa" not in comment:
            where = path.relative_to(SOURCE / "pillarbox").as_posix()
            yield [f"`{name}`", _shown(name, value), comment.rstrip("."), f"`{where}`"]


def _comment_above(lines: list[str], index: int) -> str:
    start = index
    while start > 0 and lines[start - 1].startswith("# "):
        start -= 1
    return " ".join(line.removeprefix("# ") for line in lines[start:index])


def _said(node: ast.stmt) -> str:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return prose(str(node.value.value))
    return ""


def _number(node: ast.expr) -> int | float | None:
    """The value of an expression of numbers alone."""
    if any(not isinstance(part, ast.BinOp | ast.Constant | ast.operator) for part in ast.walk(node)):
        return None
    value = eval(compile(ast.Expression(node), "constant", "eval"), {"__builtins__": {}})  # noqa: S307
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


# --- configuration, commands, RFCs, queue ---------------------------------------------------------------------------


def between(page: str, mark: str, made: str) -> str:
    """The page ``page`` of docs/ with ``made`` between its marks <!-- mark --> and <!-- /mark -->."""
    text = (DOCS / page).read_text(encoding="utf-8")
    before, _, rest = text.partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- /{mark} -->")
    assert end, f"docs/{page} has no <!-- {mark} --> … <!-- /{mark} -->"
    return f"{before}<!-- {mark} -->\n{made}{end}{after}"


def configuration() -> str:
    """docs/configuration.md."""
    return between("configuration.md", "pillarbox.toml", f"```toml\n{template.write(EXAMPLE_HOST)}```\n")


def commands() -> str:
    """docs/commands.md."""
    intro = (
        "# Commands\n\n`pillarbox` without a command starts try-out mode. Every command prints help with `--help`. "
        "`--data DIR` names the server's folder; without it `PILLARBOX_DATA` does, else the folder of this user "
        "(`~/.local/share/pillarbox` on Linux), or `/var/lib/pillarbox` where only that one holds a server. "
        "`--json` prints one JSON object a line.\n"
    )
    app = typer.main.get_command(build())
    parts = [MADE, intro, *_commands(app, "pillarbox")]
    for name, parser in (("sendmail", sendmail_parser()), ("mailq", mailq_parser())):
        parts.append(f"## `pillarbox {name}`\n\n{parser.description}\n\nUnder the name `{name}` the program does the "
                     f"same: `ln -s $(command -v pillarbox) /usr/sbin/{name}`.\n")  # fmt: skip
        parts.append(table(["option", "meaning"], _arguments(parser)))
    parts.append("## `newaliases`\n\nDoes nothing and succeeds: aliases are in the store.\n")
    codes = [[str(code.value), code.name.lower().replace("_", " ")] for code in Exit]
    parts.append("## Exit codes\n\nThose of sysexits.h, as scripts around mail expect them.\n\n")
    return "\n".join(parts) + table(["code", "meaning"], codes)


def _commands(command: "object", name: str) -> Iterator[str]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield f"## `{name}`\n\n{prose(command.help or '')}\n"  # type: ignore[attr-defined]
        rows = [row for param in command.params if (row := _parameter(param)) is not None]  # type: ignore[attr-defined]
        if rows:
            yield table(["argument or option", "meaning"], rows)
        return
    for word, each in inner.items():
        yield from _commands(each, f"{name} {word}")


def _parameter(param: "object") -> list[str] | None:
    if param.param_type_name == "argument":  # type: ignore[attr-defined]
        shown = (param.metavar or param.name).strip("[]").upper()  # type: ignore[attr-defined]
        if not param.required:  # type: ignore[attr-defined]
            shown = f"[{shown}]"
    else:
        names = [*param.opts, *param.secondary_opts]  # type: ignore[attr-defined]
        shown = ", ".join(names)
    if "--help" in shown:
        return None
    return [f"`{shown}`", getattr(param, "help", None) or ""]


def _arguments(parser: "object") -> list[list[str]]:
    rows = []
    for action in parser._actions:  # type: ignore[attr-defined]
        if action.help == "==SUPPRESS==":
            continue
        names = ", ".join(action.option_strings) or action.dest
        rows.append([f"`{names}`", action.help or ""])
    return rows


def rfcs() -> str:
    """docs/rfcs.md."""
    rows = tomllib.loads((DOCS / "rfcs.toml").read_text(encoding="utf-8"))["rfc"]
    done = sorted(rows, key=lambda row: row["number"])
    intro = (
        "# RFCs\n\nWhat each RFC that Pillarbox touches is to it. *yes*: done as far as it concerns a server of "
        "this kind; *partial*: the note says what is missing or other; *planned*: not built yet; *no*: on purpose.\n"
    )
    lines = [
        [
            f"[{row['number']}](https://www.rfc-editor.org/rfc/rfc{row['number']})", row["title"], row["status"],
            ", ".join(f"`{module}`" for module in row.get("modules", [])), row.get("note", ""),
        ]
        for row in done
    ]  # fmt: skip
    return "\n".join([MADE, intro, table(["RFC", "title", "status", "where", "note"], lines)])


def queue() -> str:
    """docs/queue.md."""
    rows = [
        [before.value, f"**{act.name.lower()}**: {act.value}", after.value]
        for (before, act), after in states.TABLE.items()
    ]
    return between("queue.md", "states", table(["a row that is", "meets", "and is then"], rows))


PAGES = {
    "limits.md": limits,
    "configuration.md": configuration,
    "commands.md": commands,
    "rfcs.md": rfcs,
    "queue.md": queue,
}


def main(words: Sequence[str]) -> int:
    """Write the pages, or with --check say which are not what they should be."""
    stale = []
    for name, make in PAGES.items():
        made, file = make(), DOCS / name
        if file.exists() and file.read_text(encoding="utf-8") == made:
            continue
        stale.append(name)
        if "--check" not in words:
            file.write_text(made, encoding="utf-8", newline="\n")
    if "--check" in words and stale:
        sys.stderr.write(f"stale: {', '.join(f'docs/{name}' for name in stale)}; run `make docs`\n")
        return 1
    sys.stdout.write(f"{len(PAGES)} pages, {len(stale)} {'stale' if '--check' in words else 'written'}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
