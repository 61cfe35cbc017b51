"""How does a check ask DNS? It is a generator: it yields questions, is sent their answers, and returns its result.

    def check(...) -> Check[Spf]:
        [answer] = yield [Question(Kind.TXT, "example.org")]

All questions of one list may be asked at the same time. What a name cannot be written as is answered with NO_NAME.
"""

from collections.abc import Generator, Sequence
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import NamedTuple, TypeAlias, TypeVar

T = TypeVar("T")


class Kind(Enum):
    """What is asked for."""

    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    PTR = "PTR"
    TXT = "TXT"


class Status(Enum):
    """What DNS said."""

    FOUND = "found"
    NO_RECORD = "no such record"
    NO_NAME = "no such name"
    FAILED = "no answer for now"


class Question(NamedTuple):
    """``name`` without a last dot; for PTR it is the name below in-addr.arpa or ip6.arpa."""

    kind: Kind
    name: str


Record: TypeAlias = IPv4Address | IPv6Address | bytes | str | tuple[int, str]
"""An address (A, AAAA), a TXT record with its strings joined, a name (PTR), or (preference, host) of an MX."""


class Answer(NamedTuple):
    """``records`` is empty unless FOUND. ``secure``: DNSSEC vouches for it. ``reason`` says why it FAILED."""

    status: Status
    records: tuple[Record, ...] = ()
    secure: bool = False
    reason: str = ""


Check: TypeAlias = Generator[Sequence[Question], Sequence[Answer], T]
