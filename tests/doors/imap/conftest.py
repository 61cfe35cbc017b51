"""Houses that go away with the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from doors.imap.house import House, Setup

Opener = Callable[[Setup], Awaitable[House]]


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[Opener]:
    """Opens a house with a setup of the test's own."""
    async with AsyncExitStack() as stack:

        async def open_one(setup: Setup) -> House:
            return await stack.enter_async_context(House(tmp_path, setup))

        yield open_one


@pytest.fixture
async def house(open_house: Opener) -> House:
    """A house as it comes."""
    return await open_house(Setup())
