"""How does a message leave a mailbox for good? EXPUNGE and UID EXPUNGE (RFC 9051 §6.4.3, §6.4.9), and CLOSE.

What left is told by ``updates.announce`` before the tagged answer; the messages' stories tell who removed them.
"""

from collections.abc import Awaitable, Callable, Sequence

from pillarbox.observe.story import Chapter
from pillarbox.proto.imap import codes, commands
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok
from pillarbox.store.rows import Flags

from . import allowed, updates
from .selected import Selected
from .session import SERVICE, Session

_DELETED = Flags.DELETED.value


async def expunge(session: Session, command: commands.Expunge) -> Completion:
    """EXPUNGE removes all that is marked as deleted, UID EXPUNGE what is named and marked."""
    selected = session.selected
    assert selected is not None
    refused = await allowed.refusal(session, selected, "e", "remove messages for good")
    if refused is not None:
        return refused
    named: Sequence[int] | None = None
    if command.uids is not None:
        named = selected.view.numbers(command.uids, True, session.saved)
    uids, limited = _limited(session, deleted(selected, named), command)
    removed = await remove(session, selected, uids)
    if not removed:
        return ok("Nothing was to be removed")
    text = f"{removed} {'message is' if removed == 1 else 'messages are'} gone for good"
    updates.announce(session, expunges=True)
    if limited:
        return ok(text, limited)
    # RFC 7162 §3.2.7: so that a client that keeps its copy in step need not ask.
    return ok(text, codes.highest_modseq(selected.view.modseq) if session.wants("QRESYNC") else "")


def deleted(selected: Selected, positions: Sequence[int] | None = None) -> list[int]:
    """The UIDs marked as deleted, of those that the client knows, or of those at ``positions`` only."""
    view, mailbox = selected.view, selected.mailbox
    if positions is None:
        marked, uids, last = mailbox.having(_DELETED), mailbox.uids, view.uids[-1] if view.uids else 0
        # A message that came after the client looked is none that it wants to remove.
        return [uid for uid, mark in zip(uids, marked, strict=True) if mark and uid <= last]
    flags, indices = mailbox.flags, view.indices(positions)
    return [mailbox.uids[index] for index in indices if index >= 0 and flags[index] & _DELETED]


def _limited(session: Session, uids: list[int], command: commands.Expunge) -> tuple[list[int], str]:
    """RFC 9738 §3.1: UID EXPUNGE of too many begins with the newest and says how far it came; EXPUNGE has no limit."""
    limit = session.role.message_limit
    if command.uids is None or limit is None or len(uids) <= limit:
        return uids, ""
    return uids[-limit:], codes.message_limit(limit, uids[-limit])


async def remove(session: Session, selected: Selected, uids: Sequence[int]) -> int:
    """Remove messages, with a chapter in the story of each; how many were removed."""
    if not uids:
        return 0
    services = session.role.services
    chapter = Chapter(services.clock.now)
    chapter.add("expunged", user=session.visit.user, service=SERVICE, folder=selected.name, peer=session.visit.peer)
    removed = await services.store.expunge(selected.mailbox.folder.id, uids, chapter.encode())
    await selected.mailbox.refresh()
    session.role.note_expunged(session.visit, selected.name, len(removed))
    return len(removed)


async def silently(session: Session, selected: Selected) -> int | None:
    """CLOSE: remove what is marked as deleted, if the client may; the MODSEQ that it knows all up to when something
    was removed, which is not told."""
    if selected.read_only or await allowed.refusal(session, selected, "e", "remove messages") is not None:
        return None
    known = selected.view.modseq
    if not await remove(session, selected, deleted(selected)):
        return None
    # One MODSEQ for the removal itself: if there are more, others have changed what the client was not told of.
    now = selected.mailbox.folder.modseq
    return now if now == known + 1 else known


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Expunge: expunge}
