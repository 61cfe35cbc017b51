"""What is in this repository? Read as text and as syntax, nothing is imported."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "pillarbox"
DOCS = ROOT / "docs"
TEXTS = ("*.md", "*.py", "*.sql", "*.sh", "*.toml", "*.txt", "Makefile", ".ci/run")
_SKIPPED = {".venv", ".git", "build", "dist", "node_modules"}


def modules() -> list[Path]:
    """Every module of the program."""
    return sorted(SOURCE.rglob("*.py"))


def name_of(path: Path) -> str:
    """A file as failures name it."""
    return path.relative_to(ROOT).as_posix()


def parsed(path: Path) -> ast.Module:
    """A module's syntax."""
    return ast.parse(path.read_text(encoding="utf-8"))


def texts() -> Iterator[tuple[Path, str]]:
    """Every file that people wrote, with what is in it."""
    for pattern in TEXTS:
        for path in sorted(ROOT.rglob(pattern)):
            inside = path.relative_to(ROOT).parts
            if path.is_file() and not _SKIPPED.intersection(inside):
                yield path, path.read_text(encoding="utf-8", errors="replace")


def pages() -> list[Path]:
    """Every document."""
    return [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """All functions and methods of a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        lines -= (docstring.end_lineno or docstring.lineno) - docstring.lineno + 1
    return lines


def rfc_numbers(text: str) -> set[int]:
    """The RFCs that a text names, lists such as "RFC 3461, 6152 and 6531 §3" too."""
    found = set()
    for match in re.finditer(r"RFCs? (\d{3,5}(?:(?: §[\d.]+\d)?(?:,| and|,? and) \d{4}(?!\d| ms| s))*)", text):
        found |= {int(number) for number in re.findall(r"(?<![\d.§])\d{3,5}(?![\d.]*\d)", match[1])}
    return found
