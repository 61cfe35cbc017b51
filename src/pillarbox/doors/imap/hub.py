"""What has another session done that the store does not tell of? RFC 5465 §5.6, §5.7.

The store says that a folder was changed, not which note on it or whose rights. Both are changed by IMAP only, so those
who change them tell those who wait to hear of it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias


class NotesChanged(NamedTuple):
    """``entries`` of a folder (0: of the server) were changed by the account; ``origin`` is the session that did it."""

    account_id: int
    folder_id: int
    entries: Sequence[str]
    origin: object


class RightsChanged(NamedTuple):
    """Somebody may do more or less in a folder."""

    folder_id: int


Change: TypeAlias = NotesChanged | RightsChanged
Listener: TypeAlias = Callable[[Change], None]


class Hub:
    """Tells all listeners, in the order in which they came."""

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def listen(self, listener: Listener) -> None:
        """Tell ``listener`` from now on."""
        self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Tell it no more."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def tell(self, change: Change) -> None:
        """Something was changed."""
        for listener in list(self._listeners):
            listener(change)
