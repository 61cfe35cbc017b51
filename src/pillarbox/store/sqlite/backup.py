"""How is the store copied while mail flows, and put back?

Files first, then a snapshot of the database, then the files that came between. A file that went away between has no
row any more, so the snapshot is taken anew. Bodies never change, so a hard link is a copy where the file system has it.
"""

import os
import shutil
from pathlib import Path

import apsw

from pillarbox.store.interface import StoreError

from .bodies import BLOBS, sync_folder
from .check import verify
from .connect import DATABASE, connect, let_go
from .settings import SqliteSettings
from .statements import UPKEEP, load, rows

PAGES_A_STEP = 2_000
SNAPSHOTS = 10
PARTIAL = ".partial"
REPLACED = "before-restore"


def back_up(folder: Path, target: Path, settings: SqliteSettings) -> None:
    """Copy the store in ``folder`` into the new folder ``target``. StoreError when that cannot be done."""
    if target.exists():
        raise StoreError(f"{target} exists already; a backup goes into a new folder")
    partial = target.with_name(target.name + PARTIAL)
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / BLOBS).mkdir(mode=0o700, parents=True)
        _fill(folder, partial, settings)
        partial.rename(target)
        sync_folder(target.parent)
    except (OSError, apsw.Error) as error:
        raise StoreError(f"the backup into {target} failed: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _fill(folder: Path, partial: Path, settings: SqliteSettings) -> None:
    source, target = folder / BLOBS, partial / BLOBS
    for path in source.glob("*/*"):
        _copy(path, target / path.relative_to(source))
    for _ in range(SNAPSHOTS):
        names = _snapshot(folder / DATABASE, partial / DATABASE, settings)
        copied = [_copy(source / name, target / name) for name in names]
        if all(copied):
            break
    else:
        raise StoreError("large messages were removed faster than they could be copied; try again at a quieter time")
    kept = {target / name for name in names}
    for path in target.glob("*/*"):
        if path not in kept:
            path.unlink()
    for path in [*target.iterdir(), target, partial]:
        sync_folder(path)


def _snapshot(database: Path, copy: Path, settings: SqliteSettings) -> list[str]:
    """Copy the database as it is at one moment; the names of the body files that it refers to."""
    copy.unlink(missing_ok=True)
    source = connect(database, settings, reader=True)
    target = apsw.Connection(str(copy))
    try:
        # An open transaction keeps the moment: what is committed meanwhile does not make the copy start again.
        source.execute("BEGIN")
        names = [name for (name,) in rows(source, load("check")["file_names"])]
        with target.backup("main", source, "main") as work:
            while not work.done:
                work.step(PAGES_A_STEP)
        source.execute("COMMIT")
    finally:
        let_go(target)
        let_go(source)
    copy.chmod(0o600)
    return names


def _copy(source: Path, target: Path) -> bool:
    """Link or copy a file, durably; False when it is gone."""
    if target.exists():
        return True
    target.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        target.hardlink_to(source)
    except FileNotFoundError:
        return False
    except OSError:  # another file system, or one without links
        return _copy_octets(source, target)
    return True


def _copy_octets(source: Path, target: Path) -> bool:
    try:
        with source.open("rb") as old, target.open("xb") as new:
            shutil.copyfileobj(old, new, 1024 * 1024)
            new.flush()
            os.fsync(new.fileno())
    except FileNotFoundError:
        return False
    return True


def restore(backup: Path, folder: Path, settings: SqliteSettings, *, hold_queue: bool = False) -> list[str]:
    """Put a backup in place of the store in ``folder``, which nobody may have open; the old one is kept beside it.

    ``hold_queue`` holds what waits in the backup's queue, because some of it was delivered since. The sentences say
    what was done. StoreError when the backup is damaged: then nothing was changed.
    """
    partial, replaced = folder / ("restore" + PARTIAL), folder / REPLACED
    if replaced.exists():
        raise StoreError(f"{replaced} still holds the store before an earlier restore; move it away or remove it first")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        (partial / BLOBS).mkdir(mode=0o700, parents=True)
        done = _prepare(backup, partial, settings, hold_queue=hold_queue)
        done += _swap(folder, partial, replaced)
    except (OSError, apsw.Error) as error:
        raise StoreError(f"restoring from {backup} failed: {error}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return done


def _prepare(backup: Path, partial: Path, settings: SqliteSettings, *, hold_queue: bool) -> list[str]:
    _copy_octets(backup / DATABASE, partial / DATABASE)
    for path in (backup / BLOBS).glob("*/*"):
        _copy(path, partial / BLOBS / path.relative_to(backup / BLOBS))
    connection = connect(partial / DATABASE, settings)
    try:
        wrong = verify(connection, partial / BLOBS)
        if wrong:
            raise StoreError(f"the backup in {backup} is damaged: {'; '.join(wrong)}")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(UPKEEP["leave_gap"])
        if hold_queue:
            connection.execute(UPKEEP["hold_all"])
        connection.execute("COMMIT")
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    finally:
        let_go(connection)
    for path in [*(partial / BLOBS).iterdir(), partial / BLOBS, partial]:
        sync_folder(path)
    return ["what waits in the queue is held"] if hold_queue else []


def _swap(folder: Path, partial: Path, replaced: Path) -> list[str]:
    """The old files aside, the new ones in; the database last, because it makes a folder a store."""
    old = [folder / name for name in (DATABASE, DATABASE + "-wal", DATABASE + "-shm", BLOBS)]
    present = [path for path in old if path.exists()]
    if present:
        replaced.mkdir(mode=0o700)
    for path in present:
        path.rename(replaced / path.name)
    (partial / BLOBS).rename(folder / BLOBS)
    (partial / DATABASE).rename(folder / DATABASE)
    sync_folder(folder)
    return [f"the store as it was before lies in {replaced}"] if present else []
