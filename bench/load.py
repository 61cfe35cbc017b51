"""Who makes the load, and who takes what is relayed? Postfix's own tools: smtp-source and smtp-sink."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.measure import Sample
from peers import proc
from peers.need import program
from peers.process import Daemon, Endpoint, attached, run, until

RECIPIENT = "u@bench.test"
_MESSAGES = re.compile(rb"mesg=(\d+)")


def source(
    endpoint: Endpoint,
    count: int,
    *,
    size: int = 5120,
    sessions: int = 50,
    reuse: bool = False,
    to: str = RECIPIENT,
    lmtp: bool = False,
) -> None:
    """Send ``count`` messages of ``size`` octets over ``sessions`` connections at once; ``reuse``: keep them open."""
    words = ["-C", "20", "-s", str(sessions), "-m", str(count), "-l", str(size), "-M", "client.test"]
    words += [*(["-d"] if reuse else []), *(["-L"] if lmtp else [])]
    words += ["-f", "s@client.test", "-t", to, f"{endpoint[0]}:{endpoint[1]}"]
    run([program("smtp-source"), *words], seconds=300)


class Sink:
    """A running smtp-sink: stores nothing, counts."""

    def __init__(self, endpoint: Endpoint, daemon: Daemon) -> None:
        self.endpoint = endpoint
        self.pid = daemon.pid
        self._log = daemon.log

    def count(self) -> int:
        """How many messages it has taken since it started."""
        with self._log.open("rb") as log:
            log.seek(max(0, self._log.stat().st_size - 200))
            found = _MESSAGES.findall(log.read())
        return int(found[-1]) if found else 0

    def wait_for(self, count: int) -> None:
        """Return when ``count`` messages have come in all."""
        until(f"{count} messages in the sink", lambda: self.count() >= count, 300)


@contextmanager
def sink(folder: Path, endpoint: Endpoint) -> Iterator[Sink]:
    """smtp-sink on ``endpoint`` while the block runs."""
    argv = [program("smtp-sink"), "-c", "-u", "postfix", f"{endpoint[0]}:{endpoint[1]}", "400"]
    with attached(Daemon("smtp-sink", argv, folder / f"sink-{endpoint[1]}.log")) as daemon:
        daemon.wait_listening(endpoint)
        yield Sink(endpoint, daemon)


def timed(pid: int, count: int, work: Callable[[], None]) -> Sample:
    """Do ``work``, which is ``count`` messages, and count what the processes below ``pid`` used for it."""
    cpu, begin = _cpu(pid), time.perf_counter()
    work()
    return Sample(count, time.perf_counter() - begin, _cpu(pid) - cpu)


def _cpu(pid: int) -> float:
    return sum(proc.cpu_seconds(each) for each in proc.family(pid))
