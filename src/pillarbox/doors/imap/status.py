"""What are a mailbox's counts? STATUS. RFC 9051 §6.3.11; RFC 8438 (SIZE), 8474 (MAILBOXID), 7889, 9208 §4.1.4."""

from bisect import bisect_left
from collections.abc import Awaitable, Callable, Mapping, Sequence

from pillarbox.inbox.places import Place
from pillarbox.proto.imap import commands, list_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok
from pillarbox.store.rows import FolderRow

from .refusals import NO_SUCH_MAILBOX, NOT_YOURS
from .selecting import folder_id
from .session import Session

# RFC 9208 §5.1: storage is counted in units of 1,024 octets.
_UNIT = 1024

_VALUES: Mapping[str, Callable[[FolderRow], int | str]] = {
    "MESSAGES": lambda folder: folder.messages,
    "UIDNEXT": lambda folder: folder.uidnext,
    "UIDVALIDITY": lambda folder: folder.uidvalidity,
    "UNSEEN": lambda folder: folder.unseen,
    "DELETED": lambda folder: folder.deleted,
    "DELETED-STORAGE": lambda folder: -(-folder.deleted_octets // _UNIT),
    "SIZE": lambda folder: folder.octets,
    "HIGHESTMODSEQ": lambda folder: folder.modseq,
    "MAILBOXID": lambda folder: folder_id(folder.id),
}


async def status(session: Session, command: commands.Status) -> Completion:
    """STATUS."""
    place = await session.role.services.tree.find(session.account, command.mailbox)
    if place.folder is None:
        return NO_SUCH_MAILBOX
    if "r" not in place.rights:
        return NOT_YOURS
    session.send(await line(session, place, command.items))
    return ok("That is how it stands")


async def line(session: Session, place: Place, items: Sequence[str]) -> bytes:
    """The counts of a mailbox that is there, as they stand in the store."""
    folder = place.folder
    assert folder is not None
    if "HIGHESTMODSEQ" in items:
        session.conversation.enable("CONDSTORE")  # RFC 7162 §3.1
    values = [(item, await _value(session, folder, item)) for item in items]
    return list_responses.status(place.name, values, utf8=session.utf8)


async def _value(session: Session, folder: FolderRow, item: str) -> int | str:
    if item == "RECENT":
        return await _recent(session, folder)
    if item == "APPENDLIMIT":
        return session.role.append_limit
    return _VALUES[item](folder)


async def _recent(session: Session, folder: FolderRow) -> int:
    """How many messages no session was told of yet (RFC 3501 §2.3.2)."""
    if folder.recent >= folder.uidnext or not folder.messages:
        return 0
    mailboxes = session.role.services.mailboxes
    mailbox = await mailboxes.open(folder.id)
    count = len(mailbox.uids) - bisect_left(mailbox.uids, mailbox.recent)
    mailboxes.close(mailbox)
    return count


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Status: status}
