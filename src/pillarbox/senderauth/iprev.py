"""Does the name that an address claims lead back to the address? RFC 8601 §3, RFC 7208 §5.5.

Whoever owns an address can let it claim any name; only a name that leads back is one that both sides agree on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from .asking import Answer, Check, Kind, Question, Status
from .spf_macros import is_name

# RFC 7208 §4.6.4: more names than these are not looked at.
NAMES_MAX = 10

Ip: TypeAlias = IPv4Address | IPv6Address


class IprevResult(Enum):
    """The results of RFC 8601 §2.7.3."""

    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class Iprev:
    """``names``: those that lead back; ``claimed``: all that were looked at; ``reason``: for people.

    Names are in lower case, without their last dot, in the order of the alphabet.
    """

    result: IprevResult
    names: tuple[str, ...]
    claimed: tuple[str, ...]
    reason: str


def check(ip: Ip) -> Check[Iprev]:
    """The names of ``ip``, and whether they are true."""
    ip = unmapped(ip)
    [answer] = yield [reverse(ip)]
    if answer.status is Status.FAILED:
        return Iprev(IprevResult.TEMPERROR, (), (), f"the name of {ip} could not be looked up: {_why(answer)}")
    claimed = claims(answer)
    if not claimed:
        return Iprev(IprevResult.PERMERROR, (), (), f"{ip} has no name in DNS")
    answers = yield questions(ip, claimed)
    names = confirmed(ip, claimed, answers)
    if names:
        reason = f"{ip} is {names[0]}: the address and the name point at each other"
        return Iprev(IprevResult.PASS, names, claimed, reason)
    failed = [name for name, each in zip(claimed, answers, strict=True) if each.status is Status.FAILED]
    if failed:
        reason = f"{ip} calls itself {failed[0]}, whose addresses could not be looked up"
        return Iprev(IprevResult.TEMPERROR, (), claimed, reason)
    reason = f"{ip} calls itself {claimed[0]}, but that name does not lead back to it"
    return Iprev(IprevResult.FAIL, (), claimed, reason)


def unmapped(ip: Ip) -> Ip:
    """The IPv4 address within an IPv4-mapped IPv6 address; any other as it is (RFC 7208 §5)."""
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return mapped or ip


def reverse(ip: Ip) -> Question:
    """Asks for the names that ``ip`` claims."""
    return Question(Kind.PTR, ip.reverse_pointer)


def claims(answer: Answer) -> tuple[str, ...]:
    """The first names of an answer to ``reverse`` that can be looked up."""
    names = [record.lower().removesuffix(".") for record in answer.records if isinstance(record, str)]
    return tuple(sorted({name for name in names[:NAMES_MAX] if is_name(name)}))


def questions(ip: Ip, names: Sequence[str]) -> list[Question]:
    """Asks for the addresses of ``names`` that may be ``ip``, in that order."""
    kind = Kind.A if ip.version == 4 else Kind.AAAA
    return [Question(kind, name) for name in names]


def confirmed(ip: Ip, names: Sequence[str], answers: Sequence[Answer]) -> tuple[str, ...]:
    """Which of ``names`` lead back to ``ip``; those that could not be looked up are passed over (RFC 7208 §5.5)."""
    return tuple(name for name, answer in zip(names, answers, strict=True) if ip in answer.records)


def _why(answer: Answer) -> str:
    return answer.reason or "nobody answered"
