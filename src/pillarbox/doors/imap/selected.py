"""What is known of the mailbox that a client has selected? RFC 9051 §3.3."""

from dataclasses import dataclass, field

from pillarbox.inbox.live.mailbox import Mailbox
from pillarbox.inbox.live.view import View
from pillarbox.inbox.reads import Reads
from pillarbox.inbox.tree import Place
from pillarbox.mail.query import Criterion, SortKey


@dataclass(slots=True)
class LiveSearch:
    """A search whose results are kept up to date for the client (RFC 5267 §4.3).

    ``found`` are UIDs, in the order of ``keys`` when it is a SORT, else rising. ``modseq``: changes up to it are in.
    """

    uid: bool
    criterion: Criterion
    keys: tuple[SortKey, ...]
    found: list[int]
    modseq: int


@dataclass(slots=True)
class Selected:
    """``place`` is where the mailbox was found, with the client's rights; ``owned`` when it is the client's own.

    ``keywords`` is how many of them the client was told of; ``reads`` notes what is fetched, from the first message
    on; ``fetched`` are UIDs of which it was; ``searches`` are live, by the tag of their command.
    """

    view: View
    mailbox: Mailbox
    place: Place
    owned: bool
    read_only: bool
    keywords: int = 0
    reads: Reads | None = None
    fetched: set[int] = field(default_factory=set)
    searches: dict[str, LiveSearch] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The mailbox's name as the client sees it."""
        return self.place.name
