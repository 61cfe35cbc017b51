"""Are left-over files found, and files in use left alone?"""

import asyncio
import os
from pathlib import Path

from pillarbox.mail.ids import encode
from pillarbox.store.interface import StoreError
from store_contract.engines import START, Bench


def aged(path: Path, octets: bytes = b"left") -> Path:
    """A file that was written a day ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(octets)
    os.utime(path, (START - 86_400, START - 86_400))
    return path


async def test_what_crashes_left_is_swept(bench: Bench) -> None:
    account = await bench.account()
    kept = bench.local(account, body=bench.large(b"x" * 100))
    await bench.store.accept(kept)
    [blob] = (bench.folder / "blobs").glob("*/*")
    aged(blob, b"x" * 100)
    spool, orphan = aged(bench.folder / "incoming" / "0123" / "spool"), aged(bench.folder / "blobs" / "ff" / "orphan")
    fresh = bench.folder / "incoming" / "0123" / "fresh"
    fresh.write_bytes(b"by another process, just now")
    os.utime(fresh, (START, START))
    assert await bench.store.sweep() == 2
    assert (spool.exists(), orphan.exists(), blob.exists(), fresh.exists()) == (False, False, True, True)
    assert await bench.store.sweep() == 0


async def test_the_file_of_a_message_that_failed_by_itself_goes(bench: Bench) -> None:
    account = await bench.account()
    small = bench.local(account)
    await bench.store.accept(small)
    # The file is moved before the row is refused, because the id is taken.
    failing, good = (bench.local(account, body=bench.large(b"x" * 100)) for _ in range(2))
    failing.message.id = small.message.id
    results = await asyncio.gather(bench.store.accept(failing), bench.store.accept(good), return_exceptions=True)
    assert isinstance(results[0], StoreError)
    await bench.reopen()
    assert [path.name for path in (bench.folder / "blobs").glob("*/*")] == [encode(good.message.id)]


async def test_an_emptied_folder_of_a_crashed_process_goes_too(bench: Bench) -> None:
    spool = aged(bench.folder / "incoming" / "0123" / "spool")
    assert await bench.store.sweep() == 1
    assert not spool.parent.exists()
    assert bench.store.incoming().is_dir()
