"""What if the disk refuses to sync? 4xx, no promise is broken, and the server goes on by itself when it syncs again."""

import asyncio
import itertools
import sys
from pathlib import Path

import pytest

from crash.load import Ledger, Target, client, crowd
from crash.mailserver import USERS, Mailserver
from crash.messages import number_of
from crash.sink import sink

TESTS = Path(__file__).parent.parent
CLIENTS = 8


@pytest.mark.crash
async def test_failing_sync_is_a_temporary_failure(tmp_path: Path) -> None:
    flag = tmp_path / "no sync"
    async with sink() as remote:
        server = Mailserver(tmp_path / "data", remote.endpoint)
        server.box.program = [sys.executable, "-m", "crash.faulty", str(flag)]
        server.box.env["PYTHONPATH"] = str(TESTS)
        ledger, numbers, halt = Ledger(), itertools.count(1), asyncio.Event()
        target = Target(server.smtp, USERS)
        with server.box.running():
            load = asyncio.create_task(crowd([target] * CLIENTS, numbers, ledger, halt))
            await _more(ledger, 50)
            flag.touch()
            async with asyncio.timeout(30):
                while len(ledger.refused) < 20:
                    await asyncio.sleep(0.02)
            quiet = Ledger()
            await client(target, numbers, quiet, _OneMessage(quiet))
            assert not quiet.promised, "250 although nothing could be synced"
            flag.unlink()
            await _more(ledger, 50)
            halt.set()
            await load
            found = {user: [number_of(mail) for mail in mails] for user, mails in server.inboxes().items()}
    assert all(reply.startswith(("451 4.3.", "452 4.3.", "421 4.3.")) for reply in ledger.refusals()), ledger.refusals()
    for number, recipients in ledger.promised.items():
        assert all(found[recipient].count(number) == 1 for recipient in recipients), number


async def _more(ledger: Ledger, count: int) -> None:
    """Return when ``count`` more messages than now were promised."""
    wanted = len(ledger.promised) + count
    async with asyncio.timeout(60):
        while len(ledger.promised) < wanted:
            await asyncio.sleep(0.02)


class _OneMessage(asyncio.Event):
    """Set as soon as the ledger knows of a message."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__()
        self._ledger = ledger

    def is_set(self) -> bool:
        return bool(self._ledger.promised or self._ledger.refused)

