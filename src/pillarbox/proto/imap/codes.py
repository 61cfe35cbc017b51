"""What stands in the brackets of an answer? Response codes with arguments: RFC 9051 §7.1 and the extensions named.

Each is the text for ``Completion.code``. Codes without arguments (RFC 5530) are their own names and need no function.
"""

from collections.abc import Iterable, Sequence

from . import number_sets


def append_uid(uidvalidity: int, uids: Sequence[int]) -> str:
    """Where APPEND put the messages, in their order (RFC 4315 §3, RFC 3502 for several)."""
    return f"APPENDUID {uidvalidity} {_set(uids)}"


def copy_uid(uidvalidity: int, sources: Sequence[int], targets: Sequence[int]) -> str:
    """Which UID became which, by their places in two lists of one length, never empty (RFC 4315 §3, RFC 6851)."""
    return f"COPYUID {uidvalidity} {_set(sources)} {_set(targets)}"


def permanent_flags(flags: Iterable[str]) -> str:
    """Which flags can be changed for good; ``\\*`` among them allows new keywords."""
    return f"PERMANENTFLAGS ({' '.join(flags)})"


def uid_validity(uidvalidity: int) -> str:
    """The mailbox's UIDVALIDITY."""
    return f"UIDVALIDITY {uidvalidity}"


def uid_next(uid: int) -> str:
    """The UID that the next message will not be below."""
    return f"UIDNEXT {uid}"


def unseen(number: int) -> str:
    """The first message without \\Seen (RFC 3501 §7.1; rev2 has it no more)."""
    return f"UNSEEN {number}"


def highest_modseq(modseq: int) -> str:
    """The mailbox's MODSEQ (RFC 7162 §3.1.2.1)."""
    return f"HIGHESTMODSEQ {modseq}"


def modified(numbers: Sequence[int]) -> str:
    """Which messages UNCHANGEDSINCE kept from being changed (RFC 7162 §3.1.3)."""
    return f"MODIFIED {_set(numbers)}"


def mailbox_id(object_id: str) -> str:
    """The mailbox's object id (RFC 8474 §4.1)."""
    return f"MAILBOXID ({object_id})"


def metadata_long_entries(largest: int) -> str:
    """Octets of the largest value that MAXSIZE kept back (RFC 5464 §4.2.1)."""
    return f"METADATA LONGENTRIES {largest}"


def no_update(tag: str) -> str:
    """The search of this tag gets no (more) updates (RFC 5267 §4.3)."""
    return f'NOUPDATE "{tag}"'


def bad_url(url: str) -> str:
    """Which URL of CATENATE leads nowhere (RFC 4469 §3); whatever is not printable is left out."""
    return f"BADURL {''.join(mark for mark in url if '!' <= mark <= '~' and mark != ']')}"


def in_progress(tag: str, done: int | None = None, goal: int | None = None) -> str:
    """How far the command of ``tag`` is (RFC 9585 §4); None is NIL."""
    # RFC 9585 §4: a tag with "]" would end the code early; RFC 9051 allows it in tags, so such a client is told less.
    if "]" in tag:
        return "INPROGRESS"
    return f'INPROGRESS ("{tag}" {_or_nil(done)} {_or_nil(goal)})'


def message_limit(limit: int, last_uid: int | None = None) -> str:
    """No more than ``limit`` messages a command; the lowest UID that was still done (RFC 9738 §3.1)."""
    return f"MESSAGELIMIT {limit}" if last_uid is None else f"MESSAGELIMIT {limit} {last_uid}"


def _or_nil(number: int | None) -> str:
    return "NIL" if number is None else str(number)


def _set(numbers: Sequence[int]) -> str:
    return number_sets.compress(numbers).decode()
