"""How do the messages of an archive get into a folder? In batches, each committed before the next one is read."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pillarbox.store.rows import AccountRow, EntryRow, FolderRow

from .append import Appender, MailboxFull, Upload
from .folders import FolderNameError, folder_name, special_use
from .found import Archive, ArchiveError, Found, Passed, ReadSettings
from .maildir import MaildirFolder
from .mbox import MboxFile
from .progress import Mark, Progress


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """One batch is committed together; a report names so many of the messages that were passed over."""

    batch_messages: int = 100
    batch_octets: int = 16 * 1024 * 1024
    passed_named: int = 1_000
    read: ReadSettings = field(default_factory=ReadSettings)


@dataclass(slots=True)
class ImportReport:
    """What an import did so far.

    ``imported`` messages of ``octets``; ``present`` ones had been brought in by a run that was stopped; ``passed`` are
    the first of the ``passed_over`` ones that were not read, with the reason.
    """

    imported: int = 0
    octets: int = 0
    present: int = 0
    passed_over: int = 0
    passed: list[Passed] = field(default_factory=list)


class ImportStore(Protocol):
    """What an import needs of the store, besides appending."""

    async def folders(self, account_id: int) -> list[FolderRow]: ...

    async def folder(self, account_id: int, name: str) -> FolderRow | None: ...

    def add_folder(self, account_id: int, name: str, special_use: str | None = None) -> "asyncio.Future[FolderRow]": ...

    async def entries(self, folder_id: int) -> list[EntryRow]: ...

    def read_slices(self, message_id: int, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]: ...


def _silent(report: ImportReport) -> None:
    """Nobody watches."""


class Importer:
    """Brings archives into folders. Files are read in ``pool``; ``told`` hears of each batch."""

    def __init__(
        self,
        store: ImportStore,
        appender: Appender,
        pool: Executor,
        settings: ImportSettings | None = None,
        told: Callable[[ImportReport], None] = _silent,
    ) -> None:
        self.store = store
        self.appender = appender
        self.pool = pool
        self.settings = settings or ImportSettings()
        self.told = told

    async def import_mbox(
        self, path: Path, account: AccountRow, folder: str = "INBOX", progress: Path | None = None
    ) -> ImportReport:
        """Bring an mbox file into a folder; see ``run``."""
        return await self.run(MboxFile(path, self.settings.read), account, folder, progress)

    async def import_maildir(
        self, path: Path, account: AccountRow, folder: str = "INBOX", progress: Path | None = None
    ) -> ImportReport:
        """Bring one Maildir (not its subfolders: ``maildir.subfolders``) into a folder; see ``run``."""
        return await self.run(MaildirFolder(path, self.settings.read), account, folder, progress)

    async def run(self, archive: Archive, account: AccountRow, folder: str, progress: Path | None) -> ImportReport:
        """Bring ``archive`` into ``folder``, which is made if need be.

        With a ``progress`` file, go on where the last run came to.

        Raises ArchiveError when it cannot go on, also when the mailbox is full; StoreError, when the store fails.
        Everything reported to ``told`` before is in the folder and stays there.
        """
        kept = Progress(progress)
        row = await self._folder(account, folder)
        name = f"{archive.name} -> {account.address} {row.name}"
        try:
            mark = kept.mark(name)
        except ValueError as error:
            raise ArchiveError("the import cannot go on", str(error), "Or name another progress file") from error
        if mark is None or mark.uidvalidity != row.uidvalidity:
            mark = Mark("", row.uidnext, row.uidvalidity)
        return await _Run(self, archive, account, row, kept, name).go(mark)

    async def _folder(self, account: AccountRow, folder: str) -> FolderRow:
        """The folder of this name, or the one of the same use (what was Spam elsewhere is Junk here), or a new one."""
        try:
            name = folder_name(folder)
        except FolderNameError as error:
            raise ArchiveError(f"{folder!r} is no folder", str(error), "Name another") from error
        rows = await self.store.folders(account.id)
        use = special_use(name)
        same = [row for row in rows if row.name == name]
        alike = [row for row in rows if use is not None and row.special_use == use]
        if same or alike:
            return (same or alike)[0]
        return await self.store.add_folder(account.id, name, use)


class _Run:
    """One import of one archive."""

    def __init__(
        self, owner: Importer, archive: Archive, account: AccountRow, folder: FolderRow, kept: Progress, name: str
    ) -> None:
        self._owner = owner
        self._archive = archive
        self._account = account
        self._folder = folder
        self._kept = kept
        self._name = name
        self._report = ImportReport()
        self._doubtful: dict[int, list[int]] = defaultdict(list)

    async def go(self, mark: Mark) -> ImportReport:
        """Read and commit batch after batch, behind ``mark``."""
        await self._doubt(mark)
        messages = self._archive.read(mark.place)
        while batch := await self._read(messages):
            fresh = await self._fresh([found for found in batch if isinstance(found, Found)])
            if not self._doubtful:
                mark = Mark(mark.place, await self._next_uid(), self._folder.uidvalidity)
            await self._note(mark)
            await self._commit(fresh)
            self._pass_over([passed for passed in batch if isinstance(passed, Passed)])
            mark = Mark(batch[-1].place, mark.uid, mark.uidvalidity)
            self._owner.told(self._report)
        await self._note(Mark(mark.place, await self._next_uid(), self._folder.uidvalidity))
        return self._report

    async def _doubt(self, mark: Mark) -> None:
        """What came into the folder since the mark may be of the batch that was stopped."""
        if mark.uid < self._folder.uidnext:
            for entry in await self._owner.store.entries(self._folder.id):
                if entry.uid >= mark.uid:
                    self._doubtful[entry.size].append(entry.message_id)

    async def _fresh(self, batch: list[Found]) -> list[Found]:
        """The messages that are not in the folder yet. A batch of nothing else ends the doubt."""
        if not self._doubtful:
            return batch
        fresh = [found for found in batch if not await self._present(found)]
        self._report.present += len(batch) - len(fresh)
        if len(fresh) == len(batch):
            self._doubtful.clear()
        return fresh

    async def _present(self, found: Found) -> bool:
        alike = self._doubtful.get(len(found.octets), [])
        for message_id in alike:
            if await self._same(message_id, found.octets):
                alike.remove(message_id)  # a second one like it is another message
                return True
        return False

    async def _same(self, message_id: int, octets: bytes) -> bool:
        at = 0
        try:
            async for part in self._owner.store.read_slices(message_id):
                if not octets.startswith(part, at):
                    return False
                at += len(part)
        except KeyError:  # removed meanwhile
            return False
        return at == len(octets)

    async def _read(self, messages: Iterator[Found | Passed]) -> list[Found | Passed]:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._owner.pool, self._batch, messages)
        except OSError as error:
            raise ArchiveError(f"{self._archive.name} cannot be read", str(error), "Is it the right one?") from error

    def _batch(self, messages: Iterator[Found | Passed]) -> list[Found | Passed]:
        batch: list[Found | Passed] = []
        octets = 0
        for message in messages:
            batch.append(message)
            octets += len(message.octets) if isinstance(message, Found) else 0
            if len(batch) >= self._owner.settings.batch_messages or octets >= self._owner.settings.batch_octets:
                break
        return batch

    async def _note(self, mark: Mark) -> None:
        await asyncio.get_running_loop().run_in_executor(self._owner.pool, self._kept.note, self._name, mark)

    async def _next_uid(self) -> int:
        row = await self._owner.store.folder(self._account.id, self._folder.name)
        return row.uidnext if row is not None else self._folder.uidnext

    async def _commit(self, fresh: list[Found]) -> None:
        results = await self._owner.appender.append_all([self._upload(found) for found in fresh])
        for found, result in zip(fresh, results, strict=True):
            if not isinstance(result, Exception):
                self._report.imported += 1
                self._report.octets += len(found.octets)
        failures = [result for result in results if isinstance(result, Exception)]
        if failures:
            self._owner.told(self._report)
            if not isinstance(failures[0], MailboxFull):
                raise failures[0]
            raise ArchiveError(
                "the import stopped", str(failures[0]), "Raise the quota, then import again"
            ) from failures[0]

    def _upload(self, found: Found) -> Upload:
        return Upload(
            self._account.id,
            self._account.address,
            self._folder.name,
            found.octets,
            self._archive.name,
            found.date,
            found.flags,
            found.keywords,
            found.sender,
        )

    def _pass_over(self, passed: list[Passed]) -> None:
        self._report.passed_over += len(passed)
        self._report.passed += passed[: max(0, self._owner.settings.passed_named - len(self._report.passed))]
