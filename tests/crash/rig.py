"""Rounds of start, load, SIGKILL at a random moment; at the end everything that was promised is looked for."""

import asyncio
import itertools
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from crash.load import Ledger, Target, client
from crash.messages import is_whole, number_of
from crash.sink import Sink
from peers.process import Daemon

# When the axe falls, in seconds after the clients have begun, and how often it falls while the server still starts.
LONGEST_LIFE = 0.9
DURING_START = 0.1
START_SECONDS = 0.6


class Victim(Protocol):
    """A server that can be killed."""

    def launch(self) -> Daemon:
        """Start it and do not wait."""

    def start(self) -> Daemon:
        """Start it; ready when this returns."""

    def settle(self) -> None:
        """Return when nothing waits in it to be sent on."""

    def inboxes(self) -> dict[str, list[bytes]]:
        """Take every message out of every local mailbox: by recipient, as their owner reads them."""


@dataclass(slots=True)
class Findings:
    """What was found against what was promised; every list must be empty."""

    lost_locally: list[tuple[str, int]] = field(default_factory=list)
    doubled_locally: list[tuple[str, int]] = field(default_factory=list)
    lost_remotely: list[int] = field(default_factory=list)
    damaged: list[object] = field(default_factory=list)
    never_sent: list[tuple[str, int | None]] = field(default_factory=list)

    def problems(self) -> list[str]:
        """One line for each kind of trouble, empty when all is well."""
        kinds: dict[str, Sequence[object]] = {
            "lost from an inbox": self.lost_locally,
            "twice in an inbox": self.doubled_locally,
            "never relayed": self.lost_remotely,
            "damaged": self.damaged,
            "in an inbox, but nobody sent it": self.never_sent,
        }
        return [f"{len(found)} {what}, such as {found[:5]}" for what, found in kinds.items() if found]


class Rig:
    """``targets`` name the clients of a round; recipients in ``far`` are looked for in ``sink``, others in inboxes."""

    def __init__(self, victim: Victim, targets: Sequence[Target], sink: Sink, far: Iterable[str], seed: int) -> None:
        self.ledger = Ledger()
        self.rounds = 0
        self._victim = victim
        self._targets = targets
        self._sink = sink
        self._far = frozenset(far)
        self._random = random.Random(seed)
        self._numbers = itertools.count(1)
        self._found: Counter[tuple[str, int]] = Counter()
        self._findings = Findings()

    async def kill_round(self) -> None:
        """One life of the server: started, used by all clients at once, killed."""
        self.rounds += 1
        if self._random.random() < DURING_START:
            await self._kill_starting()
        daemon = await asyncio.to_thread(self._victim.start)
        clients = [asyncio.create_task(client(target, self._numbers, self.ledger)) for target in self._targets]
        try:
            await asyncio.sleep(self._random.uniform(0.05, LONGEST_LIFE))
        finally:
            await _kill(daemon)
        await asyncio.wait_for(asyncio.gather(*clients), 30)

    async def _kill_starting(self) -> None:
        """A life that ends while the last one's work is being taken up again."""
        daemon = self._victim.launch()
        await asyncio.sleep(self._random.uniform(0, START_SECONDS))
        await _kill(daemon)

    async def collect(self, between: Callable[[], None] | None = None) -> None:
        """Start the server once more, let it finish its work, empty the inboxes, end it kindly. ``between`` is called
        while the inboxes are still full."""
        daemon = await asyncio.to_thread(self._victim.start)
        try:
            await asyncio.to_thread(self._victim.settle)
            if between is not None:
                await asyncio.to_thread(between)
            for recipient, contents in (await asyncio.to_thread(self._victim.inboxes)).items():
                self._take(recipient, contents)
        finally:
            await asyncio.to_thread(daemon.stop)

    def _take(self, recipient: str, contents: list[bytes]) -> None:
        for content in contents:
            number = number_of(content)
            if number is None:
                self._findings.never_sent.append((recipient, None))
            elif not is_whole(number, content):
                self._findings.damaged.append((recipient, number))
            else:
                self._found[recipient, number] += 1

    def findings(self) -> Findings:
        """Everything promised so far against everything collected so far."""
        findings, known = self._findings, self.ledger.promised | self.ledger.open
        findings.damaged += self._sink.damaged
        for number, recipients in self.ledger.promised.items():
            for recipient in recipients:
                if recipient in self._far:
                    if not self._sink.received[number]:
                        findings.lost_remotely.append(number)
                elif not self._found[recipient, number]:
                    findings.lost_locally.append((recipient, number))
        findings.doubled_locally += [key for key, count in self._found.items() if count > 1]
        findings.never_sent += [
            (recipient, number) for recipient, number in self._found if recipient not in known.get(number, ())
        ]
        return findings


async def _kill(daemon: Daemon) -> None:
    daemon.process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(daemon.process.wait, 30)
