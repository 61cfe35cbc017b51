"""What may a user do in a folder? Rights are letters, and given to identifiers. RFC 4314."""

from collections.abc import Mapping

ALL = "lrswipkxtea"
"""Lookup, read, keep seen, write flags, insert, post, create below, delete the folder, delete messages, expunge,
administer (§2.1), in the order in which they are shown."""
ANYONE = "anyone"
# §2.1.1: what RFC 2086 called c and d stands for these, and is shown when one of them is there.
_VIRTUAL = {"c": "kx", "d": "te"}


class RightsError(ValueError):
    """There is no such right; ``str(error)`` says which."""


def parse(text: str) -> str:
    """The rights that a client wrote, in their order, each once; RightsError for an unknown one."""
    wanted = "".join(_VIRTUAL.get(letter, letter) for letter in text)
    unknown = sorted(set(wanted) - set(ALL))
    if unknown:
        raise RightsError(f"there is no right {unknown[0]!r}; there are {ALL}")
    return _ordered(wanted)


def shown(rights: str) -> str:
    """Rights as a client is shown them, with those of RFC 2086 behind (§2.1.1)."""
    return rights + "".join(old for old, stands_for in _VIRTUAL.items() if set(rights) & set(stands_for))


def added(rights: str, more: str) -> str:
    """The rights of both."""
    return _ordered(rights + more)


def without(rights: str, less: str) -> str:
    """``rights`` but for those in ``less``."""
    return "".join(letter for letter in rights if letter not in less)


def effective(granted: Mapping[str, str], address: str) -> str:
    """What ``address`` may do: what it and anyone are given, without what either is denied (§2)."""
    given = granted.get(address, "") + granted.get(ANYONE, "")
    denied = granted.get(f"-{address}", "") + granted.get(f"-{ANYONE}", "")
    return without(_ordered(given), denied)


def _ordered(letters: str) -> str:
    return "".join(letter for letter in ALL if letter in letters)
