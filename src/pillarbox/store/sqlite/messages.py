"""What happens to messages and their stories in SQLite? The ``Messages`` part of the store."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import BinaryIO

from apsw import Connection

from pillarbox.store.rows import Acceptance, Accepted, MessageRow

from .effects import Effects
from .ledger import accept_group
from .part import Part
from .statements import MESSAGE, Row, rows, text

SLICE = 256 * 1024


class SqliteMessages(Part):
    """``interface.Messages``."""

    def accept(self, acceptance: Acceptance) -> "asyncio.Future[Accepted]":
        """See ``interface.Messages.accept``."""
        body = acceptance.message.content.body
        return self._engine.submit(accept_group, acceptance, 0 if isinstance(body, Path) else len(body))

    async def message(self, message_id: int) -> MessageRow | None:
        """See ``interface.Messages.message``."""
        return await self._readers.read(lambda connection: _message(connection, message_id))

    async def read_small(self, message_id: int) -> bytes | None:
        """See ``interface.Messages.read_small``."""
        found = await self._readers.read(lambda connection: _body(connection, message_id))
        return found[0] if found is not None and found[1] is None else None

    async def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """See ``interface.Messages.read_slices``."""
        found = await self._readers.read(lambda connection: _body(connection, message_id))
        if found is None:
            raise KeyError(message_id)
        data, name, skip = found
        for piece in _slices(data, start, end):
            yield piece
        if name is None or (end is not None and end <= len(data)):
            return
        # From here on positions are those of the file.
        position = max(start - len(data), 0) + skip
        stop = None if end is None else end - len(data) + skip
        async for piece in self._file_slices(self._bodies.path(name), position, stop):
            yield piece

    async def _file_slices(self, path: Path, position: int, stop: int | None) -> AsyncIterator[bytes]:
        # Opened once: the octets can be read to the end even when the message is removed meanwhile.
        file = await self._readers.read(lambda _: path.open("rb"))
        try:
            while stop is None or position < stop:
                size = SLICE if stop is None else min(SLICE, stop - position)
                piece = await self._readers.read(_piece(file, position, size))
                if not piece:
                    return
                position += len(piece)
                yield piece
        finally:
            file.close()

    def incoming(self) -> Path:
        """See ``interface.Messages.incoming``."""
        return self._bodies.incoming

    def tell(self, message_id: int, chapter: str) -> "asyncio.Future[None]":
        """See ``interface.Messages.tell``."""
        return self._engine.submit(_tell_group, (message_id, chapter))

    def tell_all(self, message_ids: Sequence[int], chapter: str) -> "asyncio.Future[None]":
        """See ``interface.Messages.tell_all``."""
        return self._engine.write(lambda connection: _tell_all(connection, message_ids, chapter))

    async def story(self, message_id: int) -> list[str]:
        """See ``interface.Messages.story``."""
        return await self._readers.read(lambda connection: _story(connection, message_id))

    def forget(self, before: float, limit: int) -> "asyncio.Future[int]":
        """See ``interface.Messages.forget``."""
        return self._engine.write(lambda connection: _forget(connection, before, limit))


def message_row(columns: Row) -> MessageRow:
    """The value of a row of ``message.sql: message``."""
    row = MessageRow(*columns)
    row.smtputf8, row.kept = bool(row.smtputf8), bool(row.kept)
    return row


def _message(connection: Connection, message_id: int) -> MessageRow | None:
    found = rows(connection, MESSAGE["message"], (message_id,))
    return message_row(found[0]) if found else None


def _body(connection: Connection, message_id: int) -> tuple[bytes, str | None, int] | None:
    found = rows(connection, MESSAGE["body"], (message_id,))
    return (found[0][0], found[0][1], found[0][2]) if found else None


def _piece(file: BinaryIO, position: int, size: int) -> Callable[[Connection], bytes]:
    def read(_connection: Connection) -> bytes:
        file.seek(position)
        return file.read(size)

    return read


def _slices(data: bytes, start: int, end: int | None) -> list[bytes]:
    stop = len(data) if end is None else min(end, len(data))
    return [data[at : min(at + SLICE, stop)] for at in range(start, stop, SLICE)]


def _tell_group(connection: Connection, _effects: Effects, told: Sequence[tuple[int, str]]) -> list[None]:
    connection.executemany(MESSAGE["tell"], [(chapter, message_id) for message_id, chapter in told])
    return [None] * len(told)


def _tell_all(connection: Connection, message_ids: Sequence[int], chapter: str) -> None:
    connection.execute(MESSAGE["tell_all"], {"chapter": chapter, "messages": json.dumps(list(message_ids))})


def _story(connection: Connection, message_id: int) -> list[str]:
    first = rows(connection, MESSAGE["first_chapter"], (message_id,))
    later = rows(connection, MESSAGE["later_chapters"], (message_id,))
    return [chapter for (chapter,) in first + later if chapter]


def _forget(connection: Connection, before: float, limit: int) -> int:
    ids = text(connection, MESSAGE["forgettable"], before, limit)
    connection.execute(MESSAGE["forget_stories"], (ids,))
    connection.execute(MESSAGE["forget_messages"], (ids,))
    return len(json.loads(ids))
