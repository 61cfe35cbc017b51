"""What may the client do in the mailbox it has selected? RFC 4314 §4; EXAMINE allows no change (RFC 9051 §6.3.3)."""

from collections.abc import Sequence

from pillarbox.proto.imap.completion import Completion, no

from .selected import Selected
from .session import Session

EXPUNGE_ISSUED = no("Some of these messages are gone; NOOP tells which", "EXPUNGEISSUED")
_READ_ONLY = no("The mailbox is open for reading only", "READ-ONLY")


async def rights(session: Session, selected: Selected) -> str:
    """The client's rights at this moment: in a mailbox of somebody else they may have been taken away."""
    if selected.owned:
        return selected.place.rights
    place = await session.role.services.tree.find(session.account, selected.name)
    return place.rights


async def refusal(session: Session, selected: Selected, needed: str, what: str) -> Completion | None:
    """Why the client may not do ``what``, for which it needs all rights in ``needed``; None when it may."""
    if selected.read_only:
        return _READ_ONLY
    if selected.owned:
        return None
    held = await rights(session, selected)
    return None if set(needed) <= set(held) else no(f"You may not {what} here", "NOPERM")


def gone(selected: Selected, positions: Sequence[int]) -> bool:
    """Whether any of these messages has left already, though it still has its number."""
    return not selected.view.in_step and -1 in selected.view.indices(positions)
