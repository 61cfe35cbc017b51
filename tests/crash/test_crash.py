"""Killed with SIGKILL at random moments under load: is everything that got its 250 still there?

Locally exactly once, remotely at least once, octet for octet; counters, UIDs and queue in order. See docs/queue.md.
"""

from pathlib import Path
from secrets import randbelow

import pytest

from crash.mailserver import FAR, REMOTE, Mailserver, rounds, seed
from crash.rig import Rig
from crash.sink import sink

COLLECT_EVERY = 10


@pytest.mark.crash
async def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    await _play(tmp_path, 50, seed(1))


@pytest.mark.crash
@pytest.mark.soak
async def test_two_thousand_kills_lose_nothing(tmp_path: Path) -> None:
    await _play(tmp_path, rounds(2000), seed(randbelow(1 << 30)))


async def _play(folder: Path, count: int, start: int) -> None:
    async with sink() as remote:
        server = Mailserver(folder / "data", remote.endpoint)
        rig = Rig(server, server.targets(), remote, {FAR, REMOTE}, start)
        for number in range(1, count + 1):
            await rig.kill_round()
            if number % COLLECT_EVERY == 0 or number == count:
                await rig.collect(between=server.doctor)
        problems = rig.findings().problems()
    assert not problems, f"seed {start}, {len(rig.ledger.promised)} promised: {problems}"
    assert not rig.ledger.refusals()
    assert len(rig.ledger.promised) > 10 * count, "the load was no load"
