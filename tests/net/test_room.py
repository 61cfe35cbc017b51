"""Is the last of the disk kept free, and only looked at once a second?"""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from pillarbox.net.room import Room


class Clock:
    """Moves by hand."""

    at = 0.0

    def now(self) -> float:
        """Not asked here."""
        return self.at

    def monotonic(self) -> float:
        """Where the test put it."""
        return self.at


def test_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = SimpleNamespace(total=10_000_000, free=150_000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: disk)
    clock = Clock()
    large, small = Room(tmp_path, 1_000_000, clock), Room(tmp_path, 100_000, clock)
    assert not large()  # a fiftieth of this disk is more than what is free
    assert small()
    disk.free = 250_000
    assert not large()
    clock.at = 1.0
    assert large()
    disk.free = 0
    clock.at = 2.0
    assert not small()
