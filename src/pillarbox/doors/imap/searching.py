"""How are messages found? SEARCH and UID SEARCH. RFC 9051 §6.4.4, ESEARCH RFC 4731, ``$`` RFC 5182, MODSEQ RFC 7162."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from pillarbox.inbox.search.searcher import SearchTooCostly
from pillarbox.proto.imap import commands, search_responses
from pillarbox.proto.imap.commands import Command, Results
from pillarbox.proto.imap.completion import Completion, no, ok

from . import contexts, multisearch
from .criteria import asks_modseq
from .results import as_results, found, is_silent, largest_modseq, meant, numbers
from .selected import LiveSearch, Selected
from .session import Session


async def search(session: Session, command: commands.Search) -> Completion:
    """SEARCH, UID SEARCH, and ESEARCH over several mailboxes."""
    if command.sources:
        return await multisearch.search(session, command)
    selected = session.selected
    assert selected is not None
    results = as_results(command.results, rev2=session.wants("IMAP4REV2"))
    with_modseq = asks_modseq(command.criterion)
    if with_modseq:
        session.conversation.enable("CONDSTORE")
    modseq = selected.view.modseq
    try:
        positions = await session.role.services.searcher.search(selected.view, command.criterion, session.saved)
    except SearchTooCostly as error:
        return failed(session, results, error)
    if results is None:
        largest = largest_modseq(selected, positions) if with_modseq else None
        session.send(search_responses.search(numbers(selected, positions, uid=command.uid), largest))
        return ok(told(positions))
    live = LiveSearch(command.uid, command.criterion, (), [], modseq)
    return answer(session, selected, results, positions, live, with_modseq=with_modseq)


def answer(
    session: Session,
    selected: Selected,
    results: Results,
    positions: Sequence[int],
    live: LiveSearch,
    *,
    with_modseq: bool,
) -> Completion:
    """The ESEARCH answer to a search or sort, and what is kept of it."""
    tag = session.conversation.tag
    those = meant(results, positions)
    if "SAVE" in results.wanted:
        session.saved = sorted(numbers(selected, those, uid=True))
    if not is_silent(results) or "UPDATE" in results.wanted:
        data = found(results, numbers(selected, positions, uid=live.uid))
        if with_modseq:
            data = replace(data, modseq=largest_modseq(selected, those))
        session.send(search_responses.esearch(tag, data, uid=live.uid, utf8=session.utf8))
    if "UPDATE" in results.wanted:
        live.found = numbers(selected, positions, uid=True)
        contexts.begin(session, selected, tag, live)
    return ok(told(positions))


def failed(session: Session, results: Results | None, error: SearchTooCostly) -> Completion:
    """The search was given up; RFC 5182 §2.1: what was saved before is gone then."""
    if results is not None and "SAVE" in results.wanted:
        session.saved = []
    return no(f"That search costs too much: {error}", "LIMIT")


def told(positions: Sequence[int]) -> str:
    """For people: how many were found."""
    return f"{len(positions)} found"


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Search: search}
