"""How do mail programs note in a message's header that it was read, answered or flagged? And the same in Maildir.

``Status`` and ``X-Status`` are mutt's and Dovecot's, ``X-Mozilla-Status`` is Thunderbird's. They are notes of the
archive, not of the message: an import reads them and leaves them out, an export to mbox writes the first two.
"""

import re

from pillarbox.mail.headers import header_size
from pillarbox.store.rows import Flags

# A Thunderbird folder keeps deleted messages until it is compacted.
_MOZILLA_EXPUNGED = 0x0008
_MOZILLA = {0x0001: Flags.SEEN, 0x0002: Flags.ANSWERED, 0x0004: Flags.FLAGGED}
_STATUS = {"R": Flags.SEEN, "A": Flags.ANSWERED, "F": Flags.FLAGGED, "D": Flags.DELETED, "T": Flags.DRAFT}
# https://cr.yp.to/proto/maildir.html: the letters behind ":2,", in the order of the alphabet.
_MAILDIR = {"D": Flags.DRAFT, "F": Flags.FLAGGED, "R": Flags.ANSWERED, "S": Flags.SEEN, "T": Flags.DELETED}

_NOTES = re.compile(
    rb"^(Status|X-Status|X-Keywords|X-Mozilla-Status2?|X-Mozilla-Keys):[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*)\r?\n",
    re.IGNORECASE | re.MULTILINE,
)


def take_notes(octets: bytes) -> tuple[bytes, int, str, bool]:
    """The message without an archive's notes; its flags, its keywords, and whether it was deleted already."""
    size = header_size(octets)
    header = octets[:size]
    notes = {match[1].lower(): match[2].decode("ascii", "replace") for match in _NOTES.finditer(header)}
    if not notes:
        return octets, 0, "", False
    letters = notes.get(b"status", "") + notes.get(b"x-status", "")
    mozilla = _hexadecimal(notes.get(b"x-mozilla-status", ""))
    flags = sum(int(flag) for letter, flag in _STATUS.items() if letter in letters)
    flags |= sum(int(flag) for bit, flag in _MOZILLA.items() if mozilla & bit)
    keywords = " ".join((notes.get(b"x-keywords", "") + " " + notes.get(b"x-mozilla-keys", "")).split())
    return _NOTES.sub(b"", header) + octets[size:], flags, keywords, bool(mozilla & _MOZILLA_EXPUNGED)


def notes(flags: int, keywords: str) -> bytes:
    """The header lines that note ``flags`` and ``keywords`` in an mbox, with LF."""
    letters = "".join(letter for letter, flag in _STATUS.items() if flags & flag and letter != "R")
    lines = f"Status: {'R' if flags & Flags.SEEN else ''}O\n"
    lines += f"X-Status: {letters}\n" if letters else ""
    lines += f"X-Keywords: {keywords}\n" if keywords else ""
    return lines.encode("ascii", "replace")


def from_maildir(letters: str) -> int:
    """The flags that the letters of a Maildir file name mean."""
    return sum(int(flag) for letter, flag in _MAILDIR.items() if letter in letters)


def to_maildir(flags: int) -> str:
    """The letters of a Maildir file name for ``flags``."""
    return "".join(letter for letter, flag in _MAILDIR.items() if flags & flag)


def _hexadecimal(text: str) -> int:
    try:
        return int(text.strip() or "0", 16)
    except ValueError:
        return 0
