"""Rooms have names of the trade, modules say which question they answer, and the project speaks only of itself."""

import ast
import re
from collections.abc import Iterator

import pytest

from .tree import ROOT, SOURCE, modules, name_of, parsed, texts

NO_NAME = {"base", "common", "core", "helper", "helpers", "lib", "manager", "misc", "shared", "stuff", "util", "utils"}
# Rooms that are agreed on: a new one is given a floor first (pyproject.toml), then a name here.
ROOMS = {
    "accounts", "app", "deliver", "doors", "inbox", "intake", "mail", "net", "observe", "proto", "queue", "route",
    "senderauth", "store", "testing",
}  # fmt: skip
# Folders of tests that mirror no room.
ACROSS = {
    "crash", "dialogs", "fuzz", "house", "interop", "peers", "pillarbox_plugins", "queue_scene", "store_contract",
}  # fmt: skip
ANSWERS = ("asyncio.Protocol", "Connection")
# Folders of one machine; in pieces, so that this file holds none.
ELSEWHERE = re.compile("/" + r"(?:work|root|home/\w+|Users/\w+)/")


def test_no_room_is_a_lumber_room() -> None:
    names = {part for path in modules() for part in path.relative_to(SOURCE).with_suffix("").parts}
    assert names & NO_NAME == set()


def test_every_room_has_its_floor() -> None:
    assert {path.name for path in SOURCE.iterdir() if path.is_dir() and path.name != "__pycache__"} == ROOMS


def test_every_module_says_which_question_it_answers() -> None:
    silent = [name_of(path) for path in modules() if not ast.get_docstring(parsed(path))]
    assert silent == []


def test_public_functions_say_what_they_give() -> None:
    silent = [
        f"{name_of(path)}:{function.lineno} {function.name}"
        for path in modules()
        for function in public(parsed(path))
        if ast.get_docstring(function) is None and not is_stub(function)
    ]
    assert silent == []


def public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Functions of a module and methods of its classes whose names are public; a class that answers the questions of
    another one may leave the meaning to that."""
    for node in tree.body:
        is_answer = isinstance(node, ast.ClassDef) and any(plain(base).endswith(ANSWERS) for base in node.bases)
        if is_answer:
            continue
        for each in node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]:
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and not each.name.startswith("_"):
                yield each


def plain(base: ast.expr) -> str:
    """The name of a base class, without its parameters."""
    return ast.unparse(base.value if isinstance(base, ast.Subscript) else base)


def is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Only ``...``: a property of a Protocol, whose class says what it is."""
    last = function.body[-1]
    return isinstance(last, ast.Expr) and isinstance(last.value, ast.Constant) and last.value.value is ...


def test_tests_mirror_the_rooms() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir() and any(path.rglob("test_*.py"))}
    assert folders - ROOMS <= ACROSS
    # `testing` is what the other tests stand on.
    assert ROOMS - {"testing"} <= folders


@pytest.mark.parametrize("room", sorted(ROOMS))
def test_folders_of_tests_are_folders_of_the_room(room: str) -> None:
    tests = ROOT / "tests" / room
    inner = {path.name for path in tests.glob("*/") if any(path.glob("test_*.py"))}
    assert inner <= {path.name for path in (SOURCE / room).iterdir() if path.is_dir()}


def test_no_file_knows_the_machine_on_which_it_was_written() -> None:
    found = [f"{name_of(path)}: {match[0]}" for path, text in texts() for match in ELSEWHERE.finditer(text)]
    assert found == []
