"""Can work be done at once? Most commands never wait; those that do get a Task, the others do not pay for one.

A coroutine is driven by hand until it waits for the first time, and only what is left of it becomes a Task. (Python
3.12 calls such tasks eager; until the first wait there is no current task, so asyncio.timeout cannot be used there.)
"""

from collections.abc import Coroutine, Generator
from dataclasses import dataclass
from types import coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """The work is done."""

    result: T


@dataclass(frozen=True, slots=True)
class Waits(Generic[T]):
    """The work waits; ``rest`` is what is left of it, for a Task."""

    rest: Coroutine[Any, Any, T]


def begin(work: Coroutine[Any, Any, T]) -> Done[T] | Waits[T]:
    """Do ``work`` up to its first wait. What it raises before is raised here."""
    try:
        awaited = work.send(None)
    except StopIteration as done:
        return Done(done.value)
    return Waits(_resumed(work, awaited))


async def _resumed(work: Coroutine[Any, Any, T], awaited: object) -> T:
    return await _rest(work, awaited)


@coroutine
def _rest(work: Coroutine[Any, Any, T], awaited: object) -> Generator[object, object, T]:
    """Hand on what goes between the loop and ``work``."""
    try:
        while True:
            try:
                answer = yield awaited
            except GeneratorExit:
                work.close()
                raise
            except BaseException as error:  # noqa: BLE001 - it is the work's to judge, and to raise again
                awaited = work.throw(error)
            else:
                awaited = work.send(answer)
    except StopIteration as done:
        result: T = done.value
        return result
