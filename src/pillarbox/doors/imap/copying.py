"""How do messages get from one mailbox into another? COPY and MOVE. RFC 9051 §6.4.7-8, COPYUID RFC 4315 §3.

All messages of a command are copied or moved, or none (RFC 9051 §6.4.7).
"""

from collections.abc import Awaitable, Callable, Sequence

from pillarbox.inbox.tree import Place
from pillarbox.observe.story import Chapter
from pillarbox.proto.imap import codes, commands
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, no, ok
from pillarbox.store.rows import Copied, CopyOrder, FolderRow

from . import allowed, updates
from .flag_lines import system_flags
from .limiting import newest
from .refusals import NO_SUCH_NUMBER, NOT_THERE
from .selected import Selected
from .session import SERVICE, Session

_NO_TARGET = no("There is no such mailbox; CREATE makes it", "TRYCREATE")
_FULL = no("There is not enough room for that in the mailbox", "OVERQUOTA")


async def copy(session: Session, command: commands.Copy) -> Completion:
    """COPY, MOVE, UID COPY and UID MOVE."""
    selected = session.selected
    assert selected is not None
    if not command.uid and selected.view.outside(command.numbers):
        return NO_SUCH_NUMBER
    # RFC 6851 §4.3: to move is to copy, mark as deleted and expunge.
    refused = await allowed.refusal(session, selected, "te", "take messages away") if command.move else None
    if refused is not None:
        return refused
    place = await session.role.services.tree.find(session.account, command.mailbox)
    if place.folder is None:
        return _NO_TARGET
    if "i" not in place.rights:
        return NOT_THERE
    positions = selected.view.numbers(command.numbers, command.uid, session.saved)
    done, limited = newest(session, positions)
    if limited and not command.move:
        # RFC 9738 §3.2: half a copy would have to be undone.
        limit = session.role.message_limit
        return no(f"At most {limit} messages are copied by one command", codes.message_limit(limit or 0))
    if not done:
        return ok("There was nothing to " + ("move" if command.move else "copy"))
    return await _transfer(session, selected, command, (place, place.folder), (done, limited))


async def _transfer(
    session: Session,
    selected: Selected,
    command: commands.Copy,
    target: tuple[Place, FolderRow],
    messages: tuple[Sequence[int], str],
) -> Completion:
    place, folder = target
    positions, limited = messages
    uids = [selected.view.uids[at] for at in positions]
    if not command.uid and allowed.gone(selected, positions):
        return allowed.EXPUNGE_ISSUED  # RFC 2180 §4.4.1: all of them, or none
    chapter = Chapter(session.role.services.clock.now)
    kind = "moved" if command.move else "copied"
    chapter.add(
        kind, user=session.visit.user, service=SERVICE, folder=selected.name, to=place.name, peer=session.visit.peer
    )
    # RFC 4314 §4: a copy has only the flags that its maker may set there.
    order = CopyOrder(
        selected.mailbox.folder.id, uids, folder.id, move=command.move, chapter=chapter.encode(),
        flags=system_flags(place.rights), keywords="w" in place.rights,
    )  # fmt: skip
    copied = await session.role.services.store.copy(order)
    if copied.full:
        return _FULL
    if not copied.pairs:
        return ok("These messages are gone already")
    session.role.note_copied(session.visit, kind, selected.name, place.name, len(copied.pairs))
    return await _answer(session, selected, command, copied, limited)


async def _answer(
    session: Session, selected: Selected, command: commands.Copy, copied: Copied, limited: str
) -> Completion:
    sources, targets = zip(*copied.pairs, strict=True)
    code = codes.copy_uid(copied.uidvalidity, sources, targets)
    count = len(sources)
    text = f"{count} message{'' if count == 1 else 's'} {'moved' if command.move else 'copied'}"
    await selected.mailbox.refresh()  # it may be the target, too
    if not command.move:
        return ok(text, code)
    # RFC 6851 §4.3: the client learns where the messages are before it learns that they are gone.
    session.send(ok(text, code).encode("*"))
    updates.announce(session, expunges=True)
    if limited:
        return ok("The newest of them are moved", limited)
    # RFC 7162 §3.2.7: a client that keeps its copy in step need not ask.
    return ok("Done", codes.highest_modseq(selected.view.modseq) if session.wants("QRESYNC") else "")


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Copy: copy}
