"""How are messages read out of a Maildir? One file each in ``new`` and ``cur``. https://cr.yp.to/proto/maildir.html

Flags stand behind ``:2,`` in the file's name (``;2,`` or ``!2,`` where a colon cannot be in one), the time of arrival
is the file's. Subfolders are those of Maildir++: ``.Archive.2024`` beside ``cur``, in modified UTF-7 (RFC 3501 §5.1.3).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from stat import S_ISREG

from pillarbox.mail import utf7

from .found import Found, Passed, ReadSettings, with_crlf
from .marks import from_maildir

_INFO = re.compile(r"[:;!]2,([A-Za-z]*)$")
_PARTS = ("new", "cur")


class MaildirFolder:
    """One Maildir as ``found.Archive``; a ``place`` is the name of the last message, without its flags."""

    def __init__(self, path: Path, settings: ReadSettings | None = None) -> None:
        self._path = path
        self._settings = settings or ReadSettings()

    @property
    def name(self) -> str:
        """See ``found.Archive``."""
        return str(self._path.absolute())

    def read(self, after: str) -> Iterator[Found | Passed]:
        """See ``found.Archive``."""
        if not is_maildir(self._path):
            raise OSError(f"{self._path} is no Maildir: it has no folder cur")
        names = sorted((unique(entry.name), entry) for part in _PARTS for entry in _files(self._path / part))
        for place, path in names:
            if place > after:
                yield self._message(place, path)

    def _message(self, place: str, path: Path) -> Found | Passed:
        where = f"{path.parent.name}/{path.name}"
        try:
            status = path.lstat()
            if not S_ISREG(status.st_mode):
                return Passed(place, where, "it is no ordinary file")
            if status.st_size > self._settings.import_message:
                return Passed(
                    place, where, f"it has {status.st_size} octets, more than {self._settings.import_message}"
                )
            octets = with_crlf(path.read_bytes())
        except OSError as error:  # a mail program may have moved or removed it meanwhile
            return Passed(place, where, f"it cannot be read: {error}")
        if not octets.strip():
            return Passed(place, where, "it is empty")
        info = _INFO.search(path.name)
        return Found(place, octets, from_maildir(info[1]) if info else 0, "", max(0.0, status.st_mtime))


def is_maildir(path: Path) -> bool:
    """Is it a Maildir? ``new`` may be missing where only reading programs were."""
    return (path / "cur").is_dir()


def unique(name: str) -> str:
    """A file's name without its flags, which change."""
    return _INFO.sub("", name)


def subfolders(path: Path) -> list[tuple[Path, str]]:
    """The Maildir itself as INBOX and its Maildir++ subfolders with their names, by name."""
    named = [(entry, entry.name[1:].split(".")) for entry in sorted(path.iterdir()) if entry.name.startswith(".")]
    below = [(entry, "/".join(map(decode_name, levels))) for entry, levels in named if is_maildir(entry)]
    return [(path, "INBOX"), *below] if is_maildir(path) else below


def decode_name(text: str) -> str:
    """A mailbox name out of modified UTF-7 (RFC 3501 §5.1.3); as it stands where it is none."""
    try:
        return utf7.decode(text.encode())
    except ValueError:
        return text


def _files(folder: Path) -> list[Path]:
    return [entry for entry in folder.iterdir() if not entry.name.startswith(".")] if folder.is_dir() else []
