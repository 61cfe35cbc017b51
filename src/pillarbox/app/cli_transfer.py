"""`pillarbox import`, `export`: how do whole folders of mail come in and go out?"""

import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from pillarbox.accounts.names import ManagementError, read_address
from pillarbox.inbox.append import Appender
from pillarbox.inbox.exporting import Exporter, ExportReport
from pillarbox.inbox.folders import FolderNameError, folder_name
from pillarbox.inbox.found import ArchiveError
from pillarbox.inbox.importing import Importer, ImportReport
from pillarbox.inbox.maildir import subfolders
from pillarbox.mail.ids import IdSource
from pillarbox.net.clock import SystemClock
from pillarbox.store.interface import Store
from pillarbox.store.rows import AccountRow

from .calling import Nudge
from .cli_options import Data, Json, group, store_folder
from .going import go
from .offline import open_store
from .output import Cell, as_json, complain, say
from .quantities import Octets
from .trouble import Exit, Trouble

imports = group("Bring mail in from other programs. A stopped import goes on where it was; nothing comes twice.")
exports = group("Write mail out for other programs.")

PROGRESS = "imports.json"
T = TypeVar("T")

Address = Annotated[str, typer.Argument(help="The user, such as ann@example.org.")]
Folder = Annotated[str, typer.Option(help="The user's folder.")]
IntoFolder = Annotated[str, typer.Option("--folder", help="The user's folder; made when there is none of that name.")]
ProgressFile = Annotated[
    Path | None, typer.Option("--progress", help="Where to keep how far it came (default: in the server's folder).")
]


@imports.command("mbox")
def import_mbox(
    file: Annotated[Path, typer.Argument(help="The mbox file.")],
    address: Address,
    data: Data = None,
    folder: IntoFolder = "INBOX",
    progress: ProgressFile = None,
    json: Json = False,
) -> None:
    """Bring an mbox file into a folder. What was called Spam, Sent Items or the like goes where such mail is kept."""
    _must_exist(file)
    kept = progress or store_folder(data) / PROGRESS

    async def bring(importer: Importer, account: AccountRow) -> dict[str, ImportReport]:
        return {folder: await importer.import_mbox(file, account, folder, kept)}

    _import(data, address, bring, json)


@imports.command("maildir")
def import_maildir(
    path: Annotated[Path, typer.Argument(metavar="DIR", help="The Maildir.")],
    address: Address,
    data: Data = None,
    folder: IntoFolder = "INBOX",
    all_folders: Annotated[
        bool, typer.Option("--all", help="Its subfolders too, into folders of the same name, which are made.")
    ] = False,
    progress: ProgressFile = None,
    json: Json = False,
) -> None:
    """Bring a Maildir into a folder, with flags and dates."""
    _must_exist(path)
    kept = progress or store_folder(data) / PROGRESS

    async def bring(importer: Importer, account: AccountRow) -> dict[str, ImportReport]:
        pairs = subfolders(path) if all_folders else [(path, folder)]
        fitting = [(each, name) for each, name in pairs if not all_folders or _can_be_called(each, name)]
        return {name: await importer.import_maildir(each, account, name, kept) for each, name in fitting}

    _import(data, address, bring, json)


@exports.command("mbox")
def export_mbox(
    address: Address,
    file: Annotated[Path, typer.Argument(help="The file to make.")],
    data: Data = None,
    folder: Folder = "INBOX",
    json: Json = False,
) -> None:
    """Write a folder into a new mbox file."""
    _export(data, address, lambda exporter, account: exporter.export_mbox(account, folder, file), file, json)


@exports.command("maildir")
def export_maildir(
    address: Address,
    path: Annotated[Path, typer.Argument(metavar="DIR", help="The Maildir, made when it is not there.")],
    data: Data = None,
    folder: Folder = "INBOX",
    json: Json = False,
) -> None:
    """Write a folder into a Maildir; a second time only what is new."""
    _export(data, address, lambda exporter, account: exporter.export_maildir(account, folder, path), path, json)


def _can_be_called(path: Path, name: str) -> bool:
    """One subfolder with a name that no folder can have does not stop the others."""
    try:
        folder_name(name)
    except FolderNameError as error:
        complain(f"passed over: {path}: {error}; bring it in by itself, with --folder")
        return False
    return True


def _must_exist(path: Path) -> None:
    if not path.exists():
        raise Trouble(f"{path} is not there", "nothing can be read", "name a file or folder that is", Exit.NO_INPUT)


async def _account(store: Store, address: str) -> AccountRow:
    row = await store.account(read_address(address).key)
    if row is None:
        raise ManagementError(f"there is no user {address}", "no mailbox has that address", "See: pillarbox user ls")
    return row


def _import(
    data: Path | None,
    address: str,
    bring: Callable[[Importer, AccountRow], Awaitable[dict[str, ImportReport]]],
    json: bool,
) -> None:
    """Run an import and say what it did."""

    def told(report: ImportReport) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{report.imported} messages, {report.octets / 1024**2:.0f} MiB ")

    async def work() -> dict[str, ImportReport]:
        with ThreadPoolExecutor(1) as pool:
            async with open_store(store_folder(data)) as store:
                ids = IdSource(int.from_bytes(os.urandom(3), "big"))
                importer = Importer(store, Appender(store, ids, SystemClock(), pool), pool, told=told)
                return await _archived(bring(importer, await _account(store, address)))

    reports = go(work())
    Nudge(store_folder(data)).wake()
    for name, report in reports.items():
        if json:
            as_json(_record(name, report))
        else:
            _tell(name, report)


def _record(folder: str, report: ImportReport) -> dict[str, Cell]:
    passed: list[dict[str, Cell]] = [{"where": each.where, "why": each.why} for each in report.passed]
    return {
        "folder": folder,
        "imported": report.imported,
        "octets": report.octets,
        "present": report.present,
        "passed_over": report.passed_over,
        "passed": passed,
    }


def _tell(folder: str, report: ImportReport) -> None:
    say(f"{folder}: {report.imported} messages came in ({Octets(report.octets)} octets).")
    if report.present:
        say(f"  {report.present} were there already, from an import that was stopped.")
    for each in report.passed:
        complain(f"  passed over: {each.where}: {each.why}")
    if report.passed_over > len(report.passed):
        complain(f"  … and {report.passed_over - len(report.passed)} more")


def _export(
    data: Path | None,
    address: str,
    write: Callable[[Exporter, AccountRow], Awaitable[ExportReport]],
    target: Path,
    json: bool,
) -> None:
    """Run an export and say what it did."""

    async def work() -> ExportReport:
        with ThreadPoolExecutor(1) as pool:
            async with open_store(store_folder(data)) as store:
                return await _archived(write(Exporter(store, pool), await _account(store, address)))

    report = go(work())
    if json:
        as_json({"path": str(target), "exported": report.exported, "octets": report.octets, "present": report.present})
        return
    say(f"{report.exported} messages are written to {target} ({Octets(report.octets)} octets).")
    if report.present:
        say(f"  {report.present} were there already.")


async def _archived(work: Awaitable[T]) -> T:
    try:
        return await work
    except ArchiveError as error:
        raise Trouble(error.what, error.why, error.todo, Exit.DATA) from error
