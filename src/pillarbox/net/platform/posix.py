"""How do Linux, macOS and the BSDs meet our needs?"""

import asyncio
import fcntl  # noqa: TID251 — this is the place for it
import os
import resource
import signal
import stat
import sys
import termios
import tty
from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .needs import Lock, LockTaken

assert sys.platform != "win32"  # what follows is not there on Windows; the type checker stops here too

_RESOLV_CONF = Path("/etc/resolv.conf")


class Signals:
    """SIGTERM and SIGINT stop, SIGHUP reloads, as every service manager expects."""

    def install(self, loop: AbstractEventLoop, stop: Callable[[], None], reload: Callable[[], None]) -> None:
        """See ``needs.Signals``."""
        loop.add_signal_handler(signal.SIGTERM, stop)
        loop.add_signal_handler(signal.SIGINT, stop)
        loop.add_signal_handler(signal.SIGHUP, reload)  # noqa: TID251

    def remove(self, loop: AbstractEventLoop) -> None:
        """See ``needs.Signals``."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # noqa: TID251
            loop.remove_signal_handler(number)


class _FlockLock:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class Locks:
    """flock(2): gone with the process, also after SIGKILL. The file stays, and holds the process id for people."""

    def take(self, file: Path) -> Lock:
        """See ``needs.Locks``."""
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).strip()
            os.close(descriptor)
            raise LockTaken(file, int(holder) if holder.isdigit() else None) from None
        except OSError:
            os.close(descriptor)
            raise
        os.ftruncate(descriptor, 0)
        os.write(descriptor, b"%d\n" % os.getpid())
        return _FlockLock(descriptor)


class PrivateFiles:
    """Permission bits: 0700 for folders, 0600 for files."""

    def make_folder(self, folder: Path) -> None:
        """See ``needs.PrivateFiles``."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            folder.chmod(0o700)

    def write(self, file: Path, content: bytes) -> None:
        """See ``needs.PrivateFiles``."""
        fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(descriptor)
        fresh.replace(file)

    def problem(self, path: Path) -> str | None:
        """See ``needs.PrivateFiles``."""
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            return f"its mode is {mode:04o}: others on this machine may read or change it"
        return None

    def sync_folder(self, folder: Path) -> None:
        """See ``needs.PrivateFiles``."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class Resolvers:
    """The ``nameserver`` lines of resolv.conf(5); macOS keeps that file for programs like us."""

    def __init__(self, file: Path = _RESOLV_CONF) -> None:
        self._file = file

    def name_servers(self) -> list[str]:
        """See ``needs.Resolvers``."""
        try:
            lines = self._file.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        words = (line.split() for line in lines)
        return [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]


class Loops:
    """uvloop where it is installed: it answers sooner and costs less."""

    def new(self) -> AbstractEventLoop:
        """See ``needs.Loops``."""
        try:
            import uvloop  # noqa: PLC0415
        except ImportError:
            return asyncio.new_event_loop()
        return uvloop.new_event_loop()

    @property
    def name(self) -> str:
        """See ``needs.Loops``."""
        try:
            import uvloop  # noqa: F401, PLC0415
        except ImportError:
            return "asyncio"
        return "uvloop"


class OpenFiles:
    """RLIMIT_NOFILE, raised as far as the system lets us."""

    def allow(self, wanted: int) -> int:
        """See ``needs.OpenFiles``."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft == resource.RLIM_INFINITY or soft >= wanted:
            return wanted if soft == resource.RLIM_INFINITY else soft
        # macOS says "infinity" for the hard bound and then refuses more than OPEN_MAX (10,240).
        for step in (wanted, 10_240):
            bound = step if hard == resource.RLIM_INFINITY else min(step, hard)
            try:
                resource.setrlimit(resource.RLIMIT_NOFILE, (max(bound, soft), hard))
            except (ValueError, OSError):
                continue
            return max(bound, soft)
        return soft


class Keys:
    """The terminal without line editing, so that a key counts when it is pressed (termios(3))."""

    def __init__(self) -> None:
        self._before: list[Any] | None = None  # what tcgetattr gives and tcsetattr takes
        self._loop: AbstractEventLoop | None = None

    def listen(self, loop: AbstractEventLoop, pressed: Callable[[str], None]) -> bool:
        """See ``needs.Keys``."""
        if not sys.stdin.isatty() or os.tcgetpgrp(0) != os.getpgrp():
            return False  # no terminal, or one that belongs to somebody else just now
        self._before = termios.tcgetattr(0)
        self._loop = loop
        tty.setcbreak(0)
        loop.add_reader(0, lambda: pressed(os.read(0, 1).decode("ascii", "replace") or "\x04"))
        return True

    def leave(self) -> None:
        """See ``needs.Keys``."""
        if self._before is not None and self._loop is not None:
            self._loop.remove_reader(0)
            termios.tcsetattr(0, termios.TCSADRAIN, self._before)
            self._before = None


class Posix:
    """All needs, as POSIX systems meet them."""

    signals = Signals()
    locks = Locks()
    private_files = PrivateFiles()
    resolvers = Resolvers()
    loops = Loops()
    open_files = OpenFiles()
    keys = Keys()
