"""Which DMARC record is for a domain, and to which organisation does it belong? RFC 9989 §4.10, the DNS tree walk.

The names of one walk are asked for at the same time: what lies beyond the place where it stops is not looked at.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from .asking import Answer, Kind, Question, Status
from .dmarc_record import Psd, Record, choose
from .organisation import NAME_MAX, Suffixes, registered

QUERIES_MAX = 8
"""Names that one walk asks for (§4.10, step 4)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A valid record and the domain where it stands; ``secure``: DNSSEC vouches for it."""

    domain: str
    record: Record
    secure: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """What a walk from ``start`` found, from the longest name to the shortest.

    ``organisation`` is the organisational domain (§4.10.2). ``failed`` says which name DNS was silent about; there may
    have been another record.
    """

    start: str
    found: tuple[Found, ...]
    organisation: str
    failed: str | None = None

    @property
    def policy(self) -> Found | None:
        """The record to be applied to mail from ``start`` (§4.10.1): its own, its organisation's, its suffix's."""
        for domain in (self.start, self.organisation):
            for one in self.found:
                if one.domain == domain:
                    return one
        return next((one for one in self.found if one.record.psd is Psd.YES), None)


Asking = Generator[Sequence[Question], Sequence[Answer], Walk]


@dataclass(slots=True)
class Walker:
    """All walks for one message: no name is asked for twice."""

    suffixes: Suffixes | None
    answers: dict[str, Answer] = field(default_factory=dict)

    def start(self, domain: str) -> Generator[Sequence[Question], Sequence[Answer], Walk | None]:
        """The walk when the first step ends it, because of psd=y or psd=n or of a failure; else None."""
        yield from self._ask([domain])
        first = self.answers[domain]
        if first.status is Status.FAILED or _stops(first):
            return self._read(domain, [domain])
        return None

    def own(self, domain: str) -> Found | None:
        """The record that stands at ``domain`` itself, once it was asked for."""
        answer = self.answers.get(domain)
        record = choose(_texts(answer)) if answer is not None else None
        return None if record is None or answer is None else Found(domain, record, answer.secure)

    def walk(self, domain: str) -> Asking:
        """The whole walk from ``domain`` (lower-case A-labels)."""
        names = path(domain)
        yield from self._ask(names)
        return self._read(domain, names)

    def _ask(self, names: Sequence[str]) -> Generator[Sequence[Question], Sequence[Answer], None]:
        missing = [name for name in names if name not in self.answers]
        for name in missing:
            if len(name) + len("_dmarc.") > NAME_MAX:  # no such name can be in DNS
                self.answers[name] = Answer(Status.NO_NAME)
        missing = [name for name in missing if name not in self.answers]
        if missing:
            answers = yield [Question(Kind.TXT, f"_dmarc.{name}") for name in missing]
            self.answers.update(zip(missing, answers, strict=True))

    def _read(self, domain: str, names: Sequence[str]) -> Walk:
        found: list[Found] = []
        failed = None
        for name in names:
            answer = self.answers[name]
            if answer.status is Status.FAILED and failed is None:
                failed = f"_dmarc.{name} could not be looked up: {answer.reason or 'DNS gave no answer'}"
            one = self.own(name)
            if one is not None:
                found.append(one)
                if one.record.psd is not Psd.UNKNOWN:  # §4.10, steps 2 and 6
                    break
        return Walk(domain, tuple(found), self._organisation(domain, found), failed)

    def _organisation(self, domain: str, found: Sequence[Found]) -> str:
        """§4.10.2, rules 1 to 3; the suffix list where there is no record at all."""
        for one in found:
            if one.record.psd is Psd.NO:
                return one.domain
            if one.record.psd is Psd.YES and one.domain != domain:
                return _one_label_more(domain, one.domain)
        if found:
            return found[-1].domain
        known = registered(domain, self.suffixes) if self.suffixes is not None else None
        return known or domain


def path(domain: str) -> list[str]:
    """The domains whose records a walk looks for, QUERIES_MAX at most (§4.10, steps 3 to 7)."""
    labels = domain.split(".")
    above = labels[1:] if len(labels) < QUERIES_MAX else labels[-(QUERIES_MAX - 1) :]
    return [domain, *(".".join(above[at:]) for at in range(len(above)))]


def _one_label_more(domain: str, suffix: str) -> str:
    """The domain one label below ``suffix`` on the way to ``domain``."""
    return ".".join(domain.split(".")[-(suffix.count(".") + 2) :])


def _stops(answer: Answer) -> bool:
    record = choose(_texts(answer))
    return record is not None and record.psd is not Psd.UNKNOWN


def _texts(answer: Answer) -> tuple[bytes, ...]:
    return tuple(text for text in answer.records if isinstance(text, bytes))
