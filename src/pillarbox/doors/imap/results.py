"""What is told of what a search found, and what is saved of it? RFC 9051 §6.4.4; RFC 5182, 7162 §3.1.5, 9394."""

from collections.abc import Sequence

from pillarbox.proto.imap.commands import Results
from pillarbox.proto.imap.search_responses import Found

from .paging import page
from .selected import Selected

_EVERYTHING = frozenset({"ALL", "COUNT"})
_TOLD = frozenset({"ALL", "COUNT", "MIN", "MAX"})


def numbers(selected: Selected, positions: Sequence[int], *, uid: bool) -> list[int]:
    """What the client calls the messages at ``positions``."""
    if not uid:
        return [position + 1 for position in positions]
    uids = selected.view.uids
    return [uids[position] for position in positions]


def found(results: Results, told: Sequence[int]) -> Found:
    """The answer's data: the numbers ``told``, rising, or for SORT in their order.

    RFC 5267 §3.1: MIN and MAX of a SORT are its first and its last.
    """
    wanted = results.wanted
    partial = results.partial
    return Found(
        minimum=told[0] if told and "MIN" in wanted else None,
        maximum=told[-1] if told and "MAX" in wanted else None,
        count=len(told) if "COUNT" in wanted else None,
        everything=told if "ALL" in wanted else None,
        partial=(partial.first, partial.last, page(told, partial)) if partial is not None else None,
    )


def meant(results: Results, positions: Sequence[int]) -> Sequence[int]:
    """Of what was found, what is told of: MIN and MAX alone mean one message each, PARTIAL its page.

    It is what SAVE saves (RFC 5182 §2.1, RFC 9394 §3.2) and whose MODSEQ is told (RFC 7162 §3.1.5).
    """
    if not positions or not _EVERYTHING.isdisjoint(results.wanted):
        return positions
    ends = {positions[0]} if "MIN" in results.wanted else set()
    ends |= {positions[-1]} if "MAX" in results.wanted else set()
    if results.partial is not None:
        ends.update(page(positions, results.partial))
        return sorted(ends)
    return sorted(ends) if ends else positions


def is_silent(results: Results) -> bool:
    """SAVE alone tells nothing (RFC 5182 §2.1)."""
    return _TOLD.isdisjoint(results.wanted) and results.partial is None


def largest_modseq(selected: Selected, positions: Sequence[int]) -> int | None:
    """The largest MODSEQ of these messages; None when there are none."""
    modseqs = selected.mailbox.modseqs
    return max([modseqs[index] for index in selected.view.indices(positions) if index >= 0], default=None)


def as_results(results: Results | None, *, rev2: bool) -> Results | None:
    """IMAP4rev2 answers ESEARCH even where nothing was asked for by RETURN (RFC 9051 §6.4.4)."""
    if results is None:
        return Results(frozenset({"ALL"})) if rev2 else None
    if not results.wanted and results.partial is None:
        return Results(frozenset({"ALL"}))
    return results
