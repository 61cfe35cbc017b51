"""What waits for the group commit? Units: something to be written by a function, and who waits for it."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

import apsw

from pillarbox.store.interface import StoreError

from .effects import Effects
from .faults import explain

log = logging.getLogger("pillarbox.store")
A = TypeVar("A")
R = TypeVar("R")
# Writes many arguments in one call, and gives as many results.
Batch: TypeAlias = Callable[[apsw.Connection, Effects, Sequence[A]], Sequence[R]]


class Unit:
    """Something to be written, and who waits for it. Units of one ``batch`` function are run in one call.

    The types of argument and result are checked where a unit is submitted; in the queue all units are alike.
    """

    __slots__ = ("argument", "batch", "error", "future", "result", "weight")

    def __init__(self, batch: "Batch[Any, Any]", argument: object, future: "asyncio.Future[Any]", weight: int) -> None:
        self.batch = batch
        self.argument = argument
        self.future = future
        self.weight = weight
        self.result: object = None
        self.error: StoreError | None = None

    def complete(self) -> None:
        """Hand the result or the error to who waits; a cancelled Future is left alone. In the loop's thread."""
        if self.future.done():
            return
        if self.error is None:
            self.future.set_result(self.result)
        else:
            self.future.set_exception(self.error)


def run_each(
    connection: apsw.Connection, _effects: Effects, units: Sequence[Callable[[apsw.Connection], R]]
) -> list[R]:
    """The batch of units that have nothing in common."""
    return [unit(connection) for unit in units]


def by_batch(group: list[Unit]) -> list[tuple["Batch[Any, Any]", list[Unit]]]:
    """The units of a group by their batch function, in the order of each one's first unit."""
    batches: dict[Batch[Any, Any], list[Unit]] = {}
    for unit in group:
        batches.setdefault(unit.batch, []).append(unit)
    return list(batches.items())


def told(error: Exception) -> StoreError:
    """What a unit's own error is to who waits for it; a mistake of ours goes to the log with its place."""
    if not isinstance(error, StoreError | apsw.ConstraintError):
        log.error("a unit failed", exc_info=error)
    return explain(error)


def fail(group: list[Unit], error: StoreError) -> None:
    """Have every unit of a group end with ``error``, each with its own copy, for each is raised elsewhere."""
    for unit in group:
        unit.error = type(error)(str(error))


def complete_all(group: list[Unit]) -> None:
    """Tell all who wait for a group. In the loop's thread."""
    for unit in group:
        unit.complete()
