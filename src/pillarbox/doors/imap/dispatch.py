"""Who answers which command, and what may be told before the answer? RFC 9051 §7.5.1."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from pillarbox.inbox.live.mailboxes import FolderGone
from pillarbox.inbox.tree import TreeError
from pillarbox.proto.imap import commands
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, no
from pillarbox.store.interface import StoreError

from . import updates
from .session import Session

Handler: TypeAlias = Callable[..., Awaitable[Completion]]

# RFC 9051 §7.5.1, RFC 5256 §3: while these are answered, a number means the same message to the end.
_BY_NUMBER = (commands.Fetch, commands.Store, commands.Search, commands.Sort, commands.Thread)

HANDLERS: dict[type[Command], Handler] = {}


async def perform(session: Session, command: Command) -> Completion:
    """Do ``command``, tell the client what else has changed in its mailbox, and give the tagged answer."""
    try:
        completion = await HANDLERS[type(command)](session, command)
    except TreeError as error:
        completion = no(error.text, error.code)
    except FolderGone:
        completion = no("There is no such mailbox any more", "NONEXISTENT")
    except (StoreError, OSError) as error:
        session.role.note_failed(session.visit, type(command).__name__.upper(), error)
        completion = no("That is not possible at this moment; try again later", "UNAVAILABLE")
    if session.view is not None:
        updates.announce(session, expunges=may_expunge(command))
    return completion


def may_expunge(command: Command) -> bool:
    """Whether messages may lose their numbers before the answer to ``command``."""
    return not isinstance(command, _BY_NUMBER) or command.uid
