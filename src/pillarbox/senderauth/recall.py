"""Must a check be made again? Not while DNS says what it said: the same questions with the same answers come to the
same result.

The questions are asked again each time, so that nothing outlives its TTL; only the thinking between them is saved.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar, cast

from .asking import Answer, Check, Question

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """``results``: of each kind of check that are kept; the oldest goes first. ``octets``: what the answers of one
    may be long, and ``records``: how many they may hold; one with more is made anew each time."""

    results: int = 1_000
    octets: int = 4_096
    records: int = 64


class _Step(NamedTuple):
    questions: Sequence[Question]
    answers: Sequence[Answer]


class _Past(NamedTuple, Generic[T]):
    steps: Sequence[_Step]
    result: T


class Recall(Generic[T]):
    """Results of one kind of check. ``keep``: whether a result counts for all that have the same key."""

    __slots__ = ("_keep", "_past", "_settings")

    def __init__(self, settings: RecallSettings, keep: Callable[[T], bool] = lambda _: True) -> None:
        self._settings = settings
        self._keep = keep
        self._past: dict[Hashable, _Past[T]] = {}

    def check(self, key: Hashable, make: Callable[[], Check[T]]) -> Check[T]:
        """What ``make`` comes to. ``key``: everything on which its result depends, but for the answers."""
        past = self._past.get(key)
        if past is not None:
            for questions, before in past.steps:
                if (yield questions) != before:
                    break
            else:
                return past.result
        steps: list[_Step] = []
        result = yield from _recorded(make(), steps)
        self._remember(key, _Past(steps, result))
        return result

    def _remember(self, key: Hashable, past: _Past[T]) -> None:
        self._past.pop(key, None)
        if not self._keep(past.result) or not self._is_small(past.steps):
            return
        self._past[key] = past
        if len(self._past) > self._settings.results:
            del self._past[next(iter(self._past))]

    def _is_small(self, steps: Sequence[_Step]) -> bool:
        records = [record for step in steps for answer in step.answers for record in answer.records]
        octets = sum(len(record) for record in records if isinstance(record, bytes | str))
        return len(records) <= self._settings.records and octets <= self._settings.octets


def _recorded(check: Check[T], steps: list[_Step]) -> Check[T]:
    """``check``, with each of its steps noted in ``steps``."""
    try:
        questions = next(check)
        while True:
            answers = yield questions
            steps.append(_Step(questions, answers))
            questions = check.send(answers)
    except StopIteration as done:
        return cast(T, done.value)
