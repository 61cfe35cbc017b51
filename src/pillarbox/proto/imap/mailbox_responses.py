"""What has become of the selected mailbox? EXISTS, RECENT, EXPUNGE, VANISHED, FLAGS. RFC 9051 §7.3, §7.5, RFC 7162."""

from collections.abc import Iterable, Sequence

from . import number_sets
from .strings import words


def exists(count: int) -> bytes:
    """How many messages there are (RFC 9051 §7.4.1)."""
    return b"* %d EXISTS\r\n" % count


def recent(count: int) -> bytes:
    """How many of them are new to all sessions (RFC 3501 §7.3.2); rev2 has it no more."""
    return b"* %d RECENT\r\n" % count


def expunge(number: int) -> bytes:
    """The message of this number is gone; those behind it move up by one at once (RFC 9051 §7.5.1)."""
    return b"* %d EXPUNGE\r\n" % number


def expunges(numbers: Iterable[int]) -> bytes:
    """One behind the other; each number counts after those before it."""
    return b"".join([b"* %d EXPUNGE\r\n" % number for number in numbers])


def vanished(uids: Sequence[int], *, earlier: bool = False) -> bytes:
    """These UIDs are gone; ``earlier``: before this session looked (RFC 7162 §3.2.10). Nothing when there are none."""
    if not uids:
        return b""
    return b"* VANISHED %b%b\r\n" % (b"(EARLIER) " if earlier else b"", number_sets.compress(uids))


def flags(names: Iterable[str]) -> bytes:
    """The flags that messages of this mailbox can have (RFC 9051 §7.3.5)."""
    return b"* FLAGS (%b)\r\n" % words(names)
