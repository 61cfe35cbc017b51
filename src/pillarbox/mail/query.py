"""What is looked for among messages? Search criteria as values. RFC 9051 §6.4.4 and the extensions named below.

IMAP parses into them, the inbox evaluates them. Texts are as the client gave them; who compares folds both sides.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import NamedTuple, TypeAlias

STAR = 2**32
"""``*`` in a set: the largest number in use (RFC 9051 §9, seq-range). Larger than any number."""


class NumberSet(NamedTuple):
    """A sequence-set: ranges as written, each (smaller, larger); ``saved`` stands for ``$`` (RFC 5182)."""

    ranges: tuple[tuple[int, int], ...]
    saved: bool = False


class When(Enum):
    """How a day is compared."""

    BEFORE = "before"
    ON = "on"
    SINCE = "since"


@dataclass(frozen=True, slots=True)
class Everything:
    """ALL."""


@dataclass(frozen=True, slots=True)
class And:
    """All of ``parts``."""

    parts: "tuple[Criterion, ...]"


@dataclass(frozen=True, slots=True)
class Or:
    """One of two."""

    left: "Criterion"
    right: "Criterion"


@dataclass(frozen=True, slots=True)
class Not:
    """All the others."""

    part: "Criterion"


@dataclass(frozen=True, slots=True)
class Numbers:
    """Messages by their numbers in the session."""

    numbers: NumberSet


@dataclass(frozen=True, slots=True)
class Uids:
    """Messages by UID."""

    uids: NumberSet


@dataclass(frozen=True, slots=True)
class Marked:
    """A flag or keyword, as ``\\Seen`` or ``$Forwarded``, compared without case; ``\\Recent`` too (RFC 3501)."""

    flag: str


@dataclass(frozen=True, slots=True)
class Header:
    """A header field contains ``text``; "" asks only whether there is such a field. ``name`` is in lower case."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Body:
    """The body contains ``text``."""

    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """Header or body contain ``text``."""

    text: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """The internal date's day (in UTC)."""

    when: When
    day: date


@dataclass(frozen=True, slots=True)
class Sent:
    """The day in the Date field, as its sender's calendar had it (RFC 9051 §6.4.4, SENTON)."""

    when: When
    day: date


@dataclass(frozen=True, slots=True)
class Saved:
    """The day on which the message was put into this mailbox (RFC 8514)."""

    when: When
    day: date


@dataclass(frozen=True, slots=True)
class SaveDateSupported:
    """The mailbox keeps save dates (RFC 8514 §4.3)."""


@dataclass(frozen=True, slots=True)
class Younger:
    """Arrived within the last ``seconds`` (RFC 5032)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Older:
    """Arrived at least ``seconds`` ago (RFC 5032)."""

    seconds: int


@dataclass(frozen=True, slots=True)
class Larger:
    """More than ``octets``."""

    octets: int


@dataclass(frozen=True, slots=True)
class Smaller:
    """Fewer than ``octets``."""

    octets: int


@dataclass(frozen=True, slots=True)
class ChangedSince:
    """MODSEQ of at least ``modseq`` (RFC 7162 §3.1.5)."""

    modseq: int


@dataclass(frozen=True, slots=True)
class EmailId:
    """The message of this object id (RFC 8474 §5.4)."""

    id: str


@dataclass(frozen=True, slots=True)
class ThreadId:
    """The messages of this thread's object id (RFC 8474 §5.4)."""

    id: str


Criterion: TypeAlias = (
    Everything | And | Or | Not | Numbers | Uids | Marked | Header | Body | Text | Arrived | Sent | Saved
    | SaveDateSupported | Younger | Older | Larger | Smaller | ChangedSince | EmailId | ThreadId
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SortKey:
    """ARRIVAL, CC, DATE, FROM, SIZE, SUBJECT, TO, DISPLAYFROM or DISPLAYTO (RFC 5256, 5957)."""

    name: str
    reverse: bool = False
