"""Which names does a LIST pattern match? ``*`` stands for anything, ``%`` for anything within a level. RFC 9051 §6.3.9.

The pattern is a machine whose states are the bits of one number: each character of a name moves all of them at once, so
that no pattern, however many wildcards it has, takes longer than its length times that of the name.
"""

from collections.abc import Callable
from typing import TypeAlias

from .folders import DELIMITER, INBOX

Matcher: TypeAlias = Callable[[str], bool]
# Octets of a pattern: no name is longer, and no client asks with more.
PATTERN_MAX = 1024


def matcher(pattern: str) -> Matcher:
    """Whether a name matches ``pattern``; one that is too long matches none."""
    if len(pattern) > PATTERN_MAX:
        return lambda name: False
    if pattern == "*":
        return lambda name: True
    if "*" not in pattern and "%" not in pattern:
        wanted = _inbox(pattern)
        return lambda name: name == wanted
    matches = _Machine(_inbox(pattern)).matches
    inbox = _Machine(pattern.upper()).matches(INBOX)
    return lambda name: (inbox and name == INBOX) or matches(name)


def _inbox(pattern: str) -> str:
    """INBOX is the same in any case (RFC 9051 §5.1), also above its children and with wildcards behind it."""
    first = pattern.partition(DELIMITER)[0].rstrip("*%")
    return INBOX + pattern[len(first) :] if first.upper() == INBOX else pattern


class _Machine:
    """State n: the first n literals have been met."""

    __slots__ = ("_any", "_end", "_level", "_literals", "_prefix")

    def __init__(self, pattern: str) -> None:
        self._prefix = pattern[: min(at for at in (pattern.find("*"), pattern.find("%")) if at >= 0)]
        self._any = self._level = 0
        self._literals: dict[str, int] = {}
        state = 1
        for character in pattern:
            if character == "*":
                self._any |= state
            elif character == "%":
                self._level |= state
            else:
                self._literals[character] = self._literals.get(character, 0) | state
                state <<= 1
        self._end = state

    def matches(self, name: str) -> bool:
        """Run ``name`` through the machine."""
        if not name.startswith(self._prefix):
            return False
        states, stay_any, stay_level, literals = 1, self._any, self._any | self._level, self._literals
        for character in name:
            stay = states & (stay_any if character == DELIMITER else stay_level)
            states = stay | (states & literals.get(character, 0)) << 1
            if not states:
                return False
        return bool(states & self._end)
