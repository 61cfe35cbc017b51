"""How is read what can be computed again? Beside the store, in the same reading threads."""

from collections.abc import Callable
from typing import TypeVar

from apsw import Connection

from pillarbox.store.interface import StoreUnavailable

from .derived_file import DerivedFile
from .derived_writer import DAMAGE, DerivedWriter
from .readers import Readers

R = TypeVar("R")


class DerivedDamaged(StoreUnavailable):
    """derived.db cannot be read; it is being made anew."""


class DerivedReaders:
    """The store's readers, with derived.db attached. A query that finds damage has the file made anew."""

    def __init__(self, readers: Readers, file: DerivedFile, writer: DerivedWriter) -> None:
        self._readers = readers
        self._file = file
        self._writer = writer

    async def read(self, query: Callable[[Connection], R]) -> R:
        """Run ``query`` where main is the store and derived what was computed from it."""

        def attached(connection: Connection) -> R:
            try:
                self._file.attach(connection)
                return query(connection)
            except DAMAGE as error:
                raise DerivedDamaged(f"what was computed from messages is damaged: {error}") from error

        if not self._file.made:
            await self._writer.make()
        path = self._file.path
        try:
            return await self._readers.read(attached)
        except DerivedDamaged:
            await self._writer.make_anew(path)
            raise
