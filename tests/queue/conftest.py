from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from queue_scene.scene import Scene, a_scene


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with a_scene(tmp_path / "store") as made:
        yield made
