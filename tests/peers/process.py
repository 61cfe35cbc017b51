"""How does a peer start, show that it is ready, and end? As a child process whose log is shown when it fails."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

READY_SECONDS = 20.0
STOP_SECONDS = 15.0
POLL_SECONDS = 0.01

T = TypeVar("T")
Endpoint = tuple[str, int]


class PeerFailure(AssertionError):
    """A peer did not do what it should; the text carries the end of its log."""


def until(what: str, probe: Callable[[], T | None], seconds: float = READY_SECONDS) -> T:
    """The first answer of ``probe`` that is not None or False; PeerFailure after ``seconds``."""
    deadline = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer is not None and answer is not False:
            return answer
        if time.monotonic() > deadline:
            raise PeerFailure(f"waited {seconds:.0f} s for {what}")
        time.sleep(POLL_SECONDS)


def answers(endpoint: Endpoint) -> bool:
    """Whether something accepts TCP connections there."""
    try:
        socket.create_connection(endpoint, timeout=1).close()
    except OSError:
        return False
    return True


def in_world(argv: Sequence[str], resolv_conf: Path | None) -> list[str]:
    """``argv`` in a mount namespace where ``resolv_conf`` is /etc/resolv.conf: C libraries and Go read no other."""
    if resolv_conf is None:
        return list(argv)
    script = 'mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", script, "sh", str(resolv_conf), *argv]


class Daemon:
    """One child process in a session of its own. ``log`` takes its stdout and stderr.

    ``ready_seconds`` is how long it took from its start until it was seen to be ready.
    """

    def __init__(self, name: str, argv: Sequence[str], log: Path, env: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        self.ready_seconds = 0.0
        self._started = time.perf_counter()
        self._logs = [log]
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=sink, start_new_session=True,
                env={**os.environ, **(env or {})},
            )  # fmt: skip

    @property
    def pid(self) -> int:
        return self.process.pid

    def also_log(self, *logs: Path) -> None:
        """Show these files too when the daemon fails."""
        self._logs.extend(logs)

    def wait_ready(self, probe: Callable[[], bool], seconds: float = READY_SECONDS) -> None:
        """Return when ``probe`` is true; PeerFailure when the process ended or the time is over."""

        def ready() -> bool:
            if self.process.poll() is not None:
                raise PeerFailure(f"{self.name} ended with {self.process.returncode} before it was ready")
            return probe()

        until(f"{self.name} to be ready", ready, seconds)
        self.ready_seconds = time.perf_counter() - self._started

    def wait_listening(self, *endpoints: Endpoint) -> None:
        """Return when every endpoint accepts connections."""
        self.wait_ready(lambda: all(answers(endpoint) for endpoint in endpoints))

    def tail(self, lines: int = 25) -> str:
        """The last lines of its logs, for failure messages."""
        texts = [(log, log.read_text(errors="replace").splitlines()[-lines:]) for log in self._logs if log.exists()]
        return "".join(f"\n--- {log} ---\n" + "\n".join(text) for log, text in texts if text)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = STOP_SECONDS) -> int:
        """End it and whatever it left in its session; its exit status (negative: the signal)."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(seconds)
            raise PeerFailure(f"{self.name} did not end within {seconds:.0f} s of {how.name}{self.tail()}") from None


@contextmanager
def attached(daemon: Daemon) -> Iterator[Daemon]:
    """The daemon while the block runs; its log is added to whatever fails inside, and it is stopped at the end."""
    try:
        yield daemon
    except BaseException as failure:
        failure.add_note(f"the log of {daemon.name}:{daemon.tail()}")
        raise
    finally:
        daemon.stop()


def run(argv: Sequence[str], *, stdin: bytes = b"", seconds: float = 60, expect: int | None = 0) -> str:
    """Run a program to its end; what it printed (both streams). PeerFailure when its status is not ``expect``."""
    done = subprocess.run(
        list(argv), input=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds, check=False
    )
    text = done.stdout.decode(errors="replace")
    if expect is not None and done.returncode != expect:
        raise PeerFailure(f"{' '.join(argv)} ended with {done.returncode}, not {expect}:\n{text}")
    return text
