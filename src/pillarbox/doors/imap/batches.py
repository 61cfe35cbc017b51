"""How does a client cut a large mailbox into pieces? UIDBATCHES. RFC 10022 §3."""

from collections.abc import Awaitable, Callable, Sequence

from pillarbox.proto.imap import commands, search_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, bad, no, ok

from .session import Session

SMALLEST = 500
"""RFC 10022 §3.1: smaller batches would be message numbers again, which UIDONLY spares the server."""
MOST = 10_000
"""Batches that one answer names: far more than a mailbox has, unless somebody counts."""


async def uid_batches(session: Session, command: commands.UidBatches) -> Completion:
    """Ranges of UIDs, the newest first, that hold ``size`` messages each but for the last, which reaches down to 1."""
    selected = session.selected
    assert selected is not None
    if command.size < SMALLEST:
        return no(f"A batch has at least {SMALLEST} messages", "TOOFEW")
    first, last = command.first or 1, command.last
    if last is not None and first > last:
        return bad("Batches are counted from the first to the last", "CLIENTBUG")
    limit = session.role.message_limit
    size = command.size if limit is None else min(command.size, limit)
    ranges = batches(selected.view.uids, size)[first - 1 : last]
    if len(ranges) > MOST:
        return no(f"These are more than {MOST} batches", "TOOMANY")
    session.send(search_responses.uid_batches(session.conversation.tag, ranges))
    return ok(f"{len(ranges)} batch{'' if len(ranges) == 1 else 'es'}")


def batches(uids: Sequence[int], size: int) -> list[tuple[int, int]]:
    """(highest, lowest) UID of each batch; together they cover all UIDs from the newest message's down to 1."""
    lows = [uids[at] for at in range(len(uids) - size, 0, -size)] + [1] if uids else []
    highs = [uids[-1], *[low - 1 for low in lows]] if uids else []
    return list(zip(highs, lows, strict=False))


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.UidBatches: uid_batches}
