"""Archives come in and go out again, and an import that was stopped doubles nothing."""

import asyncio
from pathlib import Path

import pytest

from inbox.conftest import Shelf
from pillarbox.inbox.append import Upload
from pillarbox.inbox.found import ArchiveError, Passed
from pillarbox.inbox.importing import ImportReport
from pillarbox.store.interface import StoreUnavailable
from pillarbox.store.rows import Acceptance, Accepted, Flags
from store_contract.engines import PREFIX

LINE = b"From x@y Mon Jan  1 00:00:00 2024\n"


def mail(n: int) -> bytes:
    return b"Subject: %d\n\n%s\n" % (n, b"line %d\n" % n * (n % 7 * 150))


def mbox(numbers: range) -> bytes:
    return b"".join(LINE + mail(n) + b"\n" for n in numbers)


def stored(numbers: range) -> list[bytes]:
    return [mail(n).replace(b"\n", b"\r\n") for n in numbers]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "old-mail"
    path.write_bytes(mbox(range(25)))
    return path


@pytest.fixture
def progress(tmp_path: Path) -> Path:
    return tmp_path / "progress.json"


async def test_an_mbox_comes_in_whole_and_in_order(shelf: Shelf, source: Path) -> None:
    report = await shelf.importer(batch_messages=10).import_mbox(source, shelf.ann, "Sent")
    assert await shelf.messages("Sent") == stored(range(25))
    assert (report.imported, report.octets) == (25, sum(map(len, stored(range(25)))))


async def test_a_second_run_brings_only_what_is_new(shelf: Shelf, source: Path, progress: Path) -> None:
    await shelf.importer().import_mbox(source, shelf.ann, progress=progress)
    assert await shelf.importer().import_mbox(source, shelf.ann, progress=progress) == ImportReport()
    source.write_bytes(mbox(range(27)))
    report = await shelf.importer().import_mbox(source, shelf.ann, progress=progress)
    assert (report.imported, report.present) == (2, 0)
    assert await shelf.messages() == stored(range(27))


async def stop_after(shelf: Shelf, done: int, source: Path, progress: Path, batch: int) -> None:
    """An import whose store fails when it has taken ``done`` messages."""
    left, append = done, shelf.store.append

    def failing(acceptance: Acceptance) -> "asyncio.Future[Accepted]":
        nonlocal left
        if left:
            left -= 1
            return append(acceptance)
        failed: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        failed.set_exception(StoreUnavailable("the disk is away"))
        return failed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shelf.store, "append", failing)
        with pytest.raises(StoreUnavailable):
            await shelf.importer(batch_messages=batch).import_mbox(source, shelf.ann, progress=progress)
    assert not list(shelf.store.incoming().iterdir())


@pytest.mark.parametrize("done", [0, 1, 10, 13, 20, 24])
async def test_a_stopped_import_goes_on_without_doubling(shelf: Shelf, source: Path, progress: Path, done: int) -> None:
    await stop_after(shelf, done, source, progress, 10)
    await _deliver(shelf, stored(range(1, 2))[0])  # mail goes on coming
    report = await shelf.importer(batch_messages=10).import_mbox(source, shelf.ann, progress=progress)
    assert report.imported == 25 - done
    assert [message for message in await shelf.messages() if not message.startswith(PREFIX)] == stored(range(25))


async def test_stopped_twice(shelf: Shelf, source: Path, progress: Path) -> None:
    await stop_after(shelf, 13, source, progress, 10)
    await stop_after(shelf, 2, source, progress, 10)
    await shelf.importer(batch_messages=10).import_mbox(source, shelf.ann, progress=progress)
    assert await shelf.messages() == stored(range(25))


async def test_of_equal_messages_as_many_are_missing_as_are_missing(shelf: Shelf, source: Path, progress: Path) -> None:
    source.write_bytes((LINE + mail(1) + b"\n") * 3)
    await stop_after(shelf, 1, source, progress, 10)
    report = await shelf.importer().import_mbox(source, shelf.ann, progress=progress)
    assert (report.present, report.imported) == (1, 2)


async def test_doubt_ends_with_the_batch_that_was_stopped(shelf: Shelf, source: Path, progress: Path) -> None:
    order = [1, 2, 3, 4, 5, 1]
    source.write_bytes(b"".join(LINE + mail(n) + b"\n" for n in order))
    await stop_after(shelf, 1, source, progress, 2)
    await shelf.appender.append(Upload(shelf.ann.id, "ann", "INBOX", stored(range(1, 2))[0], "by hand"))
    report = await shelf.importer(batch_messages=2).import_mbox(source, shelf.ann, progress=progress)
    assert (report.present, report.imported) == (1, 5)


async def test_the_beginning_of_a_message_is_not_the_message(shelf: Shelf, source: Path, progress: Path) -> None:
    whole = b"A: 1\r\n\r\n" + b"x" * (len(PREFIX) - 2) + b"\r\n"
    source.write_bytes(LINE + whole + b"\r\n")
    await stop_after(shelf, 0, source, progress, 10)
    await _deliver(shelf, whole[: -len(PREFIX)])  # with its prefix as long as the whole
    assert (await shelf.importer().import_mbox(source, shelf.ann, progress=progress)).imported == 1


async def test_copies_in_an_archive_are_copies_in_the_folder(shelf: Shelf, source: Path, progress: Path) -> None:
    source.write_bytes((LINE + mail(1) + b"\n") * 5)
    await shelf.importer(batch_messages=2).import_mbox(source, shelf.ann, progress=progress)
    assert len(await shelf.messages()) == 5


async def test_progress_is_per_folder(shelf: Shelf, source: Path, progress: Path) -> None:
    await shelf.importer().import_mbox(source, shelf.ann, "Sent", progress)
    await shelf.importer().import_mbox(source, shelf.ann, "Junk", progress)
    assert len(await shelf.messages("Junk")) == 25


async def test_a_folder_of_the_same_use_will_do(shelf: Shelf, source: Path) -> None:
    await shelf.importer().import_mbox(source, shelf.ann, "Spam")
    await shelf.importer().import_mbox(source, shelf.ann, "inbox")
    assert len(await shelf.messages("Junk")) == len(await shelf.messages("INBOX")) == 25


async def test_a_folder_that_is_not_there_is_made(shelf: Shelf, source: Path, progress: Path) -> None:
    await shelf.importer().import_mbox(source, shelf.ann, "Work/2024/", progress)
    assert await shelf.messages("Work/2024") == stored(range(25))
    await shelf.importer().import_mbox(source, shelf.ann, "Work/2024", progress)
    assert len(await shelf.messages("Work/2024")) == 25
    await shelf.importer().import_mbox(source, shelf.ann, "Deleted Items")
    await shelf.importer().import_mbox(source, shelf.ann, "Trash")
    assert len(await shelf.messages("Deleted Items")) == 50
    uses = {row.name: row.special_use for row in await shelf.store.folders(shelf.ann.id)}
    assert (uses["Work/2024"], uses["Deleted Items"], "Trash" in uses) == (None, "\\Trash", False)


async def test_a_full_mailbox_stops_and_goes_on_later(shelf: Shelf, source: Path, progress: Path) -> None:
    shelf.ann.quota_messages = 12
    await shelf.store.change_account(shelf.ann)
    with pytest.raises(ArchiveError, match="Raise the quota"):
        await shelf.importer(batch_messages=10).import_mbox(source, shelf.ann, progress=progress)
    shelf.ann.quota_messages = None
    await shelf.store.change_account(shelf.ann)
    report = await shelf.importer(batch_messages=10).import_mbox(source, shelf.ann, progress=progress)
    assert (report.imported, report.present) == (13, 2)
    assert await shelf.messages() == stored(range(25))


async def test_what_cannot_be_imported(shelf: Shelf, source: Path, progress: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is no folder"):
        await shelf.importer().import_mbox(source, shelf.ann, "a//b")
    with pytest.raises(ArchiveError, match="cannot be read"):
        await shelf.importer().import_mbox(tmp_path / "missing", shelf.ann)
    with pytest.raises(ArchiveError, match="cannot be read"):
        await shelf.importer().import_maildir(tmp_path, shelf.ann)
    progress.write_text("{")
    with pytest.raises(ArchiveError, match="is damaged"):
        await shelf.importer().import_mbox(source, shelf.ann, progress=progress)


async def test_what_was_passed_over_is_reported(shelf: Shelf, source: Path) -> None:
    source.write_bytes(b"junk\n\n" + LINE + b"\n" + LINE + b"\n" + mbox(range(2)))
    report = await shelf.importer(passed_named=2).import_mbox(source, shelf.ann)
    assert (report.imported, report.passed_over, len(report.passed)) == (2, 3, 2)
    assert all(isinstance(passed, Passed) for passed in report.passed)


async def test_a_maildir_goes_out_and_comes_in_again(shelf: Shelf, tmp_path: Path) -> None:
    bodies = [b"\r\n" + b"x" * n * 1_000 + b"\r\n" for n in range(1, 7)]
    flags = [0, *map(int, (Flags.SEEN, Flags.FLAGGED, Flags.ANSWERED, Flags.DRAFT, Flags.DELETED))]
    for body, flag in zip(bodies, flags, strict=True):
        await shelf.appender.append(Upload(shelf.ann.id, "ann", "INBOX", body, "test", 1e9 + flag, flag))
    report = await shelf.exporter.export_maildir(shelf.ann, "INBOX", tmp_path / "out")
    assert (report.exported, report.octets) == (6, sum(map(len, bodies)))
    letters = [path.name.partition(",")[2] for path in (tmp_path / "out" / "cur").iterdir()]
    assert sorted(letters) == ["", "D", "F", "R", "S", "T"]
    again = await shelf.exporter.export_maildir(shelf.ann, "INBOX", tmp_path / "out")
    assert (again.exported, again.present) == (0, 6)
    brought = await shelf.importer().import_maildir(tmp_path / "out", shelf.ann, "Sent")
    assert brought.imported == 6
    assert sorted(await shelf.messages("Sent")) == sorted(bodies)
    row = await shelf.bench.folder_of(shelf.ann.id, "Sent")
    assert sorted((e.flags, e.internal_date) for e in await shelf.store.entries(row.id)) == [
        (flag, 1e9 + flag) for flag in sorted(flags)
    ]


async def test_a_line_end_across_two_slices(shelf: Shelf, tmp_path: Path) -> None:
    octets = b"\r\n" + b"x" * (256 * 1024 - 3) + b"\r\nend\r\n"
    await shelf.appender.append(Upload(shelf.ann.id, "ann", "INBOX", octets, "test"))
    await shelf.exporter.export_maildir(shelf.ann, "INBOX", tmp_path / "out")
    [path] = (tmp_path / "out" / "cur").iterdir()
    assert path.read_bytes() == octets.replace(b"\r\n", b"\n")


async def test_an_mbox_goes_out_and_comes_in_again(shelf: Shelf, tmp_path: Path) -> None:
    body = b"Subject: x\r\n\r\nFrom the start\r\n>From x\r\n" + b"From y\r\n" * 100_000
    await _deliver(shelf, body)
    await shelf.appender.append(
        Upload(shelf.ann.id, "ann", "INBOX", b"A: 1\r\n\r\n", "t", 1e9, 5, "work", "e@far.example")
    )
    out = tmp_path / "out.mbox"
    report = await shelf.exporter.export_mbox(shelf.ann, "INBOX", out)
    assert report.exported == 2
    assert b"\n>From the start\n>>From x\n>From y\n" in out.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mbox", "store"]
    await shelf.importer().import_mbox(out, shelf.ann, "Sent")
    assert await shelf.messages("Sent") == await shelf.messages()
    row = await shelf.bench.folder_of(shelf.ann.id, "Sent")
    last = (await shelf.store.entries(row.id))[-1]
    assert (last.flags, last.keywords, last.internal_date) == (5, "work", 1e9)
    message = await shelf.store.message(last.message_id)
    assert message is not None
    assert message.sender == "e@far.example"


async def test_an_export_overwrites_nothing(shelf: Shelf, source: Path, tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="overwrites nothing"):
        await shelf.exporter.export_mbox(shelf.ann, "INBOX", source)
    with pytest.raises(ArchiveError, match="cannot be written"):
        await shelf.exporter.export_mbox(shelf.ann, "INBOX", tmp_path / "missing" / "out")
    with pytest.raises(ArchiveError, match="has no folder"):
        await shelf.exporter.export_maildir(shelf.ann, "Nowhere", tmp_path / "out")


async def test_what_is_removed_during_an_export_is_left_out(
    shelf: Shelf, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.importer().import_mbox(source, shelf.ann)
    row = await shelf.bench.folder_of(shelf.ann.id)
    entries = await shelf.store.entries(row.id)

    async def before(folder_id: int):  # type: ignore[no-untyped-def]
        return entries

    await shelf.store.expunge(row.id, [3, 25], "[]")
    monkeypatch.setattr(shelf.store, "entries", before)
    report = await shelf.exporter.export_mbox(shelf.ann, "INBOX", tmp_path / "out")
    assert (report.exported, report.gone) == (23, 2)
    assert (tmp_path / "out").read_bytes().count(b"Status: O\n") == 23
    report = await shelf.exporter.export_maildir(shelf.ann, "INBOX", tmp_path / "dir")
    assert (report.exported, report.gone, list((tmp_path / "dir" / "tmp").iterdir())) == (23, 2, [])
    monkeypatch.undo()
    await shelf.importer().import_mbox(tmp_path / "out", shelf.ann, "Sent")
    assert await shelf.messages("Sent") == await shelf.messages()


async def _deliver(shelf: Shelf, octets: bytes) -> None:
    acceptance = shelf.bench.local(shelf.ann.id, body=octets)
    acceptance.message.content.head = b""
    await shelf.store.accept(acceptance)
