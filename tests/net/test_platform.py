"""What the operating system does for us, asked of the one that the tests run on (or that is simulated)."""

import asyncio
import io
import os
import signal
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

from pillarbox.net.platform import LockTaken, current

PLATFORM = current()
IS_WINDOWS = type(PLATFORM).__name__ == "Windows"
HOLDER = """
import sys
from ipaddress import ip_address
from pathlib import Path
from pillarbox.net.platform import current
lock = current().locks.take(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "server.lock"
    lock = PLATFORM.locks.take(file)
    with pytest.raises(LockTaken) as caught:
        PLATFORM.locks.take(file)
    assert caught.value.holder == os.getpid()
    assert str(os.getpid()) in str(caught.value)
    lock.release()
    lock.release()
    PLATFORM.locks.take(file).release()


def test_a_lock_goes_with_its_process(tmp_path: Path) -> None:
    file = tmp_path / "server.lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(LockTaken) as caught:
            PLATFORM.locks.take(file)
        assert caught.value.holder == process.pid
        process.kill()
        process.wait()
        PLATFORM.locks.take(file).release()


def test_private_folders_and_files(tmp_path: Path) -> None:
    files = PLATFORM.private_files
    folder = tmp_path / "a" / "b"
    files.make_folder(folder)
    files.make_folder(folder)
    files.write(folder / "token", b"one")
    files.write(folder / "token", b"two")
    assert (folder / "token").read_bytes() == b"two"
    assert [path.name for path in folder.iterdir()] == ["token"]
    assert files.problem(folder) is None
    assert files.problem(folder / "token") is None
    files.sync_folder(folder)


@pytest.mark.skipif(IS_WINDOWS, reason="permission bits mean nothing on Windows")
def test_what_lets_others_read_is_said_and_mended(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert "0755" in (PLATFORM.private_files.problem(tmp_path) or "")
    PLATFORM.private_files.make_folder(tmp_path)
    assert PLATFORM.private_files.problem(tmp_path) is None


@pytest.mark.skipif(IS_WINDOWS, reason="links of this kind are not followed or made there")
def test_a_planted_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    target.write_bytes(b"untouched")
    (tmp_path / "token").symlink_to(target)
    PLATFORM.private_files.write(tmp_path / "token", b"secret")
    assert target.read_bytes() == b"untouched"
    assert not (tmp_path / "token").is_symlink()
    (tmp_path / "lock").symlink_to(target)
    with pytest.raises(OSError, match=r"symbolic|loop|Too many"):
        PLATFORM.locks.take(tmp_path / "lock")


def test_name_servers_are_addresses() -> None:
    for server in PLATFORM.resolvers.name_servers():
        ip_address(server.partition("%")[0])  # ValueError when it is none


@pytest.mark.skipif(IS_WINDOWS, reason="the registry is asked there")
def test_resolv_conf(tmp_path: Path) -> None:
    from pillarbox.net.platform.posix import Resolvers

    file = tmp_path / "resolv.conf"
    file.write_text("# nameserver 9.9.9.9\nsearch x\nnameserver 192.0.2.1\n nameserver\t2001:db8::1 \nnameserver\n")
    assert Resolvers(file).name_servers() == ["192.0.2.1", "2001:db8::1"]
    assert Resolvers(tmp_path / "none").name_servers() == []


def test_a_loop_that_works() -> None:
    loop = PLATFORM.loops.new()
    try:
        assert loop.run_until_complete(asyncio.sleep(0, "done")) == "done"
    finally:
        loop.close()
    assert PLATFORM.loops.name


def test_open_files_are_asked_for() -> None:
    assert PLATFORM.open_files.allow(64) >= 64
    assert PLATFORM.open_files.allow(64) >= 64


def test_signals_reach_the_loop() -> None:
    loop = PLATFORM.loops.new()
    heard: list[str] = []

    async def wait() -> None:
        stopped = asyncio.Event()
        PLATFORM.signals.install(loop, stopped.set, lambda: heard.append("reload"))
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(stopped.wait(), 5)
        PLATFORM.signals.remove(loop)

    before = signal.getsignal(signal.SIGTERM)
    try:
        loop.run_until_complete(wait())
    finally:
        loop.close()
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.skipif(IS_WINDOWS, reason="settings are read again through the control channel there")
def test_a_hangup_reloads() -> None:
    loop = PLATFORM.loops.new()
    reloaded = asyncio.Event()

    async def wait() -> None:
        PLATFORM.signals.install(loop, lambda: None, reloaded.set)
        signal.raise_signal(signal.Signals["SIGHUP"])
        await asyncio.wait_for(reloaded.wait(), 5)
        PLATFORM.signals.remove(loop)

    loop.run_until_complete(wait())
    loop.close()


def test_no_keys_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    loop = PLATFORM.loops.new()
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    try:
        assert PLATFORM.keys.listen(loop, lambda _key: None) is False
        PLATFORM.keys.leave()
    finally:
        loop.close()
