"""What does an SPF record say? Terms out of text; an error anywhere spoils it all. RFC 7208 §4.5, §4.6, §12."""

import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from typing import TypeAlias

from .spf_macros import MacroError, MacroString, parse, parse_domain

# Octets of a record. RFC 7208 §3.4 wants 450; what is longer than this was made to keep its reader busy.
RECORD_MAX = 8192
# Records that were read are remembered: so many of at most so many octets, and so many longer ones.
_SHORT_MAX = 1024
_SHORT = 512
_LONG = 16
# Characters of a term that are shown to people.
_SHOWN = 100

_VERSION = re.compile(rb"v=spf1(?: |\Z)", re.IGNORECASE)
_DIRECTIVE = re.compile(r"([+?~-]?)(all|include|a|mx|ptr|ip4|ip6|exists)([:/].*)?\Z", re.IGNORECASE)
_MODIFIER = re.compile(r"([A-Za-z][A-Za-z0-9._-]*)=(.*)\Z")
_PRINTABLE = re.compile(rb"[ -~]*\Z")
# ip4-cidr-length and dual-cidr-length of RFC 7208 §12: no zero in front.
_DUAL_CIDR = re.compile(r"(.*?)(?:/(0|[1-9]\d?))?(?://(0|[1-9]\d{0,2}))?\Z")
_CIDR = re.compile(r"(?:0|[1-9]\d{0,2})\Z")
_DOTTED_QUAD = re.compile(r"[\d.]+\Z")


class RecordError(ValueError):
    """The record cannot be read; ``str(error)`` says why, ``term`` is the term at fault."""

    def __init__(self, reason: str, term: str = "") -> None:
        super().__init__(reason)
        self.term = term


class SpfResult(Enum):
    """The seven results of RFC 7208 §2.6; the values are the words of Authentication-Results (RFC 8601 §2.7.2)."""

    NONE = "none"
    NEUTRAL = "neutral"
    PASS = "pass"  # noqa: S105
    FAIL = "fail"
    SOFTFAIL = "softfail"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


QUALIFIERS = {
    "": SpfResult.PASS,
    "+": SpfResult.PASS,
    "-": SpfResult.FAIL,
    "~": SpfResult.SOFTFAIL,
    "?": SpfResult.NEUTRAL,
}


@dataclass(frozen=True, slots=True)
class All:
    """Matches always (§5.1)."""


@dataclass(frozen=True, slots=True)
class Include:
    """Matches who passes the record of ``target`` (§5.2)."""

    target: MacroString


@dataclass(frozen=True, slots=True)
class Hosts:
    """Matches the addresses of ``target``, or of its MX (§5.3, §5.4); None is the domain that is asked about.

    ``shift4`` and ``shift6``: how many low bits of an address do not count.
    """

    target: MacroString | None
    is_mx: bool
    shift4: int
    shift6: int


@dataclass(frozen=True, slots=True)
class Ptr:
    """Matches addresses whose name is ``target`` or below it (§5.5)."""

    target: MacroString | None


@dataclass(frozen=True, slots=True)
class Network:
    """Matches addresses of a network (§5.6): ``version`` 4 or 6, ``number`` the address without its ``shift`` low
    bits."""

    version: int
    number: int
    shift: int


@dataclass(frozen=True, slots=True)
class Exists:
    """Matches when ``target`` has an address at all (§5.7)."""

    target: MacroString


Mechanism: TypeAlias = All | Include | Hosts | Ptr | Network | Exists


@dataclass(frozen=True, slots=True)
class Directive:
    """A mechanism and the result for those that it matches. ``text``: as the record says it, for people."""

    text: str
    result: SpfResult
    mechanism: Mechanism


@dataclass(frozen=True, slots=True)
class Record:
    """A record that is right in all its terms. Unknown modifiers mean nothing (§6) and are not kept."""

    text: str
    directives: tuple[Directive, ...]
    redirect: MacroString | None = None
    explanation: MacroString | None = None

    @classmethod
    def parse(cls, octets: bytes) -> "Record":
        """The record that stands in a TXT record (its strings joined); RecordError for an error anywhere."""
        return _short(octets) if len(octets) <= _SHORT_MAX else _long(octets)


def is_spf(octets: bytes) -> bool:
    """A TXT record with these octets is an SPF record, right or wrong (§4.5)."""
    return _VERSION.match(octets) is not None


def _record(octets: bytes) -> Record:
    if len(octets) > RECORD_MAX:
        raise RecordError(f"it is longer than {RECORD_MAX} octets")
    if not _PRINTABLE.match(octets):
        raise RecordError("it holds characters that are not printable ASCII")  # §3.1
    text = octets.decode("ascii")
    directives: list[Directive] = []
    modifiers: dict[str, MacroString] = {}
    for term in text.split(" ")[1:]:
        if not term:
            continue
        try:
            if (modifier := _MODIFIER.match(term)) is not None:
                _modifier(modifier[1].lower(), modifier[2], modifiers)
            else:
                directives.append(_directive(term))
        except MacroError as error:
            raise RecordError(f"“{shown(term)}” is wrong: {error}", shown(term)) from error
    return Record(text, tuple(directives), modifiers.get("redirect"), modifiers.get("exp"))


_short = lru_cache(maxsize=_SHORT)(_record)
_long = lru_cache(maxsize=_LONG)(_record)


def shown(term: str) -> str:
    """``term`` as people see it: not at any length."""
    return term if len(term) <= _SHOWN else f"{term[:_SHOWN]}…"


def _modifier(name: str, value: str, known: dict[str, MacroString]) -> None:
    if name not in {"redirect", "exp"}:
        parse(value)  # §12: an unknown modifier must be a macro-string all the same
        return
    if name in known:
        raise MacroError(f"{name}= stands there twice")  # §6
    known[name] = parse_domain(value)


def _directive(term: str) -> Directive:
    found = _DIRECTIVE.match(term)
    if found is None:
        raise MacroError("SPF has no such mechanism")
    qualifier, name, rest = found.groups()
    return Directive(shown(term), QUALIFIERS[qualifier], _mechanism(name.lower(), rest or ""))


def _mechanism(name: str, rest: str) -> Mechanism:
    match name:
        case "all":
            if rest:
                raise MacroError("nothing may follow “all”")
            return All()
        case "include":
            return Include(_target(rest))
        case "exists":
            return Exists(_target(rest))
        case "ptr":
            return Ptr(_target(rest) if rest else None)
        case "ip4":
            return _network(rest, 4)
        case "ip6":
            return _network(rest, 6)
        case _:
            return _hosts(rest, name == "mx")


def _target(rest: str) -> MacroString:
    if not rest.startswith(":"):
        raise MacroError("a colon and a domain must follow the mechanism")
    if _DOTTED_QUAD.match(rest[1:]):
        raise MacroError("an address stands where a domain name belongs (addresses follow ip4: and ip6:)")
    return parse_domain(rest[1:])


def _hosts(rest: str, is_mx: bool) -> Hosts:
    found = _DUAL_CIDR.match(rest)
    assert found is not None
    target, four, six = found.groups()
    bits4, bits6 = _bits(four, 32), _bits(six, 128)
    return Hosts(_target(target) if target else None, is_mx, 32 - bits4, 128 - bits6)


def _network(rest: str, version: int) -> Network:
    if not rest.startswith(":"):
        raise MacroError("a colon and a network must follow the mechanism")
    text, slash, length = rest[1:].partition("/")
    if slash and not _CIDR.match(length):
        raise MacroError(f"“{shown(length)}” is no length of a network")
    width = 32 if version == 4 else 128
    shift = width - _bits(length, width)
    if "%" in text:  # a scope, which Python takes for part of an address and RFC 4291 §2.2 does not
        raise MacroError("an address of SPF has no scope")
    try:
        address = IPv4Address(text) if version == 4 else IPv6Address(text)
    except ValueError as error:
        raise MacroError(f"“{shown(text)}” is no IPv{version} address") from error
    return Network(version, int(address) >> shift, shift)


def _bits(digits: str | None, width: int) -> int:
    if not digits:
        return width
    if int(digits) > width:
        raise MacroError(f"a network has at most {width} bits")
    return int(digits)
