"""What does a transaction bring about outside of the database? Files that come and go, and word of changed folders."""

import logging
from collections.abc import Callable
from typing import TypeAlias

from .bodies import Bodies

log = logging.getLogger("pillarbox.store")
Listener: TypeAlias = Callable[[frozenset[int]], None]


class Effects:
    """What units leave for the time behind their commit. Used by the writer thread, within its transactions.

    ``changed`` holds the ids of folders that units have changed. It may hold too many, never too few: a unit that was
    undone leaves its folders in it, and after a failed commit, of which nobody knows whether it came to the disk, they
    stay for the next one.
    """

    __slots__ = ("bodies", "changed")

    def __init__(self, bodies: Bodies) -> None:
        self.bodies = bodies
        self.changed: set[int] = set()

    def take_changed(self) -> frozenset[int]:
        """The folders to tell of, once."""
        if not self.changed:
            return frozenset()
        changed, self.changed = frozenset(self.changed), set()
        return changed


class Listeners:
    """Who wants to hear of changed folders. In the loop's thread."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def add(self, listener: Listener) -> None:
        """Tell ``listener`` too."""
        self._listeners.append(listener)

    def tell(self, changed: frozenset[int]) -> None:
        """Call all of them. A mistake of one is its own: the others hear of it, and the store goes on."""
        for listener in self._listeners:
            try:
                listener(changed)
            except Exception as error:
                log.exception("a listener failed", exc_info=error)
