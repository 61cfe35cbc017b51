"""Can a backup be put back, and is a damaged one refused?"""

import errno
from pathlib import Path

import pytest

from pillarbox.store.interface import StoreError
from pillarbox.store.sqlite import restore
from pillarbox.store.sqlite.connect import DATABASE
from store_contract.engines import HEAD, START, Bench


async def backed_up(bench: Bench, target: Path) -> tuple[int, int]:
    """A store with an account, a large message and a queue row, and its copy in ``target``."""
    account = await bench.account()
    large = bench.local(account, body=bench.large(b"x" * 1000))
    await bench.store.accept(large)
    await bench.store.accept(bench.remote("far@x.example"))
    await bench.store.backup(target)
    return account, large.message.id


async def test_a_restored_store_is_the_one_that_was_copied(bench: Bench, tmp_path: Path) -> None:
    account, number = await backed_up(bench, tmp_path / "copy")
    before = await bench.folder_of(account)
    await bench.store.accept(bench.local(account))
    await bench.close()
    told = restore(tmp_path / "copy", bench.folder, bench.settings)
    assert told == [f"the store as it was before lies in {bench.folder / 'before-restore'}"]
    await bench.open()
    folder = await bench.folder_of(account)
    assert (folder.messages, folder.uidvalidity) == (1, before.uidvalidity)
    # UIDs given after the backup must not be given again.
    assert folder.uidnext > before.uidnext + 1000
    assert b"".join([piece async for piece in bench.store.read_slices(number)]) == HEAD + b"x" * 1000
    assert await bench.store.next_due() == START
    assert (bench.folder / "before-restore" / DATABASE).exists()


async def test_restoring_into_an_empty_folder_with_the_queue_held(bench: Bench, tmp_path: Path) -> None:
    await backed_up(bench, tmp_path / "copy")
    await bench.close()
    bench.folder = tmp_path / "other"
    bench.folder.mkdir()
    assert restore(tmp_path / "copy", bench.folder, bench.settings, hold_queue=True)
    await bench.open()
    assert await bench.store.next_due() is None
    assert await bench.store.queue_count() == 1


@pytest.mark.parametrize("what", ["database", "file", "nothing there"])
async def test_a_damaged_backup_changes_nothing(bench: Bench, tmp_path: Path, what: str) -> None:
    copy = tmp_path / "copy"
    account, _ = await backed_up(bench, copy)
    await bench.close()
    if what == "file":
        next((copy / "blobs").glob("*/*")).unlink()
    elif what == "database":
        octets = (copy / DATABASE).read_bytes()
        (copy / DATABASE).write_bytes(octets[: len(octets) // 2])
    else:
        copy = tmp_path / "nowhere"
    with pytest.raises(StoreError):
        restore(copy, bench.folder, bench.settings)
    assert sorted(path.name for path in bench.folder.iterdir()) == ["blobs", "incoming", DATABASE]
    await bench.open()
    assert (await bench.folder_of(account)).messages == 1


async def test_the_store_before_an_earlier_restore_is_not_lost(bench: Bench, tmp_path: Path) -> None:
    await backed_up(bench, tmp_path / "copy")
    await bench.close()
    restore(tmp_path / "copy", bench.folder, bench.settings)
    with pytest.raises(StoreError, match="earlier restore"):
        restore(tmp_path / "copy", bench.folder, bench.settings)
    await bench.open()


async def test_without_hard_links_the_octets_are_copied(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(_self: Path, _target: Path) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    await backed_up(bench, tmp_path / "copy")
    [path] = (tmp_path / "copy" / "blobs").glob("*/*")
    assert path.read_bytes() == b"x" * 1000
    assert path.stat().st_nlink == 1


async def test_files_that_came_or_went_during_the_copy(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the first look at the files and the snapshot one message goes and one comes; then one more goes."""
    account = await bench.account()
    going = [await bench.store.accept(bench.local(account, body=bench.large(b"g" * 100))) for _ in range(2)]
    from pillarbox.store.sqlite import backup as module

    snapshot, turns = module._snapshot, iter(range(10))

    def meanwhile(database: Path, copy: Path, settings: object) -> list[str]:
        names = snapshot(database, copy, settings)  # type: ignore[arg-type]
        if next(turns) == 0:
            names.append("00/gone-since")  # as if it had been removed after the snapshot
        return names

    monkeypatch.setattr(module, "_snapshot", meanwhile)
    await bench.store.backup(tmp_path / "copy")
    assert next(turns) == 2
    assert len(list((tmp_path / "copy" / "blobs").glob("*/*"))) == len(going)


async def test_a_backup_that_never_catches_up_says_so(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pillarbox.store.sqlite.backup._snapshot", lambda *_: ["00/gone"])
    with pytest.raises(StoreError, match="quieter time"):
        await bench.store.backup(tmp_path / "copy")
    assert not list(tmp_path.glob("copy*"))
