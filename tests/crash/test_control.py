"""Would the rig notice a loss? A server that answers before it has written must be caught."""

import sys
from pathlib import Path

import pytest

from crash.liar import SEPARATOR
from crash.load import Target
from crash.rig import Rig
from crash.sink import sink
from peers.process import Daemon, Endpoint
from peers.world import free_port

TESTS = Path(__file__).parent.parent


class Liar:
    """The victim in the rig's terms."""

    def __init__(self, folder: Path, endpoint: Endpoint) -> None:
        self._folder = folder
        self._endpoint = endpoint
        self._file = folder / "mail"

    def launch(self) -> Daemon:
        argv = [sys.executable, "-m", "crash.liar", str(self._endpoint[1]), str(self._file)]
        return Daemon("liar", argv, self._folder / "log", {"PYTHONPATH": str(TESTS)})

    def start(self) -> Daemon:
        daemon = self.launch()
        daemon.wait_listening(self._endpoint)
        return daemon

    def settle(self) -> None:
        """It sends nothing on."""

    def inboxes(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        for entry in self._file.read_bytes().split(SEPARATOR)[:-1] if self._file.exists() else []:
            recipient, _, content = entry.partition(b"\n")
            found.setdefault(recipient.decode(), []).append(content)
        return found


@pytest.mark.crash
async def test_rig_finds_what_a_liar_lost(tmp_path: Path) -> None:
    endpoint = ("127.0.0.1", free_port())
    targets = [Target(endpoint, ("ann@home.test",))] * 4
    async with sink() as far:
        rig = Rig(Liar(tmp_path, endpoint), targets, far, (), seed=1)
        for _ in range(3):
            await rig.kill_round()
        await rig.collect()
    findings = rig.findings()
    assert findings.lost_locally, "the rig saw no loss although the server lies"
    assert not findings.doubled_locally

