"""How are messages fetched? FETCH and UID FETCH. RFC 9051 §6.4.5.

With CHANGEDSINCE and VANISHED (RFC 7162 §3.1.4, §3.2.6), PARTIAL (RFC 9394 §3.3) and MESSAGELIMIT (RFC 9738). What is
told goes out in batches, each when most of the one before has been taken.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from pillarbox.inbox.live import resync
from pillarbox.proto.imap import commands, fetch_responses, mailbox_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, bad, no, ok
from pillarbox.proto.imap.items import Item

from . import allowed, fetch_bodies, fetch_columns, paging
from .fetch_octets import UnknownEncodingError
from .fetch_plan import Plan, plan
from .flag_lines import flag_lines, tell_keywords
from .limiting import newest
from .refusals import NO_SUCH_NUMBER
from .selected import Selected
from .session import Session

_NO_QRESYNC = bad("VANISHED needs UID FETCH with CHANGEDSINCE after ENABLE QRESYNC")
_UNKNOWN_ENCODING = no("Some parts are encoded in a way that nobody knows here", "UNKNOWN-CTE")
# Messages a batch: of what is in memory anyway, and of what is looked up.
_AT_HAND = 5_000
_LOOKED_UP = 500


async def fetch(session: Session, command: commands.Fetch) -> Completion:
    """FETCH and UID FETCH."""
    selected = session.selected
    assert selected is not None
    if command.vanished and not (command.uid and command.changed_since is not None and session.wants("QRESYNC")):
        return _NO_QRESYNC
    if not command.uid and selected.view.outside(command.numbers):
        return NO_SUCH_NUMBER
    if command.changed_since is not None or Item.MODSEQ in command.items:
        session.conversation.enable("CONDSTORE")  # RFC 7162 §3.1
    positions = selected.view.numbers(command.numbers, command.uid, session.saved)
    if command.changed_since is not None:
        positions = await _changed(session, selected, command, positions)
    if command.partial is not None:
        positions = paging.page(positions, command.partial)
    positions, limited = newest(session, positions)
    wanted = plan(command, uid_only=session.wants("UIDONLY"), read_only=await _leaves_unseen(session, selected))
    try:
        all_there = await _tell(session, selected, wanted, positions)
    except UnknownEncodingError:
        return _UNKNOWN_ENCODING
    if not all_there and not command.uid:
        return allowed.EXPUNGE_ISSUED
    return ok("That is all" if not limited else "These are the newest of them", limited)


async def _changed(
    session: Session, selected: Selected, command: commands.Fetch, positions: Sequence[int]
) -> Sequence[int]:
    """RFC 7162 §3.1.4.1: those changed since; before them with VANISHED what left since (§3.2.6)."""
    since = command.changed_since or 0
    if command.vanished:
        gone = await resync.vanished(selected.view, since, command.numbers)
        session.send(mailbox_responses.vanished(gone, earlier=True))
    modseqs = selected.mailbox.modseqs
    pairs = zip(positions, selected.view.indices(positions), strict=True)
    return [position for position, index in pairs if index >= 0 and modseqs[index] > since]


async def _leaves_unseen(session: Session, selected: Selected) -> bool:
    """RFC 4314 §4: who may not set \\Seen reads without setting it."""
    return selected.read_only or (not selected.owned and "s" not in await allowed.rights(session, selected))


async def _tell(session: Session, selected: Selected, wanted: Plan, positions: Sequence[int]) -> bool:
    """Tell what is wanted of all the messages; whether they were all there."""
    if Item.FLAGS in wanted.columns:
        tell_keywords(session, selected)
    if wanted.octets:
        return await fetch_bodies.tell(session, selected, wanted, positions)
    size = _AT_HAND if wanted.flags_only else _LOOKED_UP
    all_there = True
    for start in range(0, len(positions), size):
        if start:
            session.progress(start, len(positions))
            await session.room()
            await asyncio.sleep(0)  # others have their turn
        part = positions[start : start + size]
        if wanted.flags_only:
            session.send(_flags(session, selected, wanted, part))
            all_there &= not allowed.gone(selected, part)
        else:
            all_there &= await _tell_columns(session, selected, wanted, part)
    return all_there


def _flags(session: Session, selected: Selected, wanted: Plan, positions: Sequence[int]) -> bytes:
    columns = wanted.columns
    return flag_lines(session, selected, positions, uid=Item.UID in columns, modseq=Item.MODSEQ in columns)


async def _tell_columns(session: Session, selected: Selected, wanted: Plan, positions: Sequence[int]) -> bool:
    message_ids = selected.mailbox.message_ids
    ids = [message_ids[index] for index in selected.view.indices(positions) if index >= 0]
    found = await fetch_columns.digests(session, wanted, ids)
    batch = fetch_columns.batch(session, selected, positions, found)
    columns, numbers = fetch_columns.columns(wanted, batch), fetch_columns.numbers(batch)
    session.send(fetch_responses.fetch_rows(numbers, columns, uid_only=session.wants("UIDONLY")))
    return len(batch.positions) == len(positions)


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Fetch: fetch}
