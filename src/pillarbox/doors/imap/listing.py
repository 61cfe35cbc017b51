"""Which mailboxes are there? LIST, LSUB, NAMESPACE. RFC 9051 §6.3.9, §6.3.10, with RFC 5258, 5819, 8440, 9590."""

from collections.abc import Awaitable, Callable

from pillarbox.inbox import rights
from pillarbox.inbox.listing import Listed, ListOptions
from pillarbox.inbox.namespaces import NAMESPACES
from pillarbox.inbox.places import Place
from pillarbox.proto.imap import commands, list_responses, sharing_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok

from . import notes, status
from .session import Session

# After so many mailboxes the client may have to read first.
_LINES_AT_ONCE = 100


async def list_(session: Session, command: commands.List) -> Completion:
    """LIST and LSUB."""
    tree = session.role.services.tree
    if command.lsub:
        found = await tree.list_subscribed(session.account, command.reference, command.patterns)
        session.send(b"".join([list_responses.lsub(one.name, one.attributes, utf8=session.utf8) for one in found]))
        return ok("Those are what you subscribed to")
    found = await tree.list(session.account, command.reference, command.patterns, _options(command))
    for number, one in enumerate(found):
        await _describe(session, command, one)
        if number % _LINES_AT_ONCE == _LINES_AT_ONCE - 1:
            session.progress(number, len(found))
            await session.room()
    return ok("Those are the mailboxes")


def _options(command: commands.List) -> ListOptions:
    select, returns = command.select, command.returns
    return ListOptions(
        subscribed="SUBSCRIBED" in select,
        recursive="RECURSIVEMATCH" in select,
        special_use="SPECIAL-USE" in select,
        show_subscribed="SUBSCRIBED" in returns,
        extended=command.extended,
    )


async def _describe(session: Session, command: commands.List, one: Listed) -> None:
    """A mailbox, and what else was asked for (RFC 5819 §2: behind its LIST line)."""
    if not one.name:
        session.send(list_responses.delimiter())
        return
    session.send(list_responses.list_response(one.name, one.attributes, utf8=session.utf8, child_info=one.child_info))
    place = one.place
    if place is None or place.folder is None:
        return
    await _describe_place(session, command, place)


async def _describe_place(session: Session, command: commands.List, place: Place) -> None:
    if command.status and "r" in place.rights:
        session.send(await status.line(session, place, command.status))
    if "MYRIGHTS" in command.returns:
        session.send(sharing_responses.my_rights(place.name, rights.shown(place.rights), utf8=session.utf8))
    if command.metadata:
        await notes.tell_of(session, place.name, command.metadata)


async def namespace(session: Session, _command: commands.Namespace) -> Completion:
    """NAMESPACE (RFC 9051 §6.3.10)."""
    session.send(list_responses.namespace(*NAMESPACES, utf8=session.utf8))
    return ok("Those are the namespaces")


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {
    commands.List: list_,
    commands.Namespace: namespace,
}
