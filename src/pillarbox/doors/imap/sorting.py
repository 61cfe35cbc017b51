"""How are messages put in order, and into conversations? SORT and THREAD. RFC 5256, ESORT RFC 5267 §3."""

from collections.abc import Awaitable, Callable

from pillarbox.inbox.search.searcher import SearchTooCostly
from pillarbox.proto.imap import commands, search_responses, thread_responses
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.completion import Completion, ok

from .criteria import asks_modseq
from .results import as_results, largest_modseq, numbers
from .searching import answer, failed, told
from .selected import LiveSearch
from .session import Session


async def sort(session: Session, command: commands.Sort) -> Completion:
    """SORT and UID SORT."""
    selected = session.selected
    assert selected is not None
    results = as_results(command.results, rev2=False)
    with_modseq = asks_modseq(command.criterion)
    if with_modseq:
        session.conversation.enable("CONDSTORE")
    modseq = selected.view.modseq
    searcher = session.role.services.searcher
    try:
        positions = await searcher.sort(selected.view, command.criterion, command.keys, session.saved)
    except SearchTooCostly as error:
        return failed(session, results, error)
    if results is None:
        largest = largest_modseq(selected, positions) if with_modseq else None
        session.send(search_responses.sort(numbers(selected, positions, uid=command.uid), largest))
        return ok(told(positions))
    live = LiveSearch(command.uid, command.criterion, command.keys, [], modseq)
    return answer(session, selected, results, positions, live, with_modseq=with_modseq)


async def thread(session: Session, command: commands.Thread) -> Completion:
    """THREAD and UID THREAD."""
    selected = session.selected
    assert selected is not None
    searcher = session.role.services.searcher
    try:
        threads = await searcher.thread(selected.view, command.criterion, command.algorithm, session.saved)
    except SearchTooCostly as error:
        return failed(session, None, error)
    uids = selected.view.uids
    call = uids.__getitem__ if command.uid else _number
    session.send(thread_responses.thread(threads, call))
    return ok(f"{len(threads)} conversation{'' if len(threads) == 1 else 's'}")


def _number(position: int) -> int:
    return position + 1


HANDLERS: dict[type[Command], Callable[..., Awaitable[Completion]]] = {commands.Sort: sort, commands.Thread: thread}
