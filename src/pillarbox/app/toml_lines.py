"""On which line of a TOML file does a setting stand? For errors that name file and line.

tomllib gives values without places. This reads only what places need: table headers and keys at the start of a line,
with multi-line strings and arrays passed over. https://toml.io/en/v1.0.0
"""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?\Z")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_MULTI = re.compile(r'"""|\'\'\'')
# What may hold a bracket that opens nothing: strings and comments.
_OPAQUE = re.compile(r""""(?:[^"\\]|\\.)*"|'[^']*'|#.*""")

Path = tuple[str | int, ...]


def find_line(text: str, path: Sequence[str | int]) -> int | None:
    """The line (from 1) of the setting at ``path``, such as ("listener", 1, "kind"), or of the nearest table above."""
    lines = place_all(text)
    for length in range(len(path), 0, -1):
        line = lines.get(tuple(path[:length]))
        if line is not None:
            return line
    return None


def place_all(text: str) -> dict[Path, int]:
    """Each path that the file writes, with its line; the first of an array of tables is number 0."""
    places: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    closing, depth = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if closing:
            closing = "" if closing in line else closing
            continue
        header = _HEADER.match(line) if depth == 0 else None
        if header is not None:
            table = _table(header, counts)
            places.setdefault(table, number)
            continue
        key = _KEY.match(line) if depth == 0 else None
        if key is not None:
            places.setdefault(table + _parts(key[1]), number)
        closing = _opened(line)
        bare = _OPAQUE.sub("", line)
        depth = max(0, depth + bare.count("[") - bare.count("]") + bare.count("{") - bare.count("}"))
    return places


def _table(header: re.Match[str], counts: dict[Path, int]) -> Path:
    path = _parts(header[2])
    if header[1] == "[[":
        counts[path] = counts.get(path, -1) + 1
        return (*path, counts[path])
    return path


def _parts(key: str) -> Path:
    return tuple(part.strip().strip("\"'") for part in key.split("."))


def _opened(line: str) -> str:
    marks = _MULTI.findall(line)
    return marks[-1] if len(marks) % 2 else ""
