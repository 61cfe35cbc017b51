"""Documents cannot lie: what they name exists, and what exists is in them."""

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from pillarbox.app import settings, template
from pillarbox.app.cli import build
from pillarbox.observe.sentences import SENTENCES

from .tree import DOCS, ROOT, SOURCE, functions, modules, name_of, pages, parsed, rfc_numbers

RFCS = tomllib.loads((DOCS / "rfcs.toml").read_text(encoding="utf-8"))["rfc"]
STATUSES = {"yes", "partial", "planned", "no"}
# A test that a document names: tests/queue/test_runner.py::test_one_of_two…
NAMED_TEST = re.compile(r"(tests/[\w/]+\.py)(?:::(\w+))?")
# A file or folder of the project in code font.
NAMED_PATH = re.compile(r"`((?:src|tests|docs|scripts|bench)/[\w./-]+)`")
# A module in code font, with as much of its path as the text needs.
NAMED_MODULE = re.compile(r"`([\w/]+\.(?:py|sql))`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)(?:#[^)]*)?\)")


# --- made pages -----------------------------------------------------------------------------------------------------


def test_made_pages_are_fresh() -> None:
    done = subprocess.run([sys.executable, "scripts/docs.py", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_every_setting_is_in_the_documents() -> None:
    limits = (DOCS / "limits.md").read_text(encoding="utf-8")
    file = (DOCS / "configuration.md").read_text(encoding="utf-8")
    for section, name in template.meanings_of_all():
        if name and issubclass(getattr(settings, section), settings.Section):
            assert f"| `{name}` |" in limits, f"{section}.{name} is not in docs/limits.md"
            assert re.search(rf"(?m)^#? ?{name}\b", file), f"{section}.{name} is not in docs/configuration.md"


def test_every_setting_reaches_something() -> None:
    code = "\n".join(
        path.read_text(encoding="utf-8") for path in modules() if name_of(path) != "src/pillarbox/app/settings.py"
    )
    unused = [
        f"{section}.{name}"
        for section, name in template.meanings_of_all()
        if name and not re.search(rf"(\.|\"){name}\b", code)
    ]
    assert unused == []


# --- commands -------------------------------------------------------------------------------------------------------


def commands() -> Iterator[str]:
    """Every command with its words."""

    def below(command: object, words: str) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield words
            return
        for word, each in inner.items():
            yield from below(each, f"{words} {word}")

    yield from below(typer.main.get_command(build()), "pillarbox")


def test_every_command_is_in_the_documents() -> None:
    page = (DOCS / "commands.md").read_text(encoding="utf-8")
    missing = [
        command for command in (*commands(), "pillarbox sendmail", "pillarbox mailq") if f"## `{command}`" not in page
    ]
    assert missing == []


def spoken(page: Path) -> Iterator[list[str]]:
    """The words of each command that a page tells to type, in code font or in a block."""
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"(?m)`pillarbox ([a-z][^`]*)`|^    (?:.*/|\$ )?pillarbox ([a-z].*)$", text):
        yield (match[1] or match[2]).split()


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_documents_name_no_command_that_does_not_exist(page: Path) -> None:
    known = {tuple(command.split()[1:]) for command in commands()} | {("sendmail",), ("mailq",)}
    groups = {(words[0],) for words in known}
    wrong = [
        " ".join(words)
        for words in spoken(page)
        if (words[0],) not in known
        and (words[0], *words[1:2]) not in known
        and not (len(words) == 1 and (words[0],) in groups)
    ]
    assert wrong == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_documents_name_no_option_that_does_not_exist(page: Path) -> None:
    known = set(re.findall(r"--[a-z-]+", (DOCS / "commands.md").read_text(encoding="utf-8")))
    named = {word for words in spoken(page) for word in words if re.fullmatch(r"--[a-z-]+", word)}
    assert named <= known


def test_the_readme_names_targets_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"(?m)^([a-z]+):", makefile))
    for page in pages():
        text = page.read_text(encoding="utf-8")
        named = set(re.findall(r"(?:`|^ +(?:\$ )?(?:[A-Z_]+=\S+ )?)make ([a-z]+)", text, re.MULTILINE))
        assert named <= targets, f"{name_of(page)} names {sorted(named - targets)}"
    assert {"run", "test"} <= set(re.findall(r"make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))


# --- names ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    broken = [target for target in LINK.findall(text) if not (page.parent / target).exists()]
    assert broken == []


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_named_files_and_tests_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    wrong = [path for path in NAMED_PATH.findall(text) if not (ROOT / path).exists()]
    files = [f"/{name_of(path)}" for folder in ("src", "tests", "scripts") for path in (ROOT / folder).rglob("*.*")]
    wrong += [name for name in NAMED_MODULE.findall(text) if not any(file.endswith(f"/{name}") for file in files)]
    for path, test in NAMED_TEST.findall(text):
        file = ROOT / path
        if not file.exists():
            wrong.append(path)
        elif test and test not in {function.name for function in functions(parsed(file))}:
            wrong.append(f"{path}::{test}")
    assert wrong == []


# --- RFCs -----------------------------------------------------------------------------------------------------------


def test_every_rfc_that_the_sources_name_is_in_the_table() -> None:
    known = {row["number"] for row in RFCS}
    named = {
        number
        for path in (*modules(), *SOURCE.rglob("*.sql"))
        for number in rfc_numbers(path.read_text(encoding="utf-8"))
    }
    assert named - known == set()
    assert len(known) == len(RFCS), "an RFC stands twice in docs/rfcs.toml"


@pytest.mark.parametrize("row", RFCS, ids=lambda row: str(row["number"]))
def test_what_the_table_says_of_an_rfc(row: "dict[str, object]") -> None:
    assert row["status"] in STATUSES
    assert row["status"] == "yes" or row.get("note") or not row.get("modules"), "say what is missing"
    names = row.get("modules", [])
    assert isinstance(names, list)
    assert names or row["status"] in {"planned", "no"}
    for name in names:
        assert importlib.util.find_spec(name) is not None


# --- stories --------------------------------------------------------------------------------------------------------


def told() -> Iterator[tuple[str, str]]:
    """(file, kind) of every event that is added to a story, also over several lines."""
    for path in modules():
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args and node.keywords:
                place = {"add": 0, "_happened": 1}.get(node.func.attr)
                kind = node.args[place] if place is not None and place < len(node.args) else None
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    yield name_of(path), kind.value


def test_every_event_has_a_sentence() -> None:
    kinds = list(told())
    assert len(kinds) > 30
    assert [f"{file}: {kind}" for file, kind in kinds if kind not in SENTENCES] == []


def test_decisions_are_numbered_and_short() -> None:
    files = sorted((DOCS / "decisions").glob("*.md"))
    assert [int(file.name[:4]) for file in files] == list(range(1, len(files) + 1))
    for file in files:
        text = file.read_text(encoding="utf-8")
        assert len(text.splitlines()) <= 40, f"{file.name} is no page any more"
        for heading in ("## Context", "## Choice", "## Price"):
            assert heading in text, f"{file.name} has no {heading}"


def test_the_architecture_can_be_read_in_ten_minutes() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8").splitlines()) <= 250
