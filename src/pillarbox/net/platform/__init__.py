"""Which operating system is this? The only place that asks; everything else is told what it needs."""

import sys

from .needs import Lock, LockTaken, Platform

if sys.platform == "win32":
    from .windows import Windows as _Here
else:
    from .posix import Posix as _Here

__all__ = ["Lock", "LockTaken", "Platform", "current"]


def current() -> Platform:
    """What this system offers."""
    return _Here()
