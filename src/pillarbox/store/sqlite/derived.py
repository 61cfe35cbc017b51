"""What is kept of what was computed from messages? The ``Derived`` part of the store."""

import asyncio
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from apsw import Connection

from pillarbox.store.digests import Digest, Threading, Worded

from .derived_backlog import Backlog
from .derived_file import DerivedFile
from .derived_keeping import keep, remove
from .derived_reading import DerivedReaders
from .derived_sql import DERIVED
from .derived_words import Question, answer, body_question, field_question, text_question
from .derived_writer import DerivedWriter
from .part import Part
from .readers import Readers
from .settings import SqliteSettings
from .statements import Row, Value, rows, text

# So few entries are looked up one by one, more of them as a range of UIDs; their texts are read without the index.
FEW = 256
# Digests that are looked at in one go for whether their messages are gone.
LOOKED_AT_ONCE = 20_000
WIRE = frozenset({"envelope", "body", "structure", "sections", "preview"})
NAMES = frozenset({"sender", "to", "cc", "bcc", "subject"})
ORDERING = frozenset(
    {"sent", "sort_from", "sort_to", "sort_cc", "sort_subject", "sort_display_from", "sort_display_to"}
)


class DerivedParts(NamedTuple):
    """Who reads and writes derived.db, and what waits for a digest."""

    readers: DerivedReaders
    writer: DerivedWriter
    backlog: Backlog


class SqliteDerived(Part):
    """``interface.Derived``."""

    _derived: DerivedParts

    def derive(self, parts: DerivedParts) -> None:
        """Use ``parts`` from now on."""
        self._derived = parts
        self._engine.listeners.add(parts.backlog.note)

    async def close_derived(self) -> None:
        """Complete what waits, let go of derived.db."""
        await self._derived.writer.close()

    async def undigested(self, limit: int) -> list[int]:
        """See ``interface.Derived.undigested``."""
        return await self._derived.backlog.newest(limit)

    def put_digests(self, digests: Sequence[Digest]) -> "asyncio.Future[None]":
        """See ``interface.Derived.put_digests``."""
        return self._derived.writer.write(lambda connection: keep(connection, digests))

    async def digested(self, message_ids: Sequence[int], column: str) -> dict[int, bytes]:
        """See ``interface.Derived.digested``."""
        sql = DERIVED["thread"] if column == "thread" else DERIVED["wire"].format(column=_one_of(column, WIRE))
        ids = json.dumps(list(message_ids))
        return await self._derived.readers.read(lambda connection: dict(rows(connection, sql, (ids,))))

    async def without_digest(self, folder_id: int, uids: Sequence[int]) -> dict[int, int]:
        """See ``interface.Derived.without_digest``."""
        found = await self._rows(DERIVED["without_digest"], folder_id, uids, {})
        return dict(json.loads(found[0][0]))

    async def uids_named(self, folder_id: int, column: str, wanted: str, uids: Sequence[int]) -> list[int]:
        """See ``interface.Derived.uids_named``."""
        sql = DERIVED["named"].replace("{column}", _one_of(column, NAMES))
        return await self._uids(sql, folder_id, uids, {"text": wanted})

    async def uids_sent(self, folder_id: int, first: int, last: int, uids: Sequence[int]) -> list[int]:
        """See ``interface.Derived.uids_sent``."""
        return await self._uids(DERIVED["sent"], folder_id, uids, {"from": first, "to": last})

    async def uids_of_thread(self, folder_id: int, thread: str, uids: Sequence[int]) -> list[int]:
        """See ``interface.Derived.uids_of_thread``."""
        return await self._uids(DERIVED["in_thread"], folder_id, uids, {"thread": thread})

    async def uids_worded(self, folder_id: int, where: str, wanted: str, uids: Sequence[int]) -> Worded:
        """See ``interface.Derived.uids_worded``."""
        question = {"body": body_question, "text": text_question}[where](wanted)
        return await self._answer(question, folder_id, uids)

    async def uids_with_field(self, folder_id: int, name: str, wanted: str, uids: Sequence[int]) -> Worded:
        """See ``interface.Derived.uids_with_field``."""
        return await self._answer(field_question(name, wanted), folder_id, uids)

    async def sorting(
        self, folder_id: int, columns: Sequence[str], uids: Sequence[int]
    ) -> dict[int, tuple[str | float | None, ...]]:
        """See ``interface.Derived.sorting``."""
        names = ", ".join(_one_of(column, ORDERING) for column in columns)
        found = await self._rows(DERIVED["ordering"].replace("{columns}", names), folder_id, uids, {})
        return {row[0]: row[1:] for row in found}

    async def threading(self, folder_id: int, uids: Sequence[int]) -> list[Threading]:
        """See ``interface.Derived.threading``."""
        return [Threading(*row) for row in await self._rows(DERIVED["threading"], folder_id, uids, {})]

    async def forget_digests(self, limit: int) -> int:
        """See ``interface.Derived.forget_digests``."""
        gone: list[int] = []
        looked_at, last = LOOKED_AT_ONCE, 0
        while looked_at == LOOKED_AT_ONCE and len(gone) < limit:
            looked_at, last, found = await self._derived.readers.read(partial(_gone, after=last))
            gone += found
        if gone:
            await self._derived.writer.write(lambda connection: remove(connection, gone[:limit]))
        return len(gone[:limit])

    async def _uids(self, sql: str, folder_id: int, uids: Sequence[int], values: dict[str, Value]) -> list[int]:
        numbers: list[int] = json.loads((await self._rows(sql, folder_id, uids, values))[0][0]) if uids else []
        return numbers

    async def _rows(self, sql: str, folder_id: int, uids: Sequence[int], values: dict[str, Value]) -> list[Row]:
        entries, meant = _meant(folder_id, uids)
        asked = {**meant, **values}
        return await self._derived.readers.read(
            lambda connection: rows(connection, sql.replace("{entries}", entries), asked)
        )

    async def _answer(self, question: Question, folder_id: int, uids: Sequence[int]) -> Worded:
        if not uids:
            return Worded([], [])
        entries, meant = _meant(folder_id, uids)
        ask_index = len(uids) > FEW
        return await self._derived.readers.read(
            lambda connection: answer(connection, question, entries, meant, ask_index=ask_index)
        )


def open_derived(
    folder: Path, readers: Readers, settings: SqliteSettings, loop: asyncio.AbstractEventLoop
) -> DerivedParts:
    """What stands beside the store in ``folder``. The file is made at the first use."""
    file = DerivedFile(folder, settings)
    writer = DerivedWriter(file, loop)
    reading = DerivedReaders(readers, file, writer)
    backlog = Backlog(reading)
    writer.on_new_file = backlog.start_over
    return DerivedParts(reading, writer, backlog)


def _meant(folder_id: int, uids: Sequence[int]) -> tuple[str, dict[str, Value]]:
    """The statement that gives the entries, and its values. As a range it may give more than ``uids``."""
    if len(uids) <= FEW:
        return DERIVED["entries_listed"], {"folder": folder_id, "uids": json.dumps(list(uids))}
    return DERIVED["entries_between"], {"folder": folder_id, "first": uids[0], "last": uids[-1]}


def _one_of(column: str, columns: frozenset[str]) -> str:
    if column not in columns:
        raise ValueError(f"no column {column!r}")
    return column


def _gone(connection: Connection, after: int) -> tuple[int, int, list[int]]:
    looked_at, last, gone = json.loads(text(connection, DERIVED["gone"], after, LOOKED_AT_ONCE))
    return looked_at, last or 0, gone or []
