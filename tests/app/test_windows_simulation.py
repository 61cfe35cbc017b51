"""The main job on a simulated Windows: the doors' conversations, and a server that is killed and loses nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from crash.mailserver import FAR, REMOTE, Mailserver
from crash.rig import Rig
from crash.sink import sink

TESTS = Path(__file__).parents[1]
PROGRAM = TESTS / "pillarbox_plugins" / "platforms.py"
CONVERSATIONS = ("doors/smtp", "doors/pop3/test_connection.py", "app/test_sendmail.py")


@pytest.mark.crash
async def test_kills_lose_nothing_there_either(tmp_path: Path) -> None:
    async with sink() as remote:
        server = Mailserver(tmp_path / "data", remote.endpoint)
        server.box.program = [sys.executable, str(PROGRAM), "windows"]
        rig = Rig(server, server.targets(), remote, {FAR, REMOTE}, seed=7)
        for _round in range(2):
            await rig.kill_round()
        await rig.collect(between=server.doctor)
        problems = rig.findings().problems()
    assert not problems, problems
    assert len(rig.ledger.promised) > 20, "the load was no load"


def test_conversations_are_the_same_there() -> None:
    words = ["-m", "pytest", "-q", "--platform-simulation=windows", "-p", "no:cacheprovider", *CONVERSATIONS]
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False, cwd=TESTS)
    assert done.returncode == 0, done.stdout[-6_000:]
