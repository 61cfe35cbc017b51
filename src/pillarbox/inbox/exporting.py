"""How do the messages of a folder get out again? As an mbox file or a Maildir, with their flags and dates."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol, TypeVar

from pillarbox.mail import ids
from pillarbox.store.rows import AccountRow, EntryRow, FolderRow, MessageRow

from .found import ArchiveError
from .maildir import unique
from .marks import notes, to_maildir
from .mboxrd import Quoter, separator

_A = TypeVar("_A")


class ExportStore(Protocol):
    """What an export needs of the store."""

    async def folder(self, account_id: int, name: str) -> FolderRow | None: ...

    async def entries(self, folder_id: int) -> list[EntryRow]: ...

    async def entry_prefix(self, folder_id: int, uid: int) -> bytes: ...

    async def message(self, message_id: int) -> MessageRow | None: ...

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...


@dataclass(slots=True)
class ExportReport:
    """Messages and octets written, messages that were there from an earlier export, messages removed meanwhile."""

    exported: int = 0
    octets: int = 0
    present: int = 0
    gone: int = 0


class Exporter:
    """Writes folders to files in ``pool``. ``info`` parts flags from names in a Maildir: ";" where ":" cannot."""

    def __init__(self, store: ExportStore, pool: Executor, info: str = ":" if os.sep == "/" else ";") -> None:
        self._store = store
        self._pool = pool
        self._info = info

    async def export_mbox(self, account: AccountRow, folder: str, path: Path) -> ExportReport:
        """Write ``folder`` into the new file ``path``, which appears when it is complete.

        ArchiveError when it exists or cannot be written.
        """
        row = await self._folder(account, folder)
        _must_be_new(path)
        part = path.with_name(f"{path.name}.part")
        report = ExportReport()
        try:
            with part.open("wb") as file:
                for entry in await self._store.entries(row.id):
                    await self._add_to_mbox(file, row, entry, report)
                await self._run(_sync, file)
            part.replace(path)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise _cannot_write(path, error) from error
        return report

    async def export_maildir(self, account: AccountRow, folder: str, path: Path) -> ExportReport:
        """Write ``folder`` into the Maildir ``path``, which is made when it is not there.

        Names come from message ids, so that a second export adds only what is new. ArchiveError when it cannot be
        written.
        """
        row = await self._folder(account, folder)
        report = ExportReport()
        try:
            for part in ("tmp", "new", "cur"):
                (path / part).mkdir(mode=0o700, parents=True, exist_ok=True)
            present = {unique(entry.name) for part in ("new", "cur") for entry in (path / part).iterdir()}
            for entry in await self._store.entries(row.id):
                name = f"{int(entry.internal_date)}.{ids.encode(entry.message_id)}U{entry.uid}.pillarbox"
                if name in present:
                    report.present += 1
                else:
                    await self._add_to_maildir(path, name, row, entry, report)
        except OSError as error:
            raise _cannot_write(path, error) from error
        return report

    async def _folder(self, account: AccountRow, folder: str) -> FolderRow:
        row = await self._store.folder(account.id, folder)
        if row is None:
            raise ArchiveError(
                f"{account.address} has no folder {folder}", "nothing is there to export", "Name another"
            )
        return row

    async def _add_to_mbox(self, file: BinaryIO, row: FolderRow, entry: EntryRow, report: ExportReport) -> None:
        message = await self._store.message(entry.message_id)
        start, quoter, size = file.tell(), Quoter(), 0
        head = separator(message.sender if message else "", entry.internal_date) + notes(entry.flags, entry.keywords)
        try:
            await self._run(file.write, head)
            async for octets in self._octets(row, entry):
                size += len(octets)
                await self._run(file.write, quoter.feed(octets))
            await self._run(file.write, quoter.finish())
        except KeyError:  # removed meanwhile: as if it had not been there
            file.seek(start)
            file.truncate()
            report.gone += 1
            return
        report.exported += 1
        report.octets += size

    async def _add_to_maildir(
        self, path: Path, name: str, row: FolderRow, entry: EntryRow, report: ExportReport
    ) -> None:
        draft, size, last = path / "tmp" / name, 0, b""
        try:
            with draft.open("wb") as file:
                async for octets in self._octets(row, entry):
                    size += len(octets)
                    # A line end may lie across two slices.
                    ready, last = last + octets, b""
                    if ready.endswith(b"\r"):
                        ready, last = ready[:-1], b"\r"
                    await self._run(file.write, ready.replace(b"\r\n", b"\n"))
                await self._run(file.write, last)
                await self._run(_sync, file)
        except KeyError:  # removed meanwhile
            draft.unlink()
            report.gone += 1
            return
        os.utime(draft, (entry.internal_date, entry.internal_date))
        draft.replace(path / "cur" / f"{name}{self._info}2,{to_maildir(entry.flags)}")
        report.exported += 1
        report.octets += size

    async def _octets(self, row: FolderRow, entry: EntryRow) -> AsyncIterator[bytes]:
        """What a reader of the folder gets: the recipient's own lines, then the message. KeyError when it is gone."""
        yield await self._store.entry_prefix(row.id, entry.uid)
        async for octets in self._store.read_slices(entry.message_id):
            yield octets

    async def _run(self, work: Callable[[_A], object], argument: _A) -> None:
        await asyncio.get_running_loop().run_in_executor(self._pool, work, argument)


def _must_be_new(path: Path) -> None:
    if path.exists():
        raise ArchiveError(f"{path} is there already", "an export overwrites nothing", "Name another file")


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _cannot_write(path: Path, error: OSError) -> ArchiveError:
    return ArchiveError(f"{path} cannot be written", str(error), "Make room or choose another place, then export again")
