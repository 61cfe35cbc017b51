"""A server that starts clears away what a crashed one left."""

import asyncio
import os
from pathlib import Path

from pillarbox.observe.log import Fields
from pillarbox.testing import server


async def test_files_that_crashes_left_are_swept(tmp_path: Path) -> None:
    left = tmp_path / "blobs" / "aa" / "0123456789ab"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"a body that no row names")
    os.utime(left, (0, 0))
    swept = asyncio.Event()

    def told(kind: str, _message_id: str | None, _fields: Fields) -> None:
        if kind == "swept":
            swept.set()

    async with server(tmp_path) as box:
        box.server.log.watch = told
        if left.exists():
            async with asyncio.timeout(10):
                await swept.wait()
        assert not left.exists()
