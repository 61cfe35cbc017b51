"""DNS in a dictionary: answers the questions of a check as a resolver would, and keeps them."""

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address
from typing import TypeVar

from pillarbox.senderauth.asking import Answer, Check, Kind, Question, Record, Status

T = TypeVar("T")
TIMEOUT = Answer(Status.FAILED, reason="the name server keeps silent")
ALIASES_MAX = 8


class Zone:
    """``rows``: what stands in DNS; ``aliases``: CNAMEs; ``silent``: names, or names and kinds, that nobody answers.

    ``asked``: every question; ``rounds``: how many were asked at a time.
    """

    def __init__(self) -> None:
        self.rows: dict[tuple[str, Kind], list[Record]] = {}
        self.aliases: dict[str, str] = {}
        self.silent: set[str | tuple[str, Kind]] = set()
        self.asked: list[Question] = []
        self.rounds: list[int] = []

    @classmethod
    def of(cls, names: Mapping[str, Mapping[str, Iterable[object]]]) -> "Zone":
        """A zone of names, kinds ("A", "MX", …) and values as they are written."""
        zone = cls()
        for name, kinds in names.items():
            for kind, values in kinds.items():
                for value in values:
                    zone.add(name, kind, value)
        return zone

    def add(self, name: str, kind: str, value: object) -> None:
        """One more record of ``name``."""
        key = name.lower().removesuffix(".")
        if kind == "CNAME":
            self.aliases[key] = str(value).lower().removesuffix(".")
            return
        self.rows.setdefault((key, Kind[kind]), []).append(record(Kind[kind], value))

    def answer(self, question: Question) -> Answer:
        """What DNS says."""
        self.asked.append(question)
        name = question.name.lower()
        for _ in range(ALIASES_MAX):
            if name not in self.aliases:
                break
            name = self.aliases[name]
        else:
            return TIMEOUT
        found = self.rows.get((name, question.kind))
        if found:
            return Answer(Status.FOUND, tuple(found))
        if name in self.silent or (name, question.kind) in self.silent:
            return TIMEOUT
        exists = any(known == name or known.endswith("." + name) for known, _ in self.rows)
        return Answer(Status.NO_RECORD if exists else Status.NO_NAME)

    def run(self, check: Check[T]) -> T:
        """The result of ``check`` when DNS is this zone."""
        try:
            questions = next(check)
            while True:
                self.rounds.append(len(questions))
                questions = check.send([self.answer(question) for question in questions])
        except StopIteration as done:
            result: T = done.value
            return result


def record(kind: Kind, value: object) -> Record:
    """``value`` as an answer holds it."""
    match kind:
        case Kind.A:
            return IPv4Address(value)
        case Kind.AAAA:
            return IPv6Address(value)
        case Kind.TXT:
            return value if isinstance(value, bytes) else str(value).encode("latin-1")
        case Kind.MX:
            assert isinstance(value, list | tuple)
            return int(value[0]), str(value[1]).removesuffix(".")
        case _:
            return str(value).removesuffix(".")
