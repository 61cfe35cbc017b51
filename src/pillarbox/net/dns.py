"""What can be asked of DNS, and what comes back? Values and the contract; ``dns_resolver`` asks real servers.

A name that does not exist and a name without such records are answers; only "nobody could say" is an exception.
"""

from dataclasses import dataclass
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Generic, NamedTuple, Protocol, TypeAlias, TypeVar

T_co = TypeVar("T_co", covariant=True)

Address: TypeAlias = IPv4Address | IPv6Address


class Kind(IntEnum):
    """The record types that we ask for (RFC 1035 §3.2.2, RFC 3596, RFC 4034, RFC 6698), by their numbers."""

    A = 1
    NS = 2
    CNAME = 5
    SOA = 6
    PTR = 12
    MX = 15
    TXT = 16
    AAAA = 28
    DS = 43
    DNSKEY = 48
    TLSA = 52


class Mx(NamedTuple):
    """One MX record (RFC 1035 §3.3.9); ``host`` is lower case without its last dot, "" for the root of RFC 7505."""

    preference: int
    host: str


class Tlsa(NamedTuple):
    """One TLSA record (RFC 6698 §2.1): ``data`` is a certificate or key, or its hash, as the three numbers say."""

    usage: int
    selector: int
    matching: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.usage} {self.selector} {self.matching} {self.data.hex()}"


@dataclass(frozen=True, slots=True)
class Answer(Generic[T_co]):
    """What DNS says to one question.

    ``exists`` False: no such name (NXDOMAIN). ``ttl`` in seconds, as it was when the answer came. ``canonical``: the
    name at the end of the CNAME chain. ``authenticated``: DNSSEC vouches for all of it ("secure" in RFC 4035 §4.3),
    each alias on the way included; False is "insecure" or "not looked into".
    ``stale``: expired, given because nobody could say anything newer (RFC 8767).
    """

    name: str
    kind: Kind
    records: tuple[T_co, ...]
    exists: bool = True
    ttl: int = 0
    canonical: str = ""
    authenticated: bool = False
    stale: bool = False

    def __str__(self) -> str:
        head = f"{self.name} {self.kind.name}"
        if not self.records:
            return f"{head}: no such name" if not self.exists else f"{head}: no such record"
        records = sorted(self.records, key=_preference)[:16]
        return f"{head}: " + ", ".join(_show(record) for record in records)


def _preference(record: object) -> int:
    return record.preference if isinstance(record, Mx) else 0


def _show(record: object) -> str:
    if isinstance(record, Mx):
        return f"{record.preference} {record.host or '.'}"
    return record.decode("utf-8", "replace") if isinstance(record, bytes) else str(record)


class DnsTemporary(Exception):
    """Nobody could say: time-out, SERVFAIL, garbage. ``str(error)`` says which, for people."""


class DnsBogus(DnsTemporary):
    """DNSSEC says that the answer is not what the zone's owner signed. Whoever made it, it must not be used; it may be
    mended or the attack may end, so it is temporary like the others. ``str(error)`` says what is wrong."""


class Resolver(Protocol):
    """Answers to questions; every method raises DnsTemporary. Names may be U-labels."""

    async def mx(self, domain: str) -> Answer[Mx]:
        """The mail exchangers of ``domain``, in the order of DNS (none)."""

    async def addresses(self, host: str) -> Answer[Address]:
        """The IPv6 and the IPv4 addresses of ``host``; one family that cannot be had does not hide the other."""

    async def txt(self, name: str) -> Answer[bytes]:
        """The TXT records, each with its strings joined (RFC 7208 §3.3)."""

    async def ptr(self, address: Address) -> Answer[str]:
        """The names that ``address`` claims."""

    async def tlsa(self, name: str) -> Answer[Tlsa]:
        """The TLSA records of ``name``, which is ``_25._tcp.`` and a host (RFC 6698 §3)."""

    async def alias(self, name: str) -> Answer[str]:
        """The CNAME of ``name`` itself, not followed: what RFC 7672 §2.2.2 wants to know of a host."""

    def known(self, name: str, kind: Kind) -> "Answer[object] | DnsTemporary | None":
        """What is known of one kind of records without asking; None when it must be asked."""

    async def ask(self, name: str, kind: Kind) -> "Answer[object]":
        """One kind of records, where ``addresses`` would give two."""

    async def close(self) -> None:
        """Give up the questions under way."""
