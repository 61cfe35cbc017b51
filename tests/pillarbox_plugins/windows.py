"""What would Windows do to our code? A simulation on another system, for Pillarbox's own modules only.

Modules of ours are given an ``import`` that knows no fcntl, no uvloop, no os.fork and so on, an ``open`` that insists
on an encoding, and a ``sys.platform`` that says win32, so that ``net.platform.windows`` is what runs. Open files cannot
be replaced, renamed or removed; names that Windows forbids cannot be made; folders cannot be opened.
The interpreter, the standard library and the other packages stay as they are. It is no Windows: what it cannot show is
how the real thing behaves where this list says nothing.
"""

import asyncio
import builtins
import fcntl  # noqa: TID251 - to stand in for what Windows has
import importlib.abc
import importlib.machinery
import io
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, ModuleType, SimpleNamespace
from typing import Any

GONE_MODULES = {"fcntl", "resource", "termios", "tty", "pty", "pwd", "grp", "uvloop", "syslog", "readline"}
GONE_NAMES = {
    "os": {
        "fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "setuid", "setgid", "fchmod", "fchown", "chown",
        "lchown", "mkfifo", "mknod", "nice", "getpgrp", "tcgetpgrp", "setsid", "killpg", "getpgid", "fdatasync",
        "uname",
        "pread", "pwrite",
        "sendfile", "posix_fallocate", "statvfs", "sync", "wait3", "wait4", "O_NOFOLLOW",
        "O_DIRECTORY", "O_CLOEXEC", "O_SYNC", "O_DSYNC", "O_NONBLOCK", "sched_getaffinity", "getloadavg",
    },
    "signal": {"SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGALRM", "SIGPIPE", "SIGCHLD", "SIGQUIT", "pthread_sigmask",
               "setitimer", "alarm", "pause", "sigwait"},
    "socket": {"AF_UNIX", "SO_REUSEPORT", "socketpair_unix", "SCM_RIGHTS", "recv_fds", "send_fds"},
    "asyncio": {"start_unix_server", "open_unix_connection"},
    "sys": set(),
    "subprocess": set(),
}  # fmt: skip
_ILLEGAL = re.compile(r'[<>:"|?*\x00-\x1f]|[ .]\Z')
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?\Z", re.IGNORECASE)
_BUSY = (13, "The process cannot access the file because it is being used by another process")


class Without(ModuleType):
    """A module without some of its names, and with others. The rest is asked of the real one each time."""

    def __init__(self, real: ModuleType, gone: set[str], other: dict[str, object]) -> None:
        super().__init__(real.__name__)
        self.__dict__["_real"] = real
        self.__dict__["_gone"] = gone
        self.__dict__.update(other)

    def __getattr__(self, name: str) -> Any:
        if name in self.__dict__["_gone"]:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} (as on Windows)")
        return getattr(self.__dict__["_real"], name)


class _Loader(importlib.machinery.SourceFileLoader):
    """Gives each of our modules the builtins of the simulation before its code runs."""

    substitute: dict[str, Any]

    def exec_module(self, module: ModuleType) -> None:
        module.__dict__["__builtins__"] = self.substitute
        code: CodeType | None = self.get_code(module.__name__)
        assert code is not None
        exec(code, module.__dict__)


class _Finder(importlib.abc.MetaPathFinder):
    def __init__(self, substitute: dict[str, Any]) -> None:
        self._substitute = substitute

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != "pillarbox" and not fullname.startswith("pillarbox."):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is None or spec.origin is None or not isinstance(spec.loader, importlib.machinery.SourceFileLoader):
            return spec
        spec.loader = _Loader(fullname, spec.origin)
        spec.loader.substitute = self._substitute
        return spec


def simulate() -> None:
    """From now on, what of ours is imported believes that it runs on Windows."""
    known = [name for name in sys.modules if name == "pillarbox" or name.startswith("pillarbox.")]
    assert not known, f"too late: {known[0]} is imported already"
    os.environ.setdefault("SYSTEMROOT", "C:\\Windows")
    os.environ.setdefault("USERNAME", "tester")
    substitute = {**vars(builtins), "__import__": _importer(), "open": _open}
    sys.meta_path.insert(0, _Finder(substitute))
    _forbid_loop_habits()
    _forbid_file_habits()


def _importer() -> Callable[..., ModuleType]:
    given: dict[str, dict[str, object]] = {
        "os": {"O_BINARY": 0, "O_NOINHERIT": os.O_CLOEXEC, "name": "nt", "sep": "\\"},
        "signal": {"SIGBREAK": signal.SIGUSR1},
        "sys": {"platform": "win32"},
        "subprocess": {"run": _run},
    }
    modules = {name: Without(sys.modules[name], gone, given.get(name, {})) for name, gone in GONE_NAMES.items()}
    made = {"msvcrt": _msvcrt(), "dns.win32util": _win32util()}

    def import_as_windows(
        name: str,
        globals: dict[str, object] | None = None,  # noqa: A002 - so the real one calls them
        locals: dict[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        if level == 0:
            if name.partition(".")[0] in GONE_MODULES:
                raise ModuleNotFoundError(f"No module named {name!r} (as on Windows)", name=name)
            if name in made:
                return made[name]
            if name in modules:
                return modules[name]
        return builtins.__import__(name, globals, locals, fromlist, level)

    return import_as_windows


def _msvcrt() -> ModuleType:
    module = ModuleType("msvcrt")

    def locking(descriptor: int, mode: int, octets: int) -> None:
        kind = fcntl.LOCK_UN if mode == 0 else fcntl.LOCK_EX | fcntl.LOCK_NB
        try:
            # A lock of the open file, as Windows' are; those of the process would be shared within it.
            fcntl.flock(descriptor, kind)
        except BlockingIOError as error:
            raise OSError(36, "Resource deadlock avoided") from error

    module.__dict__.update(LK_UNLCK=0, LK_NBLCK=2, locking=locking, kbhit=lambda: False, getwch=lambda: "")
    return module


def _win32util() -> ModuleType:
    def get_dns_info() -> SimpleNamespace:
        lines = Path("/etc/resolv.conf").read_text(encoding="utf-8").splitlines()
        return SimpleNamespace(nameservers=[line.split()[1] for line in lines if line[:10] == "nameserver"])

    module = ModuleType("dns.win32util")
    module.__dict__["get_dns_info"] = get_dns_info
    return module


def _run(words: Sequence[object], **options: Any) -> "subprocess.CompletedProcess[str]":
    if str(words[0]).endswith("icacls.exe"):
        return subprocess.CompletedProcess([str(word) for word in words], 0, stdout="tester:(F)", stderr="")
    return subprocess.run([str(word) for word in words], check=False, **options)


# --- loops --------------------------------------------------------------------------------------------------------


def _forbid_loop_habits() -> None:
    """The Proactor loop has no signals, no descriptors to watch, no local sockets."""
    loop = asyncio.SelectorEventLoop
    for name in ("add_signal_handler", "add_reader", "add_writer", "create_unix_server", "create_unix_connection"):
        setattr(loop, name, _not_here(name))


def _not_here(name: str) -> Callable[..., None]:
    def refused(*_arguments: object, **_options: object) -> None:
        raise NotImplementedError(f"{name} (as on Windows)")

    return refused


# --- files --------------------------------------------------------------------------------------------------------


def _is_ours() -> bool:
    """Whether our code asked for it, perhaps through pathlib or shutil."""
    frame = sys._getframe(2)
    for _step in range(4):
        name = frame.f_globals.get("__name__", "")
        if name.startswith("pillarbox."):
            return True
        # shutil.rmtree goes another way on Windows than here; what it does is not ours to check.
        if name.partition(".")[0] not in {"pathlib", "tempfile", "os"} or frame.f_back is None:
            return False
        frame = frame.f_back
    return False


def _check_name(path: Any) -> None:
    if isinstance(path, int):
        return
    for part in Path(os.fspath(path)).parts:
        if part != "/" and (_ILLEGAL.search(part) or _RESERVED.match(part)):
            raise OSError(22, "The filename, directory name, or volume label syntax is incorrect", str(path))


def _is_open(path: Any) -> bool:
    """Whether this process has the file open: every descriptor of ours counts, Windows' Python shares no deletion."""
    wanted = Path(os.fspath(path)).resolve()
    if wanted.is_dir():
        return False
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            if descriptor.readlink() == wanted:
                return True
        except OSError:
            continue  # it was the descriptor of the listing itself
    return False


def _forbid_file_habits() -> None:
    for name in ("replace", "rename"):
        _wrap(os, name, _moving)
    for name in ("unlink", "remove"):
        _wrap(os, name, _removing)
    _wrap(os, "open", _opening)
    _wrap(os, "mkdir", _naming)
    _wrap(io, "open", _naming)


def _wrap(module: ModuleType, name: str, check: Callable[..., None]) -> None:
    real = getattr(module, name)

    def wrapped(*arguments: Any, **options: Any) -> Any:
        if _is_ours():
            check(*arguments)
        return real(*arguments, **options)

    setattr(module, name, wrapped)


def _moving(source: Any, target: Any, *_rest: object) -> None:
    _check_name(target)
    if _is_open(source) or _is_open(target):
        raise PermissionError(*_BUSY, str(target))


def _removing(path: Any, *_rest: object) -> None:
    if _is_open(path):
        raise PermissionError(*_BUSY, str(path))


def _opening(path: Any, *_rest: object) -> None:
    _check_name(path)
    if not isinstance(path, int) and Path(os.fspath(path)).is_dir():
        raise PermissionError(13, "Permission denied", str(path))


def _naming(path: Any, *_rest: object) -> None:
    _check_name(path)


def _open(file: Any, mode: str = "r", *rest: Any, **options: Any) -> Any:
    if "b" not in mode and len(rest) < 2 and options.get("encoding") is None:
        raise AssertionError(f"{file}: a text file without an encoding is read as cp1252 on Windows")
    return io.open(file, mode, *rest, **options)  # noqa: UP020 - the one that was wrapped above
