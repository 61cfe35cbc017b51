"""What has changed that the client did not do, and when is it told? RFC 9051 §5.2, IDLE §6.3.13, NOTIFY RFC 5465."""

from dataclasses import replace

from pillarbox.inbox.places import Place
from pillarbox.mail.query import STAR, NumberSet
from pillarbox.proto.imap import commands, list_responses
from pillarbox.proto.imap.commands import EventGroup
from pillarbox.proto.imap.completion import ok
from pillarbox.proto.imap.items import Binary, FetchItem, Section
from pillarbox.store.interface import StoreError

from . import contexts, fetching, updates, watching
from .refusals import MAILBOX_GONE
from .selected import Selected
from .session import Session

_OVERFLOW = ok("This cannot be watched any more; say NOTIFY again", "NOTIFICATIONOVERFLOW").encode("*")


async def tell(session: Session, *, expunges: bool, asked: bool) -> None:
    """What is to be told before a tagged answer, or at once.

    ``expunges``: messages may lose their numbers. ``asked``: the client itself has brought messages or taken them
    away, and is told so even if NOTIFY asked for silence.
    """
    try:
        if session.selected is not None:
            await _tell_selected(session, session.selected, expunges=expunges, asked=asked)
        if session.watching is not None:
            await session.watching.tell()
    except StoreError as error:
        session.role.note_failed(session.visit, "news", error)
        if session.watching is not None:  # something may have been missed by now (RFC 5465 §5.8)
            watching.stop(session)
            session.send(_OVERFLOW)
    listen(session)


def listen(session: Session) -> None:
    """Hear of changes in the selected mailbox when they are to be told at once: in IDLE, or as NOTIFY has it."""
    if session.selected is not None:
        at_once = session.conversation.idling or (session.watching is not None and session.watching.at_once)
        session.selected.view.on_change = session.changed if at_once else None


def now(session: Session) -> bool:
    """Whether expunged messages may be told of at once: not when the client wants to be asked first (RFC 5465 §6.2)."""
    group = session.watching.selected if session.watching is not None else None
    return session.conversation.idling or (group is not None and group.sources.kind == "selected")


async def _tell_selected(session: Session, selected: Selected, *, expunges: bool, asked: bool) -> None:
    if selected.mailbox.gone:
        # RFC 9051 §6.3.5 leaves open what becomes of those who have it open: nothing they do next would make sense.
        session.hang_up(MAILBOX_GONE)
        return
    _tell_name(session, selected)
    watched = session.watching
    if watched is None:
        updates.announce(session, expunges=expunges)
    elif watched.selected is not None and watched.selected.events:
        await _announce_wanted(session, selected, watched.selected, expunges=expunges)
    elif asked:
        # RFC 5465 §3.1: nothing of its messages is wanted, but what the client itself removes it is told of.
        updates.announce(session, expunges=expunges, flags=False)
    if selected.searches:
        await contexts.catch_up(session)


async def _announce_wanted(session: Session, selected: Selected, group: EventGroup, *, expunges: bool) -> None:
    """What NOTIFY asked for, with what is wanted of new messages (RFC 5465 §5.2)."""
    known = selected.view.uids
    last = known[-1] if known else 0
    updates.announce(session, expunges=expunges, flags="FlagChange" in group.events)
    known = selected.view.uids
    if group.fetch and known and known[-1] > last:
        numbers = NumberSet(((last + 1, STAR),))
        await fetching.fetch(session, commands.Fetch(True, numbers, tuple(map(_peeked, group.fetch))))


def _peeked(item: FetchItem) -> FetchItem:
    """RFC 5465 §5.2: being told of a message does not make it seen."""
    return replace(item, peek=True) if isinstance(item, Section | Binary) else item


def _tell_name(session: Session, selected: Selected) -> None:
    """RFC 9051 §6.3.9.7: whoever has a mailbox open that got another name is told of it."""
    place, row = selected.place, selected.mailbox.folder
    if row.name == place.local:
        return
    name = place.name[: len(place.name) - len(place.local)] + row.name
    selected.place = Place(row, place.owner_id, place.owner, name, row.name, place.rights)
    if session.wants("IMAP4REV2"):
        session.send(list_responses.list_response(name, (), utf8=session.utf8, old_name=place.name))
