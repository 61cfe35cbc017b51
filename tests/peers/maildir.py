"""What has arrived in a Maildir? Its files, whole: a delivery agent renames them in when they are complete."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from peers.process import until


@dataclass(frozen=True, slots=True)
class Mail:
    """One message as it lies in a mailbox; line ends are LF there, whatever they were on the wire."""

    content: bytes

    @property
    def body(self) -> bytes:
        """What follows the first empty line."""
        return self.content.partition(b"\n\n")[2]

    @property
    def header(self) -> bytes:
        """The header block with its last line end."""
        return self.content.partition(b"\n\n")[0] + b"\n"


def read(folder: Path) -> list[Mail]:
    """The messages in ``folder``, the oldest first as far as the clock tells; none when there is no such Maildir."""
    files = [file for part in ("new", "cur") for file in (folder / part).glob("*")]
    files.sort(key=lambda file: file.stat().st_mtime_ns)
    return [Mail(file.read_bytes().replace(b"\r\n", b"\n")) for file in files]


def wait_for(folder: Path, wanted: Callable[[Mail], bool], seconds: float = 30) -> Mail:
    """The first message that is ``wanted``; PeerFailure when none comes."""
    return until(f"a message in {folder}", lambda: next(filter(wanted, read(folder)), None), seconds)
