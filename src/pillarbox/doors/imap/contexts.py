"""How does a search stay up to date? UPDATE and CANCELUPDATE. RFC 5267 §4.3.

After a change only what changed is looked at again. What is found anew is told when its message has a number
(ADDTO), what is found no more at once (REMOVEFROM), and of what left before its number goes.
"""

from collections.abc import Awaitable, Callable, Sequence
from itertools import groupby

from pillarbox.inbox.live import resync
from pillarbox.inbox.live.view import Updates
from pillarbox.inbox.search.searcher import SearchTooCostly
from pillarbox.mail.query import And, NumberSet, Uids
from pillarbox.proto.imap import codes, commands, search_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, bad, no, ok
from pillarbox.proto.imap.search_responses import Found

from .criteria import is_lasting
from .results import numbers
from .selected import LiveSearch, Selected
from .session import Session


def begin(session: Session, selected: Selected, tag: str, live: LiveSearch) -> None:
    """Keep a search up to date from now on, or say that it is not (RFC 5267 §4.3.1)."""
    limit = session.role.settings.searches
    if len(selected.searches) >= limit:
        refused = no(f"At most {limit} searches are kept up to date", codes.no_update(tag))
    elif not is_lasting(live.criterion):
        refused = no("A search by message numbers or by $ means something else tomorrow", codes.no_update(tag))
    else:
        selected.searches[tag] = live
        return
    session.send(refused.encode("*"))


async def cancel(session: Session, command: commands.CancelUpdate) -> Completion:
    """CANCELUPDATE."""
    selected = session.selected
    assert selected is not None
    unknown = [tag for tag in command.tags if tag not in selected.searches]
    if unknown:
        return bad(f"No search of the tag {unknown[0]} is kept up to date")
    for tag in command.tags:
        selected.searches.pop(tag, None)
    return ok("These are not kept up to date any more")


def expunged(session: Session, selected: Selected, updates: Updates) -> None:
    """Messages are about to lose their numbers: they are not found any more (RFC 5267 §4.3.4)."""
    before = {uid: number + at for at, (uid, number) in enumerate(zip(updates.expunged, updates.numbers, strict=True))}
    for tag, live in selected.searches.items():
        gone = set(before).intersection(live.found)
        _tell_removed(session, tag, live, gone, before.__getitem__)


async def catch_up(session: Session) -> None:
    """Look again at what has changed since each search; to be awaited after ``updates.announce``."""
    selected = session.selected
    if selected is None:
        return
    for tag, live in list(selected.searches.items()):
        changed = resync.changed_since(selected.view, live.modseq)
        live.modseq = selected.view.modseq
        if not changed:
            continue
        try:
            await _look_again(session, selected, tag, live, numbers(selected, changed, uid=True))
        except SearchTooCostly as error:
            del selected.searches[tag]
            session.send(no(f"That search costs too much: {error}", codes.no_update(tag)).encode("*"))


async def _look_again(session: Session, selected: Selected, tag: str, live: LiveSearch, changed: list[int]) -> None:
    view, searcher = selected.view, session.role.services.searcher
    these = Uids(NumberSet(tuple((uid, uid) for uid in changed)))
    now = set(numbers(selected, await searcher.search(view, And((these, live.criterion)), ()), uid=True))
    before = set(live.found)
    call = _number_of(selected)
    _tell_removed(session, tag, live, before.intersection(changed) - now, call)
    added = now - before
    if not added:
        return
    if live.keys:
        await _sort_in(session, selected, tag, live, added)
    else:
        live.found = sorted(before & set(live.found) | added)
        told = sorted(uid if live.uid else call(uid) for uid in added)
        session.send(_added(session, tag, live, [(0, told)]))


async def _sort_in(session: Session, selected: Selected, tag: str, live: LiveSearch, added: set[int]) -> None:
    """RFC 5267 §4.3.3: where in the order a message was added is told with it."""
    members = Uids(NumberSet(tuple((uid, uid) for uid in sorted(added.union(live.found)))))
    order = await session.role.services.searcher.sort(selected.view, members, live.keys, ())
    live.found = numbers(selected, order, uid=True)
    call = _number_of(selected)
    places = [(place, uid) for place, uid in enumerate(live.found, 1) if uid in added]
    told = []
    # Neighbours go together: "ADDTO (3 17:19)" adds them at the places 3, 4 and 5.
    for _, run in groupby(enumerate(places), key=lambda pair: pair[1][0] - pair[0]):
        run_places = [pair[1] for pair in run]
        told.append((run_places[0][0], [uid if live.uid else call(uid) for _, uid in run_places]))
    session.send(_added(session, tag, live, told))


def _tell_removed(session: Session, tag: str, live: LiveSearch, gone: set[int], call: Callable[[int], int]) -> None:
    if not gone:
        return
    uids = [uid for uid in live.found if uid in gone]
    told = [(0, sorted(uid if live.uid else call(uid) for uid in uids))]
    if live.keys:
        # RFC 5267 §4.3.4: each place counts when those before it are removed.
        told = [(live.found.index(uid) + 1 - at, [uid if live.uid else call(uid)]) for at, uid in enumerate(uids)]
    live.found = [uid for uid in live.found if uid not in gone]
    session.send(search_responses.esearch(tag, Found(removed=told), uid=live.uid, utf8=session.utf8))


def _added(session: Session, tag: str, live: LiveSearch, told: Sequence[tuple[int, Sequence[int]]]) -> bytes:
    return search_responses.esearch(tag, Found(added=told), uid=live.uid, utf8=session.utf8)


def _number_of(selected: Selected) -> Callable[[int], int]:
    return lambda uid: selected.view.position(uid) + 1


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.CancelUpdate: cancel}
