"""What is noted on a mailbox or on the server? GETMETADATA, SETMETADATA. RFC 5464 §4; in LIST RFC 9590."""

from collections.abc import Awaitable, Callable, Sequence

from pillarbox.inbox.places import TreeError
from pillarbox.proto.imap import codes, commands, sharing_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok

from .hub import NotesChanged
from .session import Session


async def get_metadata(session: Session, command: commands.GetMetadata) -> Completion:
    """GETMETADATA."""
    found = await session.role.services.tree.notes(
        session.account, command.mailbox, command.entries, command.depth, command.max_size
    )
    name = found.place.name if found.place is not None else ""
    session.send(sharing_responses.metadata(name, found.values.items(), utf8=session.utf8))
    code = "" if found.longest is None else codes.metadata_long_entries(found.longest)
    return ok("That is what is noted", code)


async def set_metadata(session: Session, command: commands.SetMetadata) -> Completion:
    """SETMETADATA."""
    services = session.role.services
    values = dict(command.values)
    place = await services.tree.set_notes(session.account, command.mailbox, values)
    folder_id = place.folder.id if place is not None and place.folder is not None else 0
    changed = [name.lower() for name in values]
    services.hub.tell(NotesChanged(session.account.id, folder_id, changed, session))
    return ok("It is noted")


async def tell_of(session: Session, name: str, entries: Sequence[str]) -> None:
    """RFC 9590 §3: the notes on a mailbox behind its LIST line; nothing where they may not be read."""
    try:
        found = await session.role.services.tree.notes(session.account, name, entries)
    except TreeError as error:
        if error.bad:
            raise
        return
    session.send(sharing_responses.metadata(name, found.values.items(), utf8=session.utf8))


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.GetMetadata: get_metadata,
    commands.SetMetadata: set_metadata,
}
