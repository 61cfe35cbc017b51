"""How are SEARCH, SORT, THREAD and ESEARCH read? RFC 9051 §6.4.4, RFC 5256, 5267, 5957, 7377, 9394."""

from dataclasses import replace

from pillarbox.mail.query import Criterion, SortKey

from .commands import CancelUpdate, Results, Search, Sort, Sources, Thread
from .fetch_items import partial_range
from .grammar import Cursor
from .refusals import mistake, refusal
from .search_keys import Keys, charset
from .settings import ServerSettings
from .sources import filter_mailboxes

# RFC 9051 §6.4.4, RFC 5267 §4 and §2.
_RETURNS = {"MIN", "MAX", "ALL", "COUNT", "SAVE", "UPDATE", "CONTEXT"}
# RFC 5256 §3, RFC 5957 §3.
_SORT_KEYS = {"ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"}
_ALGORITHMS = {"ORDEREDSUBJECT", "REFERENCES"}
_MOST_SORT_KEYS = 20
_MOST_TAGS = 100


def search(cursor: Cursor, settings: ServerSettings, uid: bool) -> Search:
    """SEARCH and UID SEARCH, behind the name."""
    cursor.space()
    results = _took_results(cursor)
    return Search(uid, _program(cursor, settings), results)


def esearch(cursor: Cursor, settings: ServerSettings) -> Search:
    """ESEARCH of several mailboxes (RFC 7377 §2); what it gives are always UIDs."""
    cursor.space()
    sources: tuple[Sources, ...] = ()
    if cursor.took_word(b"IN"):
        cursor.space()
        sources = _sources(cursor)
        cursor.space()
    results = _took_results(cursor) or Results(frozenset({"ALL"}))
    elsewhere = any(not source.kind.startswith("selected") for source in sources)
    if "SAVE" in results.wanted and elsewhere:
        # RFC 7377 §2.2: what is saved are messages of the selected mailbox.
        raise mistake("SAVE is for searches in the selected mailbox")
    return Search(True, _program(cursor, settings), results, sources or (Sources("selected"),))


def sort(cursor: Cursor, settings: ServerSettings, uid: bool) -> Sort:
    """SORT and UID SORT, behind the name."""
    cursor.space()
    results = _took_results(cursor)
    keys = cursor.listed(_sort_key)
    if len(keys) > _MOST_SORT_KEYS:
        raise refusal("These are too many sort keys", "LIMIT")
    cursor.space()
    codec = charset(cursor.text("a charset"))
    cursor.space()
    return Sort(uid, keys, _keys(cursor, settings, codec), results)


def thread(cursor: Cursor, settings: ServerSettings, uid: bool) -> Thread:
    """THREAD and UID THREAD, behind the name."""
    cursor.space()
    algorithm = cursor.word("ORDEREDSUBJECT or REFERENCES")
    if algorithm not in _ALGORITHMS:
        raise mistake(f"THREAD knows ORDEREDSUBJECT and REFERENCES, not {algorithm}")
    cursor.space()
    codec = charset(cursor.text("a charset"))
    cursor.space()
    return Thread(uid, algorithm, _keys(cursor, settings, codec))


def cancel_update(cursor: Cursor) -> CancelUpdate:
    """CANCELUPDATE quoted *(SP quoted) (RFC 5267 §4.5)."""
    tags: list[str] = []
    while len(tags) < _MOST_TAGS:
        cursor.space()
        tags.append(cursor.text("the tag of a search, in quotes"))
        if cursor.ended:
            return CancelUpdate(tuple(tags))
    raise refusal("These are too many tags", "LIMIT")


def _took_results(cursor: Cursor) -> Results | None:
    """search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")"."""
    if not cursor.took_word(b"RETURN"):
        return None
    cursor.space()
    found = Results(frozenset())
    for option in cursor.listed(_result, least=0):
        found = Results(found.wanted | option.wanted, option.partial or found.partial)
    cursor.space()
    if found.partial is not None and "ALL" in found.wanted:
        # RFC 9394 §3.1: both at once is wrong.
        raise mistake("RETURN has ALL or PARTIAL, not both")
    # RFC 9051 §6.4.4: RETURN () is RETURN (ALL). UPDATE and CONTEXT alone ask for a result no more (RFC 5267).
    return found if found.wanted or found.partial else replace(found, wanted=frozenset({"ALL"}))


def _result(cursor: Cursor) -> Results:
    name = cursor.word("MIN, MAX, ALL, COUNT, SAVE, PARTIAL, UPDATE or CONTEXT")
    if name == "PARTIAL":
        cursor.space()
        return Results(frozenset(), partial_range(cursor))
    if name not in _RETURNS:
        raise mistake(f"RETURN knows no {name}")
    return Results(frozenset({name}))


def _sources(cursor: Cursor) -> tuple[Sources, ...]:
    """esearch-source-opts = "IN" SP "(" source-mbox [SP "(" scope-options ")"] ")" (RFC 7377 §6)."""
    cursor.take(b"(")
    found = [_source(cursor)]
    while not cursor.took(b")"):
        cursor.space()
        if cursor.peek(b"("):
            raise mistake("ESEARCH knows no scope options")
        found.append(_source(cursor))
    return tuple(found)


def _source(cursor: Cursor) -> Sources:
    found = filter_mailboxes(cursor)
    if found.kind == "selected-delayed":
        raise mistake("selected-delayed is for NOTIFY only")  # RFC 7377 §2.2
    return found


def _program(cursor: Cursor, settings: ServerSettings) -> Criterion:
    """search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)."""
    codec = "utf-8"
    if cursor.took_word(b"CHARSET"):
        cursor.space()
        name = cursor.text("a charset")
        # RFC 9755 §3: after ENABLE UTF8=ACCEPT a charset is wrong. That UTF-8 is UTF-8 hurts nobody.
        if "UTF8=ACCEPT" in cursor.enabled and name.upper() != "UTF-8":
            raise mistake("After ENABLE UTF8=ACCEPT texts are UTF-8, without CHARSET")
        codec = charset(name)
        cursor.space()
    return _keys(cursor, settings, codec)


def _keys(cursor: Cursor, settings: ServerSettings, codec: str) -> Criterion:
    return Keys(cursor, codec, settings.search_depth, settings.search_keys).all()


def _sort_key(cursor: Cursor) -> SortKey:
    """sort-key = ["REVERSE" SP] name."""
    name = cursor.word("a sort key")
    reverse = name == "REVERSE"
    if reverse:
        cursor.space()
        name = cursor.word("a sort key")
    if name not in _SORT_KEYS:
        raise mistake(f"There is no sort key {name}")
    return SortKey(name, reverse)
