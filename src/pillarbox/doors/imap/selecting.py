"""How is a mailbox selected, and left? SELECT, EXAMINE, CLOSE, UNSELECT, CHECK. RFC 9051 §6.3.2, §6.3.3, §6.4.1-2.

With CONDSTORE and QRESYNC (RFC 7162 §3.1.8, §3.2.5), OBJECTID (RFC 8474 §4) and the rights of RFC 4314.
"""

from collections.abc import Awaitable, Callable

from pillarbox.inbox.live import resync
from pillarbox.inbox.live.view import View
from pillarbox.proto.imap import codes, commands, list_responses, mailbox_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, bad, ok

from . import expunging
from .flag_lines import describe_flags, flag_lines
from .refusals import NO_SUCH_MAILBOX, NOT_YOURS
from .selected import Selected
from .session import Session

# RFC 4314 §5.2: who has none of these can change nothing in the mailbox.
_CHANGING = frozenset("istwe")

_CLOSED = ok("The mailbox before is closed", "CLOSED").encode("*")


async def select(session: Session, command: commands.Select) -> Completion:
    """SELECT and EXAMINE."""
    if command.qresync is not None and not session.wants("QRESYNC"):
        return bad("ENABLE QRESYNC first")
    if session.selected is not None:
        await leave(session)
        # RFC 9051 §7.1, CLOSED: what is told from here on is about the new mailbox.
        session.send(_CLOSED)
    services = session.role.services
    place = await services.tree.find(session.account, command.mailbox)
    if place.folder is None:
        return NO_SUCH_MAILBOX
    if "r" not in place.rights:
        return NOT_YOURS
    mailbox = await services.mailboxes.open(place.folder.id)
    read_only = command.read_only or _CHANGING.isdisjoint(place.rights)
    owned = place.owner_id == session.account.id
    selected = Selected(View(mailbox, read_only), mailbox, place, owned, read_only)
    session.selected = selected
    session.conversation.selected(True)
    if command.condstore or command.qresync is not None:
        session.conversation.enable("CONDSTORE")
    _describe(session, selected)
    if command.qresync is not None:
        await _tell_missed(session, selected, command.qresync)
    session.role.note_selected(session.visit, place.name, read_only=read_only)
    if read_only:
        return ok(f"{place.name} is open for reading", "READ-ONLY")
    return ok(f"{place.name} is open", "READ-WRITE")


def _describe(session: Session, selected: Selected) -> None:
    """What the client must know of the mailbox (RFC 9051 §6.3.2; RECENT and UNSEEN are for RFC 3501 §6.3.1)."""
    view, mailbox, place = selected.view, selected.mailbox, selected.place
    rev2 = session.wants("IMAP4REV2")
    tell = session.send
    describe_flags(session, selected)
    tell(mailbox_responses.exists(len(view.uids)))
    if not rev2:
        tell(mailbox_responses.recent(view.recent))
        unseen = mailbox.first_unseen()
        if unseen >= 0:
            tell(_fact("The first that is unseen", codes.unseen(unseen + 1)))
    folder = mailbox.folder
    tell(_fact("UIDs are valid", codes.uid_validity(folder.uidvalidity)))
    tell(_fact("The next UID", codes.uid_next(folder.uidnext)))
    tell(_fact("The highest MODSEQ", codes.highest_modseq(folder.modseq)))
    tell(_fact("The mailbox's own id", codes.mailbox_id(folder_id(folder.id))))
    if rev2:
        tell(list_responses.list_response(place.name, (), utf8=session.utf8))


async def _tell_missed(session: Session, selected: Selected, wish: commands.Qresync) -> None:
    """What happened since the client was last here (RFC 7162 §3.2.5); nothing when it knows another mailbox."""
    if wish.uidvalidity != selected.mailbox.folder.uidvalidity:
        return
    missed = await resync.missed(selected.view, wish.modseq, wish.known, wish.match)
    session.send(mailbox_responses.vanished(missed.vanished, earlier=True))
    session.send(flag_lines(session, selected, missed.changed, uid=True, modseq=True))


def _fact(text: str, code: str) -> bytes:
    return ok(text, code).encode("*")


def folder_id(number: int) -> str:
    """A folder's object id (RFC 8474 §4.1)."""
    return f"F{number}"


async def leave(session: Session) -> None:
    """Nothing is selected any more: nobody is told, nothing is expunged."""
    selected, session.selected = session.selected, None
    session.saved = []
    if selected is None:
        return
    session.conversation.selected(False)
    await selected.view.close()
    session.role.services.mailboxes.close(selected.mailbox)


async def close(session: Session, command: commands.Close) -> Completion:
    """CLOSE removes what is marked as deleted, as far as the client may; UNSELECT does not (RFC 9051 §6.4.2)."""
    selected = session.selected
    assert selected is not None
    modseq = await expunging.silently(session, selected) if command.expunge else None
    name = selected.name
    await leave(session)
    # RFC 7162 §3.2.8: so that a client that keeps its copy in step need not ask.
    code = codes.highest_modseq(modseq) if modseq is not None and session.wants("QRESYNC") else ""
    return ok(f"{name} is closed", code)


async def check(session: Session, _command: commands.Check) -> Completion:
    """CHECK (RFC 3501 §6.4.1): everything is kept at once here; news is told as by NOOP."""
    assert session.selected is not None
    await session.selected.mailbox.refresh()
    return ok("All is kept")


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.Select: select,
    commands.Close: close,
    commands.Check: check,
}
