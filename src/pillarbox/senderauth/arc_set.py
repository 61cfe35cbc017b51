"""Which ARC sets does a message carry? RFC 8617 §4: who handled it wrote down what it found, and sealed that.

A chain is read as a whole: one field that is missing, doubled or unreadable spoils it all (RFC 8617 §5.2 step 3).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from pillarbox.mail.headers import unfolded

from .dkim_header import Fields, relaxed_field
from .dkim_signature import (
    DkimLimits,
    DkimVerdict,
    Terms,
    Unusable,
    check_algorithm,
    number_of,
    octets_of,
    signed_terms,
    signer,
    tags_of,
)
from .dkim_tags import Tag

RESULTS, MESSAGE, SEAL = b"arc-authentication-results", b"arc-message-signature", b"arc-seal"
SETS_MAX = 50  # RFC 8617 §4.2.1: the highest instance there is

# RFC 8617 §4.1.1: arc-info = instance [CFWS] ";" authres-payload, with CFWS before it; no comments in comments.
_CFWS = rb"[ \t\r\n]*(?:\([^()\\]*\)[ \t\r\n]*)*"
_RESULTS = re.compile(_CFWS + rb"i[ \t\r\n]*=[ \t\r\n]*([1-9][0-9]?)" + _CFWS + rb";[ \t\r\n]*(.*)\Z", re.DOTALL)
_INSTANCE = re.compile(rb"[1-9][0-9]?\Z")
_ANY_INSTANCE = re.compile(rb"(?:[:;]|\A)[ \t\r\n]*i[ \t\r\n]*=[ \t\r\n]*([1-9][0-9]?)[ \t\r\n]*(?:;|\Z)")
_STATUSES = {b"none": "none", b"pass": "pass", b"fail": "fail"}


@dataclass(frozen=True, slots=True)
class ArcMark:
    """What ARC-Message-Signature and ARC-Seal share: who signed, and with which key."""

    domain: str
    selector: str
    algorithm: str

    @property
    def key_name(self) -> str:
        """Where its public key lies in DNS."""
        return f"{self.selector}._domainkey.{self.domain}"


@dataclass(frozen=True, slots=True)
class ArcSet:
    """What one handler added. ``results``: what it found, as Authentication-Results writes it, unfolded.

    ``status``: what it says of the sets before its own (cv=). ``sealed``: the octets of its three fields as later seals
    cover them; ``covered``: those that its own seal covers of them.
    """

    instance: int
    results: str
    message: ArcMark
    terms: Terms
    seal: ArcMark
    status: str
    signature: bytes
    sealed: bytes
    covered: bytes

    @property
    def authserv_id(self) -> str:
        """Who it calls itself in its results (RFC 8601 §2.2)."""
        return self.results.partition(";")[0].strip().partition(" ")[0]


class Chain(NamedTuple):
    """The sets of a message, oldest first. With a ``fault`` there are none. ``highest``: the highest instance seen."""

    sets: tuple[ArcSet, ...] = ()
    fault: str = ""
    highest: int = 0


def read_chain(fields: Fields, limits: DkimLimits, sets_max: int = SETS_MAX) -> Chain:
    """The chain of a message; no set and no fault when it has none."""
    kinds = [[fields.lines[place] for place in fields.places(name)] for name in (RESULTS, MESSAGE, SEAL)]
    size = max(map(len, kinds))
    if size == 0:
        return Chain()
    if size > sets_max:
        return Chain((), f"it has more than {sets_max} ARC sets", SETS_MAX)
    highest = max([_any_instance(line) for lines in kinds for line in lines])
    if any(len(lines) != size for lines in kinds):
        return Chain((), "an ARC set lacks one of its three fields", highest)
    try:
        return Chain(_sets(kinds, limits), "", size)
    except Unusable as unusable:
        return Chain((), unusable.fault.reason, highest)


def _sets(kinds: list[list[bytes]], limits: DkimLimits) -> tuple[ArcSet, ...]:
    results = _by_instance([(_results_instance(line, limits), line) for line in kinds[0]])
    messages = _by_instance([(_tagged_instance(line, limits), line) for line in kinds[1]])
    seals = _by_instance([(_tagged_instance(line, limits), line) for line in kinds[2]])
    return tuple([_read(number, results[number], messages[number], seals[number], limits) for number in results])


def _by_instance(lines: list[tuple[int, bytes]]) -> dict[int, bytes]:
    """RFC 8617 §5.2 step 3 B and C: each instance once, from 1 on without a gap."""
    found = dict(sorted(lines))
    if list(found) != list(range(1, len(lines) + 1)):
        raise Unusable(DkimVerdict.FAIL, "the ARC sets are not numbered from 1 on, each once")
    return found


def _results_instance(line: bytes, limits: DkimLimits) -> int:
    match = _RESULTS.match(line.partition(b":")[2]) if len(line) <= limits.octets else None
    if match is None:
        raise Unusable(DkimVerdict.FAIL, "an ARC-Authentication-Results field cannot be read")
    return int(match[1])


def _tagged_instance(line: bytes, limits: DkimLimits) -> int:
    tag = tags_of(line, limits).get(b"i")
    if tag is None or not _INSTANCE.match(tag.value):
        raise Unusable(DkimVerdict.FAIL, "an ARC field has no number")
    return int(tag.value)


def _any_instance(line: bytes) -> int:
    """The instance of a field that may be unreadable otherwise, or 0."""
    match = _ANY_INSTANCE.search(line)
    return int(match[1]) if match else 0


def _read(number: int, results: bytes, message: bytes, seal: bytes, limits: DkimLimits) -> ArcSet:
    message_tags, seal_tags = tags_of(message, limits), tags_of(seal, limits)
    # RFC 8617 §4.1.2 takes c= from DKIM, where silence means simple; but who seals without it has always meant relaxed.
    mark, terms = _mark(message_tags), signed_terms(message, message_tags, limits, b"relaxed/relaxed")
    if SEAL in terms.names:
        # RFC 8617 §4.1.2: no ARC-Seal is among what ARC-Message-Signature covers.
        raise Unusable(DkimVerdict.FAIL, "an ARC-Message-Signature covers a seal")
    if terms.body.length is not None:
        raise Unusable(DkimVerdict.FAIL, "an ARC-Message-Signature covers only a part of the body")
    seal_mark, status, octets, hollow = _seal(seal, seal_tags)
    before = relaxed_field(results) + b"\r\n" + relaxed_field(message) + b"\r\n"
    found = _RESULTS.match(results.partition(b":")[2])
    text = unfolded(found[2]) if found else ""
    sealed = before + relaxed_field(seal) + b"\r\n"
    return ArcSet(number, text, mark, terms, seal_mark, status, octets, sealed, before + relaxed_field(hollow))


def _seal(line: bytes, tags: Mapping[bytes, Tag]) -> tuple[ArcMark, str, bytes, bytes]:
    if b"h" in tags:
        # RFC 8617 §4.1.3: a seal has no h=; one that does breaks the chain.
        raise Unusable(DkimVerdict.FAIL, "an ARC-Seal names header fields, which it must not")
    status = _STATUSES.get(tags[b"cv"].value if b"cv" in tags else b"")
    if status is None:
        raise Unusable(DkimVerdict.FAIL, "an ARC-Seal does not say what it found of the chain before it")
    number_of(tags, b"t")
    hollow = line[: tags[b"b"].start] + line[tags[b"b"].end :] if b"b" in tags else line
    return _mark(tags), status, octets_of(tags, b"b"), hollow


def _mark(tags: Mapping[bytes, Tag]) -> ArcMark:
    algorithm = check_algorithm(tags)
    return ArcMark(*signer(tags), algorithm)
