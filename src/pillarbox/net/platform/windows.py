"""How does Windows meet our needs?"""

import asyncio
import msvcrt
import os
import signal
import subprocess
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from .needs import Lock, LockTaken

assert sys.platform == "win32"  # what follows is only there on Windows; the type checker stops here elsewhere

# The lock lies far behind the process id, because a locked range cannot be read by others.
_LOCK_AT = 1 << 30
# S-1-5-18 is the system, S-1-5-32-544 the administrators: names differ between languages, these do not.
_ALWAYS_ALLOWED = ("*S-1-5-18", "*S-1-5-32-544")
_TICK = 0.5


class Signals:
    """Ctrl-C, Ctrl-Break and closing the window stop. Settings are read again through the control channel."""

    _numbers = (signal.SIGINT, signal.SIGBREAK, signal.SIGTERM)

    def __init__(self) -> None:
        self._before: dict[int, object] = {}
        self._tick: asyncio.TimerHandle | None = None

    def install(self, loop: AbstractEventLoop, stop: Callable[[], None], reload: Callable[[], None]) -> None:
        """See ``needs.Signals``."""

        def heard(_number: int, _frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(stop)

        for number in self._numbers:
            self._before[number] = signal.signal(number, heard)
        self._keep_listening(loop)

    def _keep_listening(self, loop: AbstractEventLoop) -> None:
        """Python runs signal handlers between its own steps, and a loop that waits in the system makes none."""
        self._tick = loop.call_later(_TICK, self._keep_listening, loop)

    def remove(self, loop: AbstractEventLoop) -> None:
        """See ``needs.Signals``."""
        if self._tick is not None:
            self._tick.cancel()
        for number, handler in self._before.items():
            signal.signal(number, handler if callable(handler) else signal.SIG_DFL)
        self._before.clear()


class _RangeLock:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def release(self) -> None:
        if self._descriptor >= 0:
            os.lseek(self._descriptor, _LOCK_AT, os.SEEK_SET)
            msvcrt.locking(self._descriptor, msvcrt.LK_UNLCK, 1)
            os.close(self._descriptor)
            self._descriptor = -1


class Locks:
    """A locked range of a file: gone with the process, also after TerminateProcess."""

    def take(self, file: Path) -> Lock:
        """See ``needs.Locks``."""
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_BINARY | os.O_NOINHERIT, 0o600)
        try:
            os.lseek(descriptor, _LOCK_AT, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.lseek(descriptor, 0, os.SEEK_SET)
            holder = os.read(descriptor, 20).strip()
            os.close(descriptor)
            raise LockTaken(file, int(holder) if holder.isdigit() else None) from None
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, b"%-19d\n" % os.getpid())
        return _RangeLock(descriptor)


class PrivateFiles:
    """An access list on the folder that its files inherit: permission bits mean nothing here."""

    def make_folder(self, folder: Path) -> None:
        """See ``needs.PrivateFiles``."""
        if folder.is_dir():
            return
        folder.mkdir(parents=True, exist_ok=True)
        grants = [f"{who}:(OI)(CI)F" for who in (_me(), *_ALWAYS_ALLOWED)]
        _icacls(folder, "/inheritance:r", "/grant:r", *grants)

    def write(self, file: Path, content: bytes) -> None:
        """See ``needs.PrivateFiles``: the folder keeps others out, so the file inherits that."""
        fresh = file.with_name(f".{file.name}.{os.getpid()}.new")
        fresh.unlink(missing_ok=True)
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_BINARY | os.O_NOINHERIT, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(file)

    def problem(self, path: Path) -> str | None:
        """See ``needs.PrivateFiles``: told by the names of the widest groups in the access list."""
        listed = _icacls(path)
        wide = [name for name in ("Everyone", "BUILTIN\\Users", "Authenticated Users") if name in listed]
        return f"its access list names {', '.join(wide)}" if wide else None

    def sync_folder(self, folder: Path) -> None:
        """See ``needs.PrivateFiles``: NTFS journals names, and has no call for it."""


def _icacls(path: Path, *words: str) -> str:
    program = Path(os.environ["SYSTEMROOT"], "System32", "icacls.exe")
    done = subprocess.run([program, str(path), *words], check=True, capture_output=True, text=True)  # noqa: S603
    return done.stdout


def _me() -> str:
    return f"{os.environ.get('USERDOMAIN', '.')}\\{os.environ['USERNAME']}"


class Resolvers:
    """The name servers of the registry, as dnspython reads them."""

    def name_servers(self) -> list[str]:
        """See ``needs.Resolvers``."""
        from dns.win32util import get_dns_info  # noqa: PLC0415

        return [str(server) for server in get_dns_info().nameservers]


class Loops:
    """The Proactor loop, which is the standard one here: the Selector loop ends at 512 sockets."""

    name = "Proactor"

    def new(self) -> AbstractEventLoop:
        """See ``needs.Loops``."""
        return asyncio.new_event_loop()


class OpenFiles:
    """Sockets are not counted as files here."""

    def allow(self, wanted: int) -> int:
        """See ``needs.OpenFiles``."""
        return wanted


class Keys:
    """The console's keys, looked at a few times a second: it has nothing to wait for in the loop."""

    def __init__(self) -> None:
        self._tick: asyncio.TimerHandle | None = None

    def listen(self, loop: AbstractEventLoop, pressed: Callable[[str], None]) -> bool:
        """See ``needs.Keys``."""
        if not sys.stdin.isatty():
            return False
        self._look(loop, pressed)
        return True

    def _look(self, loop: AbstractEventLoop, pressed: Callable[[str], None]) -> None:
        while msvcrt.kbhit():
            pressed(msvcrt.getwch())
        self._tick = loop.call_later(_TICK / 2, self._look, loop, pressed)

    def leave(self) -> None:
        """See ``needs.Keys``."""
        if self._tick is not None:
            self._tick.cancel()


class Windows:
    """All needs, as Windows meets them."""

    signals = Signals()
    locks = Locks()
    private_files = PrivateFiles()
    resolvers = Resolvers()
    loops = Loops()
    open_files = OpenFiles()
    keys = Keys()
