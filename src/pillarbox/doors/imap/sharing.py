"""Who may do what in a mailbox? SETACL, DELETEACL, GETACL, LISTRIGHTS, MYRIGHTS. RFC 4314 §3."""

from collections.abc import Awaitable, Callable

from pillarbox.proto.imap import commands, sharing_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok

from .hub import RightsChanged
from .session import Session


async def set_acl(session: Session, command: commands.SetAcl) -> Completion:
    """SETACL and DELETEACL."""
    services = session.role.services
    place = await services.tree.set_rights(
        session.account, command.mailbox, command.identifier, command.rights, command.mode
    )
    rights = command.mode + (command.rights or "none")
    session.role.note_folder(session.visit, "rights_set", place.name, identifier=command.identifier, rights=rights)
    if place.folder is not None:
        services.hub.tell(RightsChanged(place.folder.id))
    return ok(f"The rights of {command.identifier} are set")


async def get_acl(session: Session, command: commands.GetAcl) -> Completion:
    """GETACL."""
    place, given = await session.role.services.tree.rights(session.account, command.mailbox)
    session.send(sharing_responses.acl(place.name, given, utf8=session.utf8))
    return ok("Those are the rights")


async def list_rights(session: Session, command: commands.ListRights) -> Completion:
    """LISTRIGHTS."""
    found = await session.role.services.tree.rights_to_give(session.account, command.mailbox, command.identifier)
    session.send(
        sharing_responses.list_rights(
            found.place.name, found.identifier, found.always, found.optional, utf8=session.utf8
        )
    )
    return ok("Those can be given")


async def my_rights(session: Session, command: commands.MyRights) -> Completion:
    """MYRIGHTS."""
    place, letters = await session.role.services.tree.my_rights(session.account, command.mailbox)
    session.send(sharing_responses.my_rights(place.name, letters, utf8=session.utf8))
    return ok("That is what you may do")


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.SetAcl: set_acl,
    commands.GetAcl: get_acl,
    commands.ListRights: list_rights,
    commands.MyRights: my_rights,
}
