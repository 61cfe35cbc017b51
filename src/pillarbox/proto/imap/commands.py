"""What did the client ask for? One value a command. RFC 9051 §6 and the extensions named beside each.

Mailbox names are decoded (modified UTF-7 or UTF-8) but otherwise as written. LOGIN, AUTHENTICATE, STARTTLS, IDLE's DONE
and the octets of APPEND and REPLACE come as events of their own (``events``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pillarbox.mail.query import Criterion, NumberSet, SortKey

from .items import FetchItem

# --- in any state ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Capability:
    """CAPABILITY."""


@dataclass(frozen=True, slots=True)
class Noop:
    """NOOP."""


@dataclass(frozen=True, slots=True)
class Logout:
    """LOGOUT; the conversation has said BYE."""


@dataclass(frozen=True, slots=True)
class Id:
    """ID (RFC 2971): what the client says of itself; field names in lower case."""

    fields: Mapping[str, str | None]


# --- signed in ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Enable:
    """ENABLE: names in upper case; the conversation has switched on what it knows, ``enabled`` is what is new."""

    enabled: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Qresync:
    """The QRESYNC parameter of SELECT (RFC 7162 §3.2.5). ``match`` is (numbers, UIDs) that belonged together."""

    uidvalidity: int
    modseq: int
    known: NumberSet | None = None
    match: tuple[NumberSet, NumberSet] | None = None


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT or, ``read_only``, EXAMINE."""

    mailbox: str
    read_only: bool = False
    condstore: bool = False
    qresync: Qresync | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """CREATE, with special uses (RFC 6154 §3)."""

    mailbox: str
    uses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class Rename:
    """RENAME."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Subscribe:
    """SUBSCRIBE or, not ``on``, UNSUBSCRIBE."""

    mailbox: str
    on: bool = True


@dataclass(frozen=True, slots=True)
class List:
    """LIST (RFC 9051 §6.3.9 with RFC 5258, 5819, 6154, 8440, 9590) and LSUB.

    ``select``: of SUBSCRIBED, REMOTE, RECURSIVEMATCH, SPECIAL-USE. ``returns``: of SUBSCRIBED, CHILDREN, SPECIAL-USE,
    MYRIGHTS. ``status`` are the items of RETURN (STATUS …), ``metadata`` the entries of RETURN (METADATA …).
    ``extended`` tells whether any of the extended syntax was used.
    """

    reference: str
    patterns: tuple[str, ...]
    select: frozenset[str] = frozenset()
    returns: frozenset[str] = frozenset()
    status: tuple[str, ...] = ()
    metadata: tuple[str, ...] = ()
    extended: bool = False
    lsub: bool = False


@dataclass(frozen=True, slots=True)
class Namespace:
    """NAMESPACE."""


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS; items in upper case: MESSAGES, RECENT, UIDNEXT, UIDVALIDITY, UNSEEN, DELETED, SIZE, HIGHESTMODSEQ,
    APPENDLIMIT, MAILBOXID, DELETED-STORAGE."""

    mailbox: str
    items: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Idle:
    """IDLE: the conversation has said "+ idling"; the event ``IdleDone`` ends it."""


@dataclass(frozen=True, slots=True)
class GetQuota:
    """GETQUOTA (RFC 9208)."""

    root: str


@dataclass(frozen=True, slots=True)
class GetQuotaRoot:
    """GETQUOTAROOT (RFC 9208)."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class SetQuota:
    """SETQUOTA (RFC 9208), which only an administrator may do, elsewhere."""

    root: str
    limits: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class SetAcl:
    """SETACL (RFC 4314): ``mode`` "+" adds ``rights``, "-" takes them, "" replaces. DELETEACL: ``rights`` None."""

    mailbox: str
    identifier: str
    rights: str | None
    mode: str = ""


@dataclass(frozen=True, slots=True)
class GetAcl:
    """GETACL (RFC 4314)."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class ListRights:
    """LISTRIGHTS (RFC 4314)."""

    mailbox: str
    identifier: str


@dataclass(frozen=True, slots=True)
class MyRights:
    """MYRIGHTS (RFC 4314)."""

    mailbox: str


@dataclass(frozen=True, slots=True)
class GetMetadata:
    """GETMETADATA (RFC 5464). ``mailbox`` "" is the server; ``depth`` is 0, 1 or None for infinity."""

    mailbox: str
    entries: tuple[str, ...]
    max_size: int | None = None
    depth: int | None = 0


@dataclass(frozen=True, slots=True)
class SetMetadata:
    """SETMETADATA (RFC 5464); a value of None removes the entry."""

    mailbox: str
    values: tuple[tuple[str, bytes | None], ...]


@dataclass(frozen=True, slots=True)
class Sources:
    """Which mailboxes: a filter of RFC 5465 §6 (also of RFC 7377). ``kind`` is selected, selected-delayed, inboxes,
    personal, subscribed, subtree, subtree-one or mailboxes; ``names`` stand with the last three."""

    kind: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EventGroup:
    """What NOTIFY asks to hear of ``sources``; ``events`` in the RFC's spelling, none for NONE. ``fetch`` are the items
    that MessageNew brings with it."""

    sources: Sources
    events: frozenset[str]
    fetch: tuple[FetchItem, ...] = ()


@dataclass(frozen=True, slots=True)
class Notify:
    """NOTIFY (RFC 5465): no groups for NOTIFY NONE; ``status`` asks for a STATUS of each mailbox at once."""

    groups: tuple[EventGroup, ...]
    status: bool = False


@dataclass(frozen=True, slots=True)
class Compress:
    """COMPRESS DEFLATE (RFC 4978); the stream is compressed behind its OK."""


@dataclass(frozen=True, slots=True)
class Unauthenticate:
    """UNAUTHENTICATE (RFC 8437)."""


# --- selected -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Check:
    """CHECK (RFC 3501)."""


@dataclass(frozen=True, slots=True)
class Close:
    """CLOSE or, not ``expunge``, UNSELECT."""

    expunge: bool = True


@dataclass(frozen=True, slots=True)
class Expunge:
    """EXPUNGE or, with ``uids``, UID EXPUNGE (RFC 9051 §6.4.9)."""

    uids: NumberSet | None = None


@dataclass(frozen=True, slots=True)
class Partial:
    """PARTIAL first:last (RFC 9394), counted from the newest end when negative."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Results:
    """The RETURN of SEARCH and SORT (RFC 9051 §6.4.4, RFC 5267, 9394). ``wanted``: of MIN, MAX, ALL, COUNT, SAVE,
    UPDATE, CONTEXT; "RETURN ()" is ALL."""

    wanted: frozenset[str]
    partial: Partial | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """SEARCH, UID SEARCH, and ESEARCH IN (…) of RFC 7377 with ``sources``. ``results`` None: the answer of RFC 3501."""

    uid: bool
    criterion: Criterion
    results: Results | None = None
    sources: tuple[Sources, ...] = ()


@dataclass(frozen=True, slots=True)
class Sort:
    """SORT and UID SORT (RFC 5256, 5267)."""

    uid: bool
    keys: tuple[SortKey, ...]
    criterion: Criterion
    results: Results | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """THREAD and UID THREAD: ORDEREDSUBJECT or REFERENCES (RFC 5256)."""

    uid: bool
    algorithm: str
    criterion: Criterion


@dataclass(frozen=True, slots=True)
class CancelUpdate:
    """CANCELUPDATE (RFC 5267): the tags of searches."""

    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH and UID FETCH with the modifiers of RFC 7162 (CHANGEDSINCE, VANISHED) and RFC 9394 (PARTIAL)."""

    uid: bool
    numbers: NumberSet
    items: tuple[FetchItem, ...]
    changed_since: int | None = None
    vanished: bool = False
    partial: Partial | None = None


@dataclass(frozen=True, slots=True)
class Store:
    """STORE and UID STORE. ``mode``: "+" adds ``flags``, "-" takes them, "" replaces."""

    uid: bool
    numbers: NumberSet
    mode: str
    flags: tuple[str, ...]
    silent: bool = False
    unchanged_since: int | None = None


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY, or MOVE (RFC 6851) with ``move``; with UID or without."""

    uid: bool
    numbers: NumberSet
    mailbox: str
    move: bool = False


@dataclass(frozen=True, slots=True)
class UidBatches:
    """UIDBATCHES (RFC 10022): batches of ``size`` UIDs from the newest; only those from ``first`` to ``last``."""

    size: int
    first: int | None = None
    last: int | None = None


Command: TypeAlias = (
    Capability | Noop | Logout | Id | Enable | Select | Create | Delete | Rename | Subscribe | List | Namespace | Status
    | Idle | GetQuota | GetQuotaRoot | SetQuota | SetAcl | GetAcl | ListRights | MyRights | GetMetadata | SetMetadata
    | Notify | Compress | Unauthenticate | Check | Close | Expunge | Search | Sort | Thread | CancelUpdate | Fetch
    | Store | Copy | UidBatches
)  # fmt: skip
