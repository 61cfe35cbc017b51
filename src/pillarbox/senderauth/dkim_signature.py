"""What does a DKIM-Signature field say? RFC 6376 §3.5, with RFC 8301, 8463 and 8616.

A signature that cannot be used is read as well, with its fault and as much of its names as can be told.
"""

import re
from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from pillarbox.mail.address import AddressError, to_ascii

from . import dkim_tags
from .dkim_body import Body
from .dkim_header import Fields, relaxed_field
from .dkim_tags import Tag, TagsError

# RFC 1035 §2.3.4 with the underscore that selectors may have (RFC 6376 §3.1 wants sub-domains; many write "_").
_LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_DOMAIN = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*\Z")
# sig-a-tag-alg = sig-a-tag-k "-" sig-a-tag-h
_ALGORITHM = re.compile(r"[A-Za-z][A-Za-z0-9]*-[A-Za-z][A-Za-z0-9]*\Z")
_WAYS = {b"simple": False, b"relaxed": True}
_IDENTITY_MAX = 320  # octets: RFC 5321 §4.5.3.1, a local part, an "@" and a domain
USABLE_ALGORITHMS = frozenset({"rsa-sha256", "ed25519-sha256"})


class DkimVerdict(Enum):
    """What became of a signature: the words of RFC 8601 §2.7.1."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - the word
    FAIL = "fail"
    POLICY = "policy"
    NEUTRAL = "neutral"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True)
class DkimLimits:
    """``signatures``: those of a message that are looked at, from the top. ``octets``: of one such field.
    ``names``: header fields that one signature may name."""

    signatures: int = 10
    octets: int = 16_384
    names: int = 400


class Fault(NamedTuple):
    """Why a signature cannot be used, and the word for it."""

    verdict: DkimVerdict
    reason: str


class Unusable(Exception):
    """Raised while a signature is read; carries the fault."""

    def __init__(self, verdict: DkimVerdict, reason: str) -> None:
        super().__init__(reason)
        self.fault = Fault(verdict, reason)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is signed, and how. ``names``: lower case, in the order of h=. ``made``, ``expires``: POSIX seconds.
    ``hollow``: the signature's own field with nothing behind b=. ``body_hash`` is bh=."""

    relaxed: bool
    body: Body
    names: tuple[bytes, ...]
    body_hash: bytes
    octets: bytes
    made: int | None
    expires: int | None
    hollow: bytes

    def signed(self, fields: Fields) -> bytes:
        """The octets that were signed: the chosen fields, then the signature's own field (RFC 6376 §3.7)."""
        own = relaxed_field(self.hollow) if self.relaxed else self.hollow
        return fields.chosen(self.names, relaxed=self.relaxed) + own


@dataclass(frozen=True, slots=True)
class Signature:
    """One DKIM-Signature field. Either ``terms`` or ``fault`` is there. Domains are in A-labels and lower case."""

    domain: str
    selector: str
    identity: str
    algorithm: str
    terms: Terms | None
    fault: Fault | None = None

    @property
    def mark(self) -> str:
        """The first characters of b=, which tell this signature from others of its domain (RFC 6008)."""
        return b2a_base64(self.terms.octets[:9], newline=False).decode() if self.terms else ""

    @property
    def key_name(self) -> str:
        """Where its public key lies in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


def read(header: bytes, limits: DkimLimits) -> tuple[Signature, ...]:
    """The signatures of a header block, from the top, no more than the limit."""
    return read_fields(Fields(header), limits)


def read_fields(fields: Fields, limits: DkimLimits) -> tuple[Signature, ...]:
    """The signatures among ``fields``, from the top, no more than the limit."""
    places = fields.places(b"dkim-signature")[: limits.signatures]
    return tuple([read_one(fields.lines[place], limits) for place in places])


def read_one(line: bytes, limits: DkimLimits) -> Signature:
    """The signature that one field holds. ``line``: the field as it came, without its line end."""
    tags: Mapping[bytes, Tag] = {}
    terms, fault = None, None
    try:
        tags = tags_of(line, limits)
        terms = _terms(line, tags, limits)
    except Unusable as unusable:
        fault = unusable.fault
    domain, selector = _name(tags, b"d"), _name(tags, b"s")
    identity = _text(tags, b"i") or (f"@{domain}" if domain else "")
    return Signature(domain, selector, identity, _text(tags, b"a"), terms, fault)


def tags_of(line: bytes, limits: DkimLimits) -> Mapping[bytes, Tag]:
    """The tags of one field, with their places in ``line``; Unusable when they cannot be read."""
    if len(line) > limits.octets:
        raise Unusable(DkimVerdict.POLICY, f"the signature is longer than {limits.octets} octets")
    try:
        return dkim_tags.parse(line, line.index(b":") + 1)
    except TagsError as error:
        raise Unusable(DkimVerdict.NEUTRAL, f"the signature cannot be read: {error}") from error


def _terms(line: bytes, tags: Mapping[bytes, Tag], limits: DkimLimits) -> Terms:
    """All checks of RFC 6376 §6.1.1 that need neither key nor clock."""
    if _required(tags, b"v") != b"1":
        raise Unusable(DkimVerdict.NEUTRAL, "the signature is of a version of DKIM that nobody knows")
    check_algorithm(tags)
    _check_identity(tags, signer(tags)[0])
    # RFC 6376 §3.5 q=: unknown ways to the key are ignored; "dns/txt" is the only one there is.
    if b"q" in tags and b"dns/txt" not in dkim_tags.colon_list(tags[b"q"].value):
        raise Unusable(DkimVerdict.NEUTRAL, "the signature names no known way to find its key")
    terms = signed_terms(line, tags, limits)
    if b"from" not in terms.names:
        # RFC 6376 §5.4: "The From header field MUST be signed".
        raise Unusable(DkimVerdict.PERMERROR, "the signature does not cover the From field")
    return terms


def signed_terms(line: bytes, tags: Mapping[bytes, Tag], limits: DkimLimits, usual: bytes = b"simple") -> Terms:
    """The terms that DKIM-Signature and ARC-Message-Signature share; Unusable when one is missing or unreadable.

    ``usual``: what c= is where it is not said.
    """
    header_relaxed, body_relaxed = _ways(tags[b"c"].value if b"c" in tags else usual)
    length = number_of(tags, b"l")
    names = dkim_tags.colon_list(_required(tags, b"h", empty=True).lower())
    if len(names) > limits.names:
        raise Unusable(DkimVerdict.POLICY, f"the signature names more than {limits.names} header fields")
    made, expires = number_of(tags, b"t"), number_of(tags, b"x")
    if made is not None and expires is not None and expires <= made:
        raise Unusable(DkimVerdict.NEUTRAL, "the signature ends before it begins")
    octets = octets_of(tags, b"b")
    hollow = line[: tags[b"b"].start] + line[tags[b"b"].end :]
    body = Body(body_relaxed, length)
    return Terms(header_relaxed, body, names, octets_of(tags, b"bh"), octets, made, expires, hollow)


def check_algorithm(tags: Mapping[bytes, Tag]) -> str:
    """The algorithm of a=; Unusable when it is unknown or too weak."""
    algorithm = _required(tags, b"a").decode("utf-8", "replace")
    if algorithm == "rsa-sha1":
        # RFC 8301 §3.1: "rsa-sha1 MUST NOT be used for signing or verifying".
        raise Unusable(DkimVerdict.POLICY, "the signature is made with SHA-1, which proves nothing any more")
    if algorithm not in USABLE_ALGORITHMS:
        known = "unknown" if _ALGORITHM.match(algorithm) else "unreadable"
        raise Unusable(DkimVerdict.NEUTRAL, f"the algorithm of the signature is {known}")
    return algorithm


def signer(tags: Mapping[bytes, Tag]) -> tuple[str, str]:
    """The domain of d= and the selector of s=; Unusable when one is missing or no domain name."""
    domain, selector = dns_name(_required(tags, b"d")), dns_name(_required(tags, b"s"))
    if not domain or "." not in domain:
        raise Unusable(DkimVerdict.NEUTRAL, "the domain of the signature is no domain name")
    if not selector:
        raise Unusable(DkimVerdict.NEUTRAL, "the selector of the signature is no name")
    if len(selector) + len(domain) > 253 - len("._domainkey."):
        raise Unusable(DkimVerdict.NEUTRAL, "the selector and the domain of the signature are too long for DNS")
    return domain, selector


def _check_identity(tags: Mapping[bytes, Tag], domain: str) -> None:
    """RFC 6376 §3.5: the domain of i= is that of d= or below it."""
    if b"i" not in tags:
        return
    _, at, below = tags[b"i"].value.rpartition(b"@")
    identity = dns_name(below) if at and len(tags[b"i"].value) <= _IDENTITY_MAX else ""
    if not identity:
        raise Unusable(DkimVerdict.NEUTRAL, "the identity of the signature is no address")
    if identity != domain and not identity.endswith("." + domain):
        reason = f"the identity of the signature is of {identity}, which is not below {domain}"
        raise Unusable(DkimVerdict.PERMERROR, reason)


def _ways(value: bytes) -> tuple[bool, bool]:
    """RFC 6376 §3.5 c=: whether header and body are relaxed; a body of which nothing is said is simple."""
    header, slash, body = value.partition(b"/")
    if header not in _WAYS or (slash and body not in _WAYS):
        raise Unusable(DkimVerdict.NEUTRAL, "the signature was made by a canonicalisation that nobody knows")
    return _WAYS[header], _WAYS[body] if slash else False


def _required(tags: Mapping[bytes, Tag], name: bytes, *, empty: bool = False) -> bytes:
    tag = tags.get(name)
    if tag is None:
        raise Unusable(DkimVerdict.NEUTRAL, f"the signature has no {name.decode()}= tag")
    if not (tag.value or empty):
        raise Unusable(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag of the signature is empty")
    return tag.value


def octets_of(tags: Mapping[bytes, Tag], name: bytes) -> bytes:
    """The octets that a required tag holds as base64."""
    try:
        return dkim_tags.base64(_required(tags, name))
    except TagsError as error:
        raise Unusable(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag of the signature {error}") from error


def number_of(tags: Mapping[bytes, Tag], name: bytes) -> int | None:
    """The number that a tag holds, None when the tag is not there."""
    if name not in tags:
        return None
    try:
        return dkim_tags.number(tags[name].value)
    except TagsError as error:
        raise Unusable(DkimVerdict.NEUTRAL, f"the {name.decode()}= tag of the signature {error}") from error


def dns_name(octets: bytes) -> str:
    """A domain name in A-labels and lower case (RFC 8616 §4); empty when it is none."""
    try:
        name = to_ascii(octets.decode("utf-8"))
    except (UnicodeDecodeError, AddressError):
        return ""
    return name if _DOMAIN.match(name) else ""


def _name(tags: Mapping[bytes, Tag], name: bytes) -> str:
    return dns_name(tags[name].value) if name in tags else ""


def _text(tags: Mapping[bytes, Tag], name: bytes) -> str:
    return tags[name].value[:_IDENTITY_MAX].decode("utf-8", "replace") if name in tags else ""
