"""What does each command of the TRANSACTION state do? RFC 1939 §5, and TOP and UIDL of §7."""

from collections.abc import Callable

from . import commands
from .commands import Command, RefusedError
from .events import Retrieve
from .marks import Marks
from .output import Listing
from .replies import NO_SUCH_MESSAGE, Reply, ok

Outcome = Reply | Listing | Retrieve


class Transaction:
    """A session with its drop, from sign-in to QUIT."""

    __slots__ = ("_marks",)

    def __init__(self, marks: Marks) -> None:
        self._marks = marks

    def do(self, command: Command) -> Outcome:
        """What ``command`` comes to; RefusedError when it cannot be done."""
        return _COMMANDS[command.verb](self, command.argument)

    def deleted(self) -> list[int]:
        """The numbers of the messages to be removed."""
        return self._marks.deleted()

    def _there(self, number: int) -> int:
        """``number``, when it names a message that is there and not marked."""
        if number not in self._marks:
            raise RefusedError(NO_SUCH_MESSAGE)
        return number

    def _stat(self, argument: str) -> Reply:
        commands.nothing(argument)
        # RFC 1939 §5: two numbers, and nothing that a program would have to skip.
        return ok(f"{self._marks.count} {self._marks.octets}")

    def _list(self, argument: str) -> Reply | Listing:
        wanted = commands.optional_number(argument)
        if wanted is None:
            return Listing(ok(self._marks.summary), self._marks.scan_lines())
        number = self._there(wanted)
        return ok(f"{number} {self._marks.size(number)}")

    def _uidl(self, argument: str) -> Reply | Listing:
        wanted = commands.optional_number(argument)
        if wanted is None:
            return Listing(ok(self._marks.summary), self._marks.id_lines())
        number = self._there(wanted)
        return ok(f"{number} {self._marks.unique_id(number)}")

    def _retr(self, argument: str) -> Retrieve:
        number = self._there(commands.number(argument))
        return Retrieve(number, None, ok(f"{self._marks.size(number)} octets"))

    def _top(self, argument: str) -> Retrieve:
        wanted, lines = commands.top(argument)
        return Retrieve(self._there(wanted), lines, ok(f"The header and at most {lines} lines"))

    def _dele(self, argument: str) -> Reply:
        number = self._there(commands.number(argument))
        self._marks.delete(number)
        return ok(f"Message {number} goes when you QUIT")

    def _rset(self, argument: str) -> Reply:
        commands.nothing(argument)
        self._marks.reset()
        return ok(self._marks.summary)


_COMMANDS: dict[str, Callable[[Transaction, str], Outcome]] = {
    "STAT": Transaction._stat,
    "LIST": Transaction._list,
    "UIDL": Transaction._uidl,
    "RETR": Transaction._retr,
    "TOP": Transaction._top,
    "DELE": Transaction._dele,
    "RSET": Transaction._rset,
}
