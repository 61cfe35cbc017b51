"""Where are the SQL statements? In sql/*.sql, each under its name and one line that says what it does."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from itertools import chain
from typing import Any, TypeAlias

from apsw import Connection

Value: TypeAlias = int | float | str | bytes | None
# A row that was read: the tables are STRICT, so its columns have the types that the schema gives them.
Row: TypeAlias = tuple[Any, ...]
Bindings: TypeAlias = Mapping[str, Value] | Sequence[Value]
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
_COMMENT = re.compile(r"^--.*\n", re.MULTILINE)
_LAST_VALUES = re.compile(r"\([?, 0']+\)\s*\Z")
# Rows written by one statement. Each step of a statement lets go of the interpreter lock and takes it back, which is
# dear while the event loop is busy: 64 rows in one step cost little more than one row.
ROWS_AT_ONCE = 64
ROWS_EXACT = 16


def load(name: str) -> dict[str, str]:
    """The statements of ``sql/<name>.sql`` by their names."""
    text = files(__package__).joinpath("sql", f"{name}.sql").read_text("utf-8")
    parts = _NAME.split(text)[1:]
    return {key: _COMMENT.sub("", body).strip() for key, body in zip(parts[::2], parts[1::2], strict=True)}


MESSAGE = load("message")
QUEUE = load("queue")
MAILBOX = load("mailbox")
FOLDER = load("folder")
ENTRY = load("entry")
SHARING = load("sharing")
DIRECTORY = load("directory")
TRANSPORT = load("transport")
TRUST = load("trust")
UPKEEP = load("upkeep")


@lru_cache(maxsize=128)
def _for_rows(sql: str, count: int) -> str:
    found = _LAST_VALUES.search(sql)
    assert found is not None, sql
    return sql + (", " + found[0]) * (count - 1)


def insert_rows(connection: Connection, sql: str, rows: list[tuple[Value, ...]]) -> None:
    """Run an INSERT that ends in one row of question marks for many rows, in as few steps as possible."""
    start, left = 0, len(rows)
    while left:
        # Small numbers as they are, larger ones by powers of two: a few prepared statements serve every number of rows.
        count = left if left <= ROWS_EXACT else min(ROWS_AT_ONCE, 1 << (left.bit_length() - 1))
        connection.execute(_for_rows(sql, count), tuple(chain.from_iterable(rows[start : start + count])))
        start += count
        left -= count


def rows(connection: Connection, sql: str, bindings: Bindings = ()) -> list[Row]:
    """All rows that a statement gives."""
    return connection.execute(sql, bindings).fetchall()


def single(connection: Connection, sql: str, *values: Value) -> Value:
    """The first column of the first row; None when there is no row."""
    row = connection.execute(sql, values).fetchone()
    return None if row is None else row[0]


def text(connection: Connection, sql: str, *values: Value) -> str:
    """The text that a statement of exactly one row and column gives."""
    found = single(connection, sql, *values)
    assert isinstance(found, str), sql
    return found
