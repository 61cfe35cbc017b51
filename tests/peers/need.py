"""Is a peer here? A missing one skips the test and says which; where CI=true a missing one is a failure."""

import os
import shutil
from pathlib import Path

import pytest

CACHE = Path(
    os.environ.get("PILLARBOX_PEERS")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pillarbox-peers"
)
# Daemons live in sbin, which is not on everybody's PATH.
SEARCH = os.pathsep.join(
    [str(CACHE / "node/bin"), os.environ.get("PATH", ""), "/usr/sbin", "/sbin", str(CACHE / "exim/usr/sbin")]
)


def program(name: str) -> str:
    """Where the program is; LookupError when it is nowhere."""
    found = shutil.which(name, path=SEARCH)
    if found is None:
        raise LookupError(f"{name} is not installed: `make peers` installs it")
    return found


def peers(*names: str) -> None:
    """Skip the test unless every program is here (fail it where CI=true)."""
    missing = [name for name in names if shutil.which(name, path=SEARCH) is None]
    if missing:
        _absent(f"not installed: {', '.join(missing)}; `make peers` (as root) installs them")


def folder(path: Path, what: str) -> None:
    """Skip the test unless this folder, where ``what`` lies, is here (fail it where CI=true)."""
    if not path.is_dir():
        _absent(f"not installed: {what}; `make peers` (as root) installs it")


def root(why: str) -> None:
    """Skip the test unless it runs as root (fail it where CI=true). ``why`` says what needs it."""
    if os.geteuid() != 0:
        _absent(f"needs root: {why}")


def _absent(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason} (with CI=true nothing may be missing)", pytrace=False)
    pytest.skip(reason)


def as_nobody() -> list[str]:
    """The words that Postfix's test tools want when root starts them."""
    return ["-u", "postfix"] if os.geteuid() == 0 else []
