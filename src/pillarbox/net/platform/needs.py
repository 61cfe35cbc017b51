"""What does Pillarbox need that operating systems do differently? One Protocol per need."""

from asyncio import AbstractEventLoop
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class LockTaken(Exception):
    """Another process holds the lock; ``holder`` is its process id where the system tells it."""

    def __init__(self, file: Path, holder: int | None) -> None:
        super().__init__(f"{file} is held by process {holder}" if holder else f"{file} is held by another process")
        self.file = file
        self.holder = holder


class Lock(Protocol):
    """A lock that the system drops when the process ends, however it ends."""

    def release(self) -> None:
        """Let go of it."""


class Signals(Protocol):
    """How the outside tells a process to stop or to read its settings again."""

    def install(self, loop: AbstractEventLoop, stop: Callable[[], None], reload: Callable[[], None]) -> None:
        """Call ``stop`` or ``reload`` in the loop when the system asks for it."""

    def remove(self, loop: AbstractEventLoop) -> None:
        """Put back what was there before."""


class Locks(Protocol):
    """One server for each data folder."""

    def take(self, file: Path) -> Lock:
        """Hold ``file`` until the process ends or releases it; LockTaken when another process has it."""


class PrivateFiles(Protocol):
    """Files that nobody else on the machine may read."""

    def make_folder(self, folder: Path) -> None:
        """Make ``folder`` (and what is above it) when it is not there, and keep others out of it."""

    def write(self, file: Path, content: bytes) -> None:
        """Replace ``file``; at no moment can others read it, and a link of that name is not followed."""

    def problem(self, path: Path) -> str | None:
        """What lets others read ``path``, in words; None when nothing does or the system does not tell."""

    def sync_folder(self, folder: Path) -> None:
        """Make renames in ``folder`` durable, where the system needs to be told."""


class Resolvers(Protocol):
    """The system's idea of who answers DNS questions."""

    def name_servers(self) -> list[str]:
        """IP addresses, best first; empty when the system names none."""


class Loops(Protocol):
    """The event loop."""

    def new(self) -> AbstractEventLoop:
        """The fastest loop that this system has."""

    @property
    def name(self) -> str:
        """Which one that is."""


class OpenFiles(Protocol):
    """How many files and connections a process may have."""

    def allow(self, wanted: int) -> int:
        """Ask for ``wanted``; what the process may have now."""


class Keys(Protocol):
    """Single keys pressed at the terminal."""

    def listen(self, loop: AbstractEventLoop, pressed: Callable[[str], None]) -> bool:
        """Call ``pressed`` for each key; False when standard input is no terminal, and nothing is done then."""

    def leave(self) -> None:
        """Give the terminal back as it was."""


class Platform(Protocol):
    """All needs together: what ``app.build`` hands to those who have them."""

    @property
    def signals(self) -> Signals: ...
    @property
    def locks(self) -> Locks: ...
    @property
    def private_files(self) -> PrivateFiles: ...
    @property
    def resolvers(self) -> Resolvers: ...
    @property
    def loops(self) -> Loops: ...
    @property
    def open_files(self) -> OpenFiles: ...
    @property
    def keys(self) -> Keys: ...
