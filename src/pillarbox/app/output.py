"""How does a command show what it found? A table for eyes, plain columns for pipes, JSON for programs."""

import json
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from pillarbox.observe.log_formats import printable

Cell: TypeAlias = str | int | float | bool | Sequence["Cell"] | Mapping[str, "Cell"] | None
Record: TypeAlias = Mapping[str, Cell]


def say(text: str) -> None:
    """One text on standard output, with the control characters of others made harmless, line by line."""
    sys.stdout.write("\n".join(printable(line) for line in text.split("\n")) + "\n")


def complain(text: str) -> None:
    """The same on standard error."""
    sys.stderr.write("\n".join(printable(line) for line in text.split("\n")) + "\n")


def as_json(value: Cell) -> None:
    """One JSON value on a line."""
    sys.stdout.write(json.dumps(value, ensure_ascii=not _takes_unicode()) + "\n")


def show(records: Iterable[Record], columns: Mapping[str, str], *, json_lines: bool, empty: str = "") -> None:
    """Records as JSON, one a line, or as a table of ``columns`` (key to title); ``empty`` when there are none."""
    if json_lines:
        for record in records:
            as_json(record)
        return
    rows = [[_text(record.get(key)) for key in columns] for record in records]
    if not rows:
        if empty:
            say(empty)
    elif sys.stdout.isatty():
        _table(list(columns.values()), rows)
    else:
        _columns(list(columns.values()), rows)


def _text(cell: Cell) -> str:
    if cell is None or cell == "":
        return "-"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, Sequence) and not isinstance(cell, str):
        return ", ".join(_text(part) for part in cell)
    return printable(str(cell))


def _table(titles: list[str], rows: list[list[str]]) -> None:
    from rich import box  # noqa: PLC0415 - 40 ms that only a terminal pays for
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(*titles, box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def _columns(titles: list[str], rows: list[list[str]]) -> None:
    widths = [max(len(row[n]) for row in [titles, *rows]) for n in range(len(titles))]
    for row in [titles, *rows]:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        sys.stdout.write("  ".join(cells).rstrip() + "\n")


def moment(at: float | None) -> str:
    """A POSIX time as a person reads it, in local time."""
    return "-" if at is None else time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at))


def _takes_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
