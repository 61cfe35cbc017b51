"""What does the contract suite run on? Every engine there is; a new one is added here."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from store_contract.engines import Bench


@pytest.fixture(params=["sqlite"])
async def bench(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(request.param, tmp_path / "store", asyncio.get_running_loop())
    await bench.open()
    yield bench
    await bench.close()
