"""How do mailboxes come and go? CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE. RFC 9051 §6.3.4 to §6.3.8."""

from collections.abc import Awaitable, Callable

from pillarbox.inbox.namespaces import NAMESPACES
from pillarbox.proto.imap import codes, commands, list_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok

from . import selecting
from .session import Session

_DELIMITER = NAMESPACES.personal[0].delimiter
_CLOSED = ok("The selected mailbox is no more", "CLOSED").encode("*")


async def create(session: Session, command: commands.Create) -> Completion:
    """CREATE, with special uses (RFC 6154 §3) and the new mailbox's id (RFC 8474 §4.1)."""
    place = await session.role.services.tree.create(session.account, command.mailbox, command.uses)
    assert place.folder is not None
    session.role.note_folder(session.visit, "folder_created", place.name)
    asked = command.mailbox.rstrip(_DELIMITER)
    if place.name != asked and session.wants("IMAP4REV2"):
        # RFC 9051 §6.3.4: a name that is kept otherwise is told together with the one that was asked for.
        session.send(list_responses.list_response(place.name, (), utf8=session.utf8, old_name=asked))
    await _absorb(session)
    return ok(f"There is a mailbox {place.name} now", codes.mailbox_id(selecting.folder_id(place.folder.id)))


async def delete(session: Session, command: commands.Delete) -> Completion:
    """DELETE; the mailbox that is selected may be deleted too (RFC 9051 §6.3.5), and is left by it."""
    place = await session.role.services.tree.delete(session.account, command.mailbox, peer=session.visit.peer)
    session.role.note_folder(session.visit, "folder_removed", place.name)
    selected = session.selected
    if selected is not None and place.folder is not None and selected.mailbox.folder.id == place.folder.id:
        await selecting.leave(session)
        session.send(_CLOSED)
    await _absorb(session)
    return ok(f"{place.name} is gone")


async def rename(session: Session, command: commands.Rename) -> Completion:
    """RENAME."""
    tree = session.role.services.tree
    source, target = await tree.rename(session.account, command.old, command.new, peer=session.visit.peer)
    session.role.note_folder(session.visit, "folder_renamed", source.name, to=target.name)
    await _absorb(session)
    return ok(f"{source.name} is called {target.name} now")


async def subscribe(session: Session, command: commands.Subscribe) -> Completion:
    """SUBSCRIBE and UNSUBSCRIBE."""
    name = await session.role.services.tree.subscribe(session.account, command.mailbox, on=command.on)
    await _absorb(session)
    return ok(f"{name} is {'' if command.on else 'not '}among your subscriptions")


async def _absorb(session: Session) -> None:
    """Whoever changes the tree need not be told of it (RFC 5465 §5)."""
    if session.watching is not None:
        await session.watching.absorb()


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.Create: create,
    commands.Delete: delete,
    commands.Rename: rename,
    commands.Subscribe: subscribe,
}
