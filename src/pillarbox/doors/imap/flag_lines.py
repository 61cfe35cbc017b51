"""How are the flags of many messages told? FETCH lines with FLAGS, and UID and MODSEQ where they belong.

RFC 9051 §7.5.2, RFC 7162 §3.1 (MODSEQ with every change of flags), RFC 9586 (UIDFETCH).
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeVar

from pillarbox.inbox.live.mailbox import Mailbox
from pillarbox.inbox.live.marks import SYSTEM_FLAGS
from pillarbox.proto.imap import fetch_responses, mailbox_responses
from pillarbox.proto.imap.codes import permanent_flags
from pillarbox.proto.imap.completion import ok

from .selected import Selected
from .session import Session

T = TypeVar("T")
_RIGHT_FOR = {"\\Seen": "s", "\\Deleted": "t"}


def right_for(flag: str) -> str:
    """The right that lets one change ``flag`` (RFC 4314 §4)."""
    return _RIGHT_FOR.get(flag, "w")


def system_flags(rights: str) -> int:
    """Bits of the system flags that these rights let one change."""
    return sum(bit for flag, bit in SYSTEM_FLAGS.items() if right_for(flag) in rights)


def flag_names(mailbox: Mailbox) -> list[str]:
    """The flags that messages of the mailbox can have."""
    return [*SYSTEM_FLAGS, *mailbox.keywords]


def changeable(selected: Selected) -> list[str]:
    """What the client may change for good."""
    if selected.read_only:
        return []
    rights = selected.place.rights
    names = [flag for flag in flag_names(selected.mailbox) if right_for(flag) in rights]
    return [*names, "\\*"] if "w" in rights else names


def describe_flags(session: Session, selected: Selected) -> None:
    """FLAGS and PERMANENTFLAGS (RFC 9051 §7.3.5, §7.1)."""
    selected.keywords = len(selected.mailbox.keywords)
    session.send(mailbox_responses.flags(flag_names(selected.mailbox)))
    code = permanent_flags(changeable(selected))
    session.send(ok("These can be changed for good", code).encode("*"))


def tell_keywords(session: Session, selected: Selected) -> None:
    """RFC 9051 §7.3.5: a keyword that FETCH is about to show is among the flags that the client was told of."""
    if len(selected.mailbox.keywords) != selected.keywords:
        describe_flags(session, selected)


def wires(session: Session, selected: Selected, indices: Sequence[int]) -> list[bytes]:
    """What stands in FLAGS (…) for messages that are there. ``\\Recent`` is RFC 3501's; rev2 has it no more."""
    marks, view = selected.mailbox.marks, selected.view
    plain = [mark.wire for mark in _taken(marks, indices)]
    if not view.recent or session.wants("IMAP4REV2"):
        return plain
    recent = view.recent_marks()
    return [_recent(wire) if recent[index] else wire for wire, index in zip(plain, indices, strict=True)]


@lru_cache(maxsize=1024)
def _recent(wire: bytes) -> bytes:
    return b"\\Recent " + wire if wire else b"\\Recent"


def _taken(column: Sequence[T], indices: Sequence[int]) -> Sequence[T]:
    """What stands at the indices, which are often one run of a long column."""
    if isinstance(indices, range) and indices.step == 1:
        return column[indices.start : indices.stop]
    return [column[index] for index in indices]


def flag_lines(
    session: Session, selected: Selected, positions: Sequence[int], *, uid: bool, modseq: bool | None = None
) -> bytes:
    """A FETCH line for each message at ``positions`` that is still there. MODSEQ is told when the client has enabled
    CONDSTORE, if ``modseq`` does not say otherwise."""
    mailbox, view = selected.mailbox, selected.view
    indices = view.indices(positions)
    if not view.in_step and -1 in indices:
        both = [(position, index) for position, index in zip(positions, indices, strict=True) if index >= 0]
        positions, indices = [position for position, _ in both], [index for _, index in both]
    uid_only = session.wants("UIDONLY")
    if modseq is None:
        modseq = session.wants("CONDSTORE")
    return fetch_responses.fetch_flags(
        _taken(mailbox.uids, indices) if uid_only else [position + 1 for position in positions],
        wires(session, selected, indices),
        uids=_taken(mailbox.uids, indices) if uid and not uid_only else None,
        modseqs=_taken(mailbox.modseqs, indices) if modseq else None,
        uid_only=uid_only,
    )
