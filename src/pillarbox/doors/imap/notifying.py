"""What does a client want to be told without asking? NOTIFY. RFC 5465 §3."""

from collections.abc import Awaitable, Callable

from pillarbox.proto.imap import commands
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, no, ok

from . import watching
from .session import Session
from .watching import TooManyFolders, Watching

_OVERFLOW = no("These are too many mailboxes to be watched", "NOTIFICATIONOVERFLOW")


async def notify(session: Session, command: commands.Notify) -> Completion:
    """NOTIFY SET and NOTIFY NONE: what was asked for before is forgotten."""
    watching.stop(session)
    watched = Watching(session, command.groups)
    try:
        await watched.begin()
    except TooManyFolders:
        return _OVERFLOW
    if command.status:
        await watched.tell_all()
    session.watching = watched
    return ok("You will be told" if command.groups else "You will be told of nothing")


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Notify: notify}
