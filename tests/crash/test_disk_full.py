"""What happens when the disk is full? 4xx, nothing acknowledged is lost, and the server goes on when there is room."""

import asyncio
import itertools
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.load import Ledger, Target, client
from crash.mailserver import USERS, Mailserver
from crash.messages import number_of
from crash.sink import sink
from peers import need

MIB = 1024 * 1024
DISK_MIB = 24
CLIENTS = 8


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of `DISK_MIB`."""
    need.root("it mounts a small file system")
    mount = tmp_path / "disk"
    mount.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MIB}m", "tmpfs", str(mount)], check=True)
    try:
        yield mount
    finally:
        subprocess.run(["umount", str(mount)], check=True)


@pytest.mark.crash
@pytest.mark.parametrize("reserve", ["0B", "64MiB"], ids=["to the last octet", "with the default reserve"])
async def test_full_disk_is_a_temporary_failure(small_disk: Path, reserve: str) -> None:
    async with sink() as remote:
        limits = f'[limits]\ndisk_reserve = "{reserve}"\n'
        server = Mailserver(small_disk / "data", remote.endpoint, limits)
        server.box.log = small_disk.with_name("server.log")
        ballast = small_disk / "ballast"
        ballast.write_bytes(bytes(10 * MIB))
        with server.box.running():
            ledger, numbers = Ledger(), itertools.count(1)
            await _until_refused(server, ledger, numbers)
            assert all(reply.startswith("452 4.3.1") for reply in ledger.refusals()), ledger.refusals()
            promised_before = len(ledger.promised)
            ballast.unlink()
            await _until_promised(server, ledger, numbers, promised_before + 20)
            found = {user: [number_of(mail) for mail in mails] for user, mails in server.inboxes().items()}
    for number, recipients in ledger.promised.items():
        assert all(found[recipient].count(number) == 1 for recipient in recipients)


async def _until_refused(server: Mailserver, ledger: Ledger, numbers: Iterator[int]) -> None:
    """Send until the server says that it has no room."""
    halt = asyncio.Event()
    target = Target(server.smtp, USERS)
    clients = [asyncio.create_task(client(target, numbers, ledger, halt)) for _ in range(CLIENTS)]
    async with asyncio.timeout(60):
        while not ledger.refused:
            await asyncio.sleep(0.02)
    halt.set()
    await asyncio.gather(*clients)


async def _until_promised(server: Mailserver, ledger: Ledger, numbers: Iterator[int], wanted: int) -> None:
    """Try again as a mail server would, until it takes mail again by itself."""
    target = Target(server.smtp, USERS)
    halt = asyncio.Event()
    sending = asyncio.create_task(client(target, numbers, ledger, halt))
    async with asyncio.timeout(60):
        while len(ledger.promised) < wanted:
            if sending.done():
                sending = asyncio.create_task(client(target, numbers, ledger, halt))
            await asyncio.sleep(0.02)
    halt.set()
    await sending
