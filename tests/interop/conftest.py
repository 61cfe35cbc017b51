"""The world that the interop tests share: made once for each file of tests."""

from collections.abc import Iterator

import pytest

from interop.home import Home, at_home
from interop.world import PROGRAMS
from peers import need


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """Pillarbox among the peers."""
    need.peers(*PROGRAMS, "msmtp", "curl", "fetchmail")
    need.root("mail systems change to users of their own")
    with at_home() as running:
        yield running
