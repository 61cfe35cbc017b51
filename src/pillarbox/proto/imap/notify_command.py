"""How is NOTIFY read? RFC 5465 §8."""

from collections.abc import Callable

from .commands import EventGroup, Notify, Sources
from .fetch_items import item
from .grammar import Cursor
from .items import FetchItem
from .refusals import mistake, refusal
from .settings import ServerSettings
from .sources import filter_mailboxes

# RFC 5465 §5, in its spelling. AnnotationChange belongs to RFC 5257, which is not done here.
_EVENTS = {
    name.upper(): name
    for name in (
        "MessageNew", "MessageExpunge", "FlagChange", "MailboxName", "SubscriptionChange", "MailboxMetadataChange",
        "ServerMetadataChange",
    )
}  # fmt: skip
_OF_MESSAGES = {"MessageNew", "MessageExpunge", "FlagChange"}


def notify(cursor: Cursor, settings: ServerSettings) -> Notify:
    """NOTIFY SET [STATUS] event-groups, or NOTIFY NONE; behind the name."""
    cursor.space()
    if cursor.took_word(b"NONE"):
        return Notify(())
    if not cursor.took_word(b"SET"):
        raise cursor.expected("SET or NONE")
    cursor.space()
    status = cursor.took_word(b"STATUS")
    if status:
        cursor.space()
    groups = [_group(cursor)]
    while cursor.took(b" "):
        if len(groups) == settings.event_groups:
            raise refusal("These are too many groups of events", "LIMIT")
        groups.append(_group(cursor))
    if sum(_is_selected(group.sources) for group in groups) > 1:
        # RFC 5465 §6.1 and §6.2: one of both, once.
        raise mistake("selected and selected-delayed stand once, and not both")
    return Notify(tuple(groups), status)


def _is_selected(sources: Sources) -> bool:
    return sources.kind.startswith("selected")


def _group(cursor: Cursor) -> EventGroup:
    """event-group = "(" filter-mailboxes SP events ")"."""
    cursor.take(b"(")
    sources = filter_mailboxes(cursor)
    cursor.space()
    fetch: list[FetchItem] = []
    events: frozenset[str] = frozenset()
    if not cursor.took_word(b"NONE"):
        events = frozenset(cursor.listed(_event(fetch)))
    cursor.take(b")")
    _check(sources, events, fetch)
    return EventGroup(sources, events, tuple(fetch))


def _event(fetch: list[FetchItem]) -> Callable[[Cursor], str]:
    """Reads an event; what MessageNew brings with it goes to ``fetch``."""

    def read(cursor: Cursor) -> str:
        name = _EVENTS.get(cursor.word("an event"))
        if name is None:
            # RFC 5465 §3.1: the answer says which there are.
            raise refusal("This event is not known", f"BADEVENT ({' '.join(_EVENTS.values())})")
        if name == "MessageNew" and cursor.took(b" ("):
            cursor.at -= 1
            fetch.extend(cursor.listed(item))
        return name

    return read


def _check(sources: Sources, events: frozenset[str], fetch: list[FetchItem]) -> None:
    of_messages = events & _OF_MESSAGES
    # RFC 5465 §5: these are told together or not at all, and flags only beside both.
    if of_messages and not {"MessageNew", "MessageExpunge"} <= of_messages:
        raise mistake("MessageNew and MessageExpunge stand together, FlagChange only beside both")
    if not _is_selected(sources):
        if fetch:
            raise mistake("Only the selected mailbox tells what is in a new message")
    elif events - _OF_MESSAGES:
        # RFC 5465 §6.1: events of mailboxes have no place in what is selected.
        raise mistake("The selected mailbox tells of its messages only")
