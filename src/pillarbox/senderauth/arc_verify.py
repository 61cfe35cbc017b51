"""Can the chain of those who handled a message be believed? RFC 8617 §5.2.

The chain passes when the newest message signature fits and every seal does. It says what others found, nothing about
whether they are honest: that is for who reads it.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from .arc_set import SETS_MAX, ArcMark, ArcSet, Chain, read_chain
from .asking import Answer, Check, Kind, Question
from .dkim_body import Body, Hashes
from .dkim_header import Fields
from .dkim_signature import DkimVerdict
from .dkim_verify import DkimSettings, body_fault, loose, prove, time_fault


class ArcVerdict(Enum):
    """The state of a chain (RFC 8617 §4.4)."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - the word
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class ArcSettings:
    """``sets``: that a chain may have (RFC 8617 §4.2.1). ``dkim``: what keys and clocks are held to."""

    sets: int = SETS_MAX
    dkim: DkimSettings = field(default_factory=DkimSettings)


@dataclass(frozen=True, slots=True)
class Arc:
    """The state of the chain. ``sets``: oldest first. ``oldest_pass``: the lowest instance from which on the message is
    as it was, 0 when it never changed (RFC 8617 §5.2 step 5), None without a pass. ``temporary``: DNS failed."""

    result: ArcVerdict
    reason: str
    sets: tuple[ArcSet, ...] = ()
    oldest_pass: int | None = None
    temporary: bool = False


def read(fields: Fields, settings: ArcSettings) -> Chain:
    """The chain among ``fields``."""
    return read_chain(fields, settings.dkim.limits, settings.sets)


def bodies(chain: Chain) -> set[Body]:
    """How the body must be hashed for ``chain``: two ways at most."""
    return {link.terms.body for link in chain.sets}


def verify(fields: Fields, chain: Chain, hashes: Hashes, now: float, settings: ArcSettings) -> Check[Arc]:
    """The state of ``chain``. ``hashes`` hold the body for each of ``bodies(chain)``; ``now``: POSIX seconds."""
    wrong = _fault_without_keys(fields, chain, hashes, now, settings)
    if wrong:
        return Arc(ArcVerdict.FAIL, wrong, chain.sets)
    if not chain.sets:
        return Arc(ArcVerdict.NONE, "nobody on the way wrote down what it found")
    keys = _Keys(settings.dkim)
    newest = chain.sets[-1]
    yield from keys.ask([newest.message])
    fault = keys.fault(newest.message, newest.terms.signed(fields), newest.terms.octets)
    if fault is None:
        yield from keys.ask([link.seal for link in chain.sets])
        fault = _broken_seal(chain.sets, keys)
    if fault is not None:
        return Arc(ArcVerdict.FAIL, fault, chain.sets, temporary=keys.unanswered)
    older = [link for link in chain.sets[:-1] if body_fault("", link.terms, hashes) is None]
    yield from keys.ask([link.message for link in older])
    changed = _changed(fields, chain.sets, older, keys)
    names = ", ".join([link.seal.domain for link in chain.sets])
    return Arc(ArcVerdict.PASS, f"every seal fits: {names}", chain.sets, changed)


def _fault_without_keys(fields: Fields, chain: Chain, hashes: Hashes, now: float, settings: ArcSettings) -> str:
    """What is wrong with the chain, whatever the keys are; empty when nothing is. RFC 8617 §5.2 steps 1 to 3."""
    if chain.fault or not chain.sets:
        return chain.fault
    if not fields.sound:
        return "the header has a line that does not end in CRLF"
    newest = chain.sets[-1]
    for link in reversed(chain.sets):
        if link.status == "fail":
            return f"{link.seal.domain} found that the chain before it was broken"
        if link.status != ("none" if link.instance == 1 else "pass"):
            return f"{link.seal.domain} sealed as if there were {'no' if link.instance > 1 else 'a'} chain before it"
    domain, terms = newest.message.domain, newest.terms
    fault = time_fault(terms, now, settings.dkim.skew) or body_fault(domain, terms, hashes)
    fault = fault or loose(domain, terms, fields, hashes)
    return fault.reason if fault else ""


def _broken_seal(sets: Sequence[ArcSet], keys: "_Keys") -> str | None:
    """RFC 8617 §5.2 step 6: each seal covers all sets up to its own. Why one does not fit; None when all do."""
    before = [b""]
    for link in sets:
        before.append(before[-1] + link.sealed)
    for link in reversed(sets):
        fault = keys.fault(link.seal, before[link.instance - 1] + link.covered, link.signature)
        if fault is not None:
            return fault
    return None


def _changed(fields: Fields, sets: Sequence[ArcSet], older: Sequence[ArcSet], keys: "_Keys") -> int:
    """RFC 8617 §5.2 step 5: from the newest down, the last instance whose message signature still fits; 0 for all."""
    for link in reversed(sets[:-1]):
        if link not in older or keys.fault(link.message, link.terms.signed(fields), link.terms.octets) is not None:
            return link.instance + 1
    return 0


class _Keys:
    """The answers about keys that were asked for, each once."""

    __slots__ = ("_answers", "_settings", "unanswered")

    def __init__(self, settings: DkimSettings) -> None:
        self._answers: dict[str, Answer] = {}
        self._settings = settings
        self.unanswered = False

    def ask(self, marks: Sequence[ArcMark]) -> Generator[Sequence[Question], Sequence[Answer], None]:
        """Asks for those keys of ``marks`` that are not known yet."""
        names = sorted({mark.key_name for mark in marks} - self._answers.keys())
        if names:
            answers = yield [Question(Kind.TXT, name) for name in names]
            self._answers.update(zip(names, answers, strict=True))

    def fault(self, mark: ArcMark, octets: bytes, signature: bytes) -> str | None:
        """Why the key of ``mark`` does not fit ``signature`` over ``octets``; None when it does."""
        fault, _ = prove(mark.domain, mark.algorithm, octets, signature, self._answers[mark.key_name], self._settings)
        if fault is None:
            return None
        self.unanswered = self.unanswered or fault.verdict is DkimVerdict.TEMPERROR
        return fault.reason
