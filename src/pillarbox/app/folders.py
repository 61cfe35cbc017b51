"""In which folder is the server that a command means? Named, or found; without importing anything slow."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

VARIABLE = "PILLARBOX_DATA"
CONFIG = "pillarbox.toml"
_SYSTEM = Path("/var/lib/pillarbox")


def chosen(named: str | Path | None = None, environment: Mapping[str, str] = os.environ) -> Path:
    """The folder ``named``, else that of PILLARBOX_DATA, else this user's, or the machine's when only that is there."""
    if named is not None:
        return Path(named).expanduser()
    if environment.get(VARIABLE):
        return Path(environment[VARIABLE]).expanduser()
    own = personal(environment)
    return _SYSTEM if not own.is_dir() and (_SYSTEM / CONFIG).exists() else own


def personal(environment: Mapping[str, str] = os.environ) -> Path:
    """Where this system's programs keep a user's data."""
    if sys.platform == "win32":
        return Path(environment.get("LOCALAPPDATA", "~/AppData/Local")).expanduser() / "Pillarbox"
    if sys.platform == "darwin":
        return Path("~/Library/Application Support/Pillarbox").expanduser()
    return Path(environment.get("XDG_DATA_HOME") or "~/.local/share").expanduser() / "pillarbox"


def store_of(folder: Path) -> Path:
    """The folder of the store: ``folder`` itself unless its pillarbox.toml says otherwise."""
    try:
        content = (folder / CONFIG).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return folder  # whoever needs the file says what is wrong with it
    if "data" not in content:
        return folder
    import tomllib  # noqa: PLC0415 - only the few files that name another folder pay for it

    try:
        data = tomllib.loads(content).get("data")
    except tomllib.TOMLDecodeError:
        return folder
    return folder / Path(data).expanduser() if isinstance(data, str) else folder
