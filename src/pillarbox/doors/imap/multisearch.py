"""How are several mailboxes searched at once? ESEARCH IN (…). RFC 7377.

Each mailbox is looked at as by EXAMINE, one after the other, and answered for itself; one without a hit is not told.
"""

from collections.abc import Sequence
from dataclasses import replace

from pillarbox.inbox.live.mailboxes import FolderGone
from pillarbox.inbox.live.view import View
from pillarbox.inbox.places import Place
from pillarbox.inbox.search.searcher import SearchTooCostly
from pillarbox.proto.imap import commands, search_responses
from pillarbox.proto.imap.commands import Results, Sources
from pillarbox.proto.imap.completion import Completion, bad, no, ok

from .criteria import asks_modseq, is_lasting
from .results import as_results, found, is_silent, largest_modseq, meant, numbers
from .selected import Selected
from .session import Session
from .sources import means

_SELECTED_KINDS = ("selected", "selected-delayed")
_NOT_LASTING = bad("Message numbers and $ mean nothing in other mailboxes")
_NOTHING_SELECTED = bad("No mailbox is selected")
_ONE_ONLY = bad("SAVE, CONTEXT and UPDATE are for the selected mailbox alone")


async def search(session: Session, command: commands.Search) -> Completion:
    """ESEARCH with or without IN."""
    results = as_results(command.results, rev2=True)
    assert results is not None
    only_selected = all(sources.kind in _SELECTED_KINDS for sources in command.sources)
    if only_selected and session.selected is None:
        return _NOTHING_SELECTED
    if not only_selected and not results.wanted.isdisjoint({"SAVE", "UPDATE", "CONTEXT"}):
        return _ONE_ONLY
    if not only_selected and not is_lasting(command.criterion):
        return _NOT_LASTING
    places = await _places(session, command.sources)
    limit = session.role.settings.search_folders
    if len(places) > limit:
        return no(f"At most {limit} mailboxes are searched at once", "LIMIT")
    hits = 0
    for place in places:
        try:
            hits += await _search_one(session, place, command, results)
        except SearchTooCostly as error:
            if "SAVE" in results.wanted:
                session.saved = []
            return no(f"That search costs too much: {error}", "LIMIT")
        except FolderGone:
            continue
        await session.room()
    return ok(f"{hits} found in {len(places)} mailbox{'' if len(places) == 1 else 'es'}")


async def _places(session: Session, sources: Sequence[Sources]) -> list[Place]:
    """The mailboxes that are meant and that the client may read, each once (RFC 7377 §2.2)."""
    services, selected = session.role.services, session.selected
    kinds = {one.kind for one in sources}
    places: dict[str, Place] = {}
    if selected is not None and not kinds.isdisjoint(_SELECTED_KINDS):
        places[selected.name] = selected.place
    if kinds.issubset(_SELECTED_KINDS):
        return list(places.values())
    subscribed = set(await services.store.subscriptions(session.account.id)) if "subscribed" in kinds else set()
    for place in await services.tree.places(session.account):
        own = place.owner_id == session.account.id
        if "r" in place.rights and any(
            means(one, place.name, own=own, subscribed=place.name in subscribed) for one in sources
        ):
            places.setdefault(place.name, place)
    return list(places.values())


async def _search_one(session: Session, place: Place, command: commands.Search, results: Results) -> int:
    """Search one mailbox and tell what was found in it; how many."""
    selected = session.selected
    if selected is not None and selected.name == place.name:
        return await _find(session, selected, command, results)
    assert place.folder is not None
    mailboxes = session.role.services.mailboxes
    mailbox = await mailboxes.open(place.folder.id)
    view = View(mailbox, read_only=True)
    try:
        return await _find(session, Selected(view, mailbox, place, owned=True, read_only=True), command, results)
    finally:
        await view.close()
        mailboxes.close(mailbox)


async def _find(session: Session, where: Selected, command: commands.Search, results: Results) -> int:
    saved = session.saved if where is session.selected else []
    positions = await session.role.services.searcher.search(where.view, command.criterion, saved)
    if "SAVE" in results.wanted:
        session.saved = sorted(numbers(where, meant(results, positions), uid=True))
    if positions and not is_silent(results):
        data = replace(
            found(results, numbers(where, positions, uid=True)),
            mailbox=(where.name, where.mailbox.folder.uidvalidity),
            modseq=largest_modseq(where, meant(results, positions)) if asks_modseq(command.criterion) else None,
        )
        session.send(search_responses.esearch(session.conversation.tag, data, uid=True, utf8=session.utf8))
    return len(positions)
