"""Who answers which command, and what is told before the answer? RFC 9051 §7.5.1."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from pillarbox.inbox.live.mailboxes import FolderGone
from pillarbox.inbox.places import TreeError
from pillarbox.proto.imap import commands
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, bad, no, ok
from pillarbox.store.interface import StoreError, StoreLimit

from . import (
    batches,
    contexts,
    copying,
    expunging,
    fetching,
    folders,
    general,
    listing,
    news,
    notes,
    notifying,
    quotas,
    searching,
    selecting,
    sharing,
    sorting,
    status,
    storing,
)
from .appending import Uploading
from .refusals import GONE, NOT_NOW
from .session import Session

Handler: TypeAlias = Callable[..., Awaitable[Completion]]

# RFC 9051 §7.5.1, RFC 5256 §3: while these are answered, a number means the same message to the end.
_BY_NUMBER = (commands.Fetch, commands.Store, commands.Search, commands.Sort, commands.Thread)
# What takes messages away: the client must hear which, whatever NOTIFY says.
_REMOVING = (commands.Expunge, commands.Copy)

HANDLERS: dict[type[Command], Handler] = {
    **general.HANDLERS,
    **folders.HANDLERS,
    **listing.HANDLERS,
    **status.HANDLERS,
    **sharing.HANDLERS,
    **quotas.HANDLERS,
    **notes.HANDLERS,
    **notifying.HANDLERS,
    **selecting.HANDLERS,
    **fetching.HANDLERS,
    **storing.HANDLERS,
    **copying.HANDLERS,
    **expunging.HANDLERS,
    **searching.HANDLERS,
    **sorting.HANDLERS,
    **contexts.HANDLERS,
    **batches.HANDLERS,
}


async def perform(session: Session, command: Command) -> Completion:
    """Do ``command``, tell the client what else has changed, and give the tagged answer."""
    completion = await _outcome(session, type(command).__name__, HANDLERS[type(command)](session, command))
    if not isinstance(command, commands.Select):  # its answer shows one state of the mailbox, not two
        await news.tell(session, expunges=may_expunge(command), asked=isinstance(command, _REMOVING))
    return completion


async def perform_upload(session: Session, uploading: Uploading) -> Completion:
    """Store what APPEND or REPLACE brought, tell the client what has changed, and give the tagged answer."""
    completion = await _outcome(session, "Append", uploading.finish())
    await news.tell(session, expunges=True, asked=True)
    return completion


async def begin_idle(session: Session) -> None:
    """RFC 9051 §6.3.13: what has happened so far is told at once, and from now on all that happens."""
    if session.selected is not None:
        await _outcome(session, "Idle", _caught_up(session))
    await tell_news(session)


async def end_idle(session: Session) -> Completion:
    """DONE."""
    await news.tell(session, expunges=True, asked=False)
    return ok("No longer idle")


async def tell_news(session: Session) -> None:
    """What has happened while no command is at work."""
    if not session.conversation.idling and session.watching is None:
        news.listen(session)  # the client is no longer idle
        return
    await news.tell(session, expunges=news.now(session), asked=False)


async def _caught_up(session: Session) -> Completion:
    assert session.selected is not None
    await session.selected.mailbox.refresh()
    return ok("")


async def _outcome(session: Session, what: str, work: Awaitable[Completion]) -> Completion:
    """What the work came to, whatever goes wrong below."""
    try:
        return await work
    except TreeError as error:
        return bad(error.text, error.code) if error.bad else no(error.text, error.code)
    except FolderGone:
        return GONE
    except StoreLimit as error:
        return no(str(error), "LIMIT")
    except (StoreError, OSError) as error:
        session.role.note_failed(session.visit, what, error)
        return NOT_NOW


def may_expunge(command: Command) -> bool:
    """Whether messages may lose their numbers before the answer to ``command``."""
    return not isinstance(command, _BY_NUMBER) or command.uid
