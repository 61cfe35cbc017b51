"""How does a check of ``senderauth`` get its answers? It is a generator that yields questions; here DNS is asked.

What is known already is answered at once, without a task and without giving up the turn: the checks of most messages
ask what was asked a moment ago.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast

from pillarbox.senderauth.asking import Answer, Check, Question, Record, Status

from .dns import Answer as Found
from .dns import DnsTemporary, Kind, Resolver

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """A result that is there already."""

    value: T


_KINDS = {kind.name: kind for kind in Kind}


@dataclass(frozen=True, slots=True)
class AskingSettings:
    """``check_time``: seconds after which the questions of a check are answered with "no answer for now" (RFC 7208
    §4.6.4). ``checks_at_once``: checks that wait for DNS at a time; the others wait for them. ``questions_at_once``: of
    one check, asked at the same time."""

    check_time: float = 20.0
    checks_at_once: int = 500
    questions_at_once: int = 12


class Spawning(Protocol):
    """Run a coroutine as a task that is not forgotten."""

    def __call__(self, work: Coroutine[object, object, T]) -> "asyncio.Task[T]": ...


class Asking:
    """Runs checks."""

    def __init__(self, resolver: Resolver, spawn: Spawning, settings: AskingSettings | None = None) -> None:
        self._resolver = resolver
        self._spawn = spawn
        self._settings = settings or AskingSettings()
        self._permits = asyncio.Semaphore(self._settings.checks_at_once)

    def run(self, check: Check[T]) -> Done[T] | asyncio.Task[T]:
        """The result, at once where everything is known; else a task that will have it."""
        answers: Sequence[Answer] | None = None
        while True:
            try:
                questions = next(check) if answers is None else check.send(answers)
            except StopIteration as done:
                return Done(cast(T, done.value))
            known = [self._known(question) for question in questions]
            answers = [answer for answer in known if answer is not None]
            if len(answers) < len(questions):
                return self._spawn(self._go_on(check, questions))

    async def _go_on(self, check: Check[T], questions: Sequence[Question]) -> T:
        deadline = asyncio.get_running_loop().time() + self._settings.check_time
        while True:
            answers = await self._answers(questions, deadline)
            try:
                questions = check.send(answers)
            except StopIteration as done:
                return cast(T, done.value)

    async def _answers(self, questions: Sequence[Question], deadline: float) -> list[Answer]:
        try:
            async with asyncio.timeout_at(deadline), self._permits:
                return await self._ask_all(questions)
        except TimeoutError:
            late = Answer(Status.FAILED, reason=f"DNS did not answer within {self._settings.check_time:g} seconds")
            return [late] * len(questions)

    async def _ask_all(self, questions: Sequence[Question]) -> list[Answer]:
        answers: list[Answer] = []
        for start in range(0, len(questions), self._settings.questions_at_once):
            some = questions[start : start + self._settings.questions_at_once]
            answers += await asyncio.gather(*map(self._ask, some)) if len(some) > 1 else [await self._ask(some[0])]
        return answers

    def _known(self, question: Question) -> Answer | None:
        found = self._resolver.known(question.name, _KINDS[question.kind.value])
        return None if found is None else _answer(found)

    async def _ask(self, question: Question) -> Answer:
        try:
            return _answer(await self._resolver.ask(question.name, _KINDS[question.kind.value]))
        except DnsTemporary as error:
            return _answer(error)


def _answer(found: Found[object] | DnsTemporary) -> Answer:
    if isinstance(found, DnsTemporary):
        return Answer(Status.FAILED, reason=str(found))
    if found.records:
        return Answer(Status.FOUND, cast("tuple[Record, ...]", found.records), found.authenticated)
    return Answer(Status.NO_RECORD if found.exists else Status.NO_NAME, (), found.authenticated)
