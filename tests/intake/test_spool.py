"""Do a message's octets stay in bounded memory, and come out as they went in?"""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pillarbox.intake.spool import Spool, SpoolSettings


async def fill(spool: Spool, octets: bytes, size: int) -> None:
    for start in range(0, len(octets), size):
        pending = spool.write(octets[start : start + size])
        if pending is not None:
            await pending


async def test_a_small_message_stays_in_memory(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        spool = Spool(SpoolSettings(memory=100, header=50), tmp_path, asyncio.get_running_loop(), pool)
        await fill(spool, b"A: b\r\n\r\nbody\r\n", 5)
        content = spool.content()
    assert spool.in_memory
    assert content.body == b"A: b\r\n\r\nbody\r\n"
    assert spool.header() == b"A: b\r\n\r\n"
    assert list(tmp_path.iterdir()) == []


async def test_a_large_one_goes_to_a_file(tmp_path: Path) -> None:
    octets = b"A: b\r\n\r\n" + bytes(range(256)) * 40
    with ThreadPoolExecutor(1) as pool:
        spool = Spool(SpoolSettings(memory=100, header=50), tmp_path, asyncio.get_running_loop(), pool)
        await fill(spool, octets, 333)
        await spool.sync()
        content = spool.content()
        assert not spool.in_memory
        assert isinstance(content.body, Path)
        assert content.body.read_bytes() == octets
        assert content.size == len(octets) == spool.size
        assert spool.header() == b"A: b\r\n\r\n"
        assert content.body.stat().st_mode & 0o077 == 0
        spool.discard()
    assert list(tmp_path.iterdir()) == []


async def test_a_header_beyond_the_bound_is_not_taken(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        for octets in (b"A: " + b"b" * 60 + b"\r\n\r\nbody", b"A: " + b"b" * 500):
            spool = Spool(SpoolSettings(memory=100, header=50), tmp_path, asyncio.get_running_loop(), pool)
            await fill(spool, octets, 20)
            assert spool.header() is None
            spool.discard()


async def test_a_message_that_is_all_header_is_taken(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        spool = Spool(SpoolSettings(), tmp_path, asyncio.get_running_loop(), pool)
        spool.write(b"A: b\r\n")
        assert spool.header() == b"A: b\r\n"


async def test_a_disk_that_fails_is_told(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as pool:
        spool = Spool(SpoolSettings(memory=10), tmp_path / "gone", asyncio.get_running_loop(), pool)
        pending = spool.write(b"x" * 20)
        assert pending is not None
        error = (await asyncio.gather(pending, return_exceptions=True))[0]
        assert isinstance(error, FileNotFoundError)
        spool.discard()
