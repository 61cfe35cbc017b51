"""Which command may come when? RFC 9051 §3: four states. The table, and only here.

SILENT ─greet→ NOT_AUTHENTICATED ─LOGIN, AUTHENTICATE→ AUTHENTICATED ⇄ SELECTED (SELECT, EXAMINE; CLOSE, UNSELECT)
               NOT_AUTHENTICATED ─STARTTLS→ handshake → NOT_AUTHENTICATED
               AUTHENTICATED, SELECTED ─UNAUTHENTICATE→ NOT_AUTHENTICATED   (RFC 8437)
               any ─LOGOUT→ LOGOUT
"""

from enum import Enum

from .completion import Completion
from .refusals import NOT_SELECTED, SIGN_IN_FIRST, SIGNED_IN_ALREADY


class State(Enum):
    """Where a conversation stands."""

    SILENT = "silent"
    """Not greeted yet."""
    NOT_AUTHENTICATED = "not authenticated"
    AUTHENTICATED = "authenticated"
    SELECTED = "selected"
    LOGOUT = "logout"
    """Over: nothing more is read."""


_ANYWHERE = {"CAPABILITY", "NOOP", "LOGOUT", "ID"}
_SIGNING_IN = {"STARTTLS", "AUTHENTICATE", "LOGIN"}
_SIGNED_IN = {
    "ENABLE", "SELECT", "EXAMINE", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "LIST", "LSUB",
    "NAMESPACE", "STATUS", "APPEND", "IDLE", "GETQUOTA", "GETQUOTAROOT", "SETQUOTA", "SETACL", "DELETEACL", "GETACL",
    "LISTRIGHTS", "MYRIGHTS", "GETMETADATA", "SETMETADATA", "NOTIFY", "COMPRESS", "UNAUTHENTICATE", "ESEARCH",
}  # fmt: skip
_SELECTED = {
    "CHECK", "CLOSE", "UNSELECT", "EXPUNGE", "SEARCH", "SORT", "THREAD", "CANCELUPDATE", "FETCH", "STORE", "COPY",
    "MOVE", "REPLACE", "UIDBATCHES", "UID EXPUNGE", "UID SEARCH", "UID SORT", "UID THREAD", "UID FETCH", "UID STORE",
    "UID COPY", "UID MOVE", "UID REPLACE",
}  # fmt: skip

ALLOWED: dict[State, frozenset[str]] = {
    # RFC 4978 §3 lets COMPRESS come before sign-in too; here what strangers say costs as little as can be.
    State.NOT_AUTHENTICATED: frozenset(_ANYWHERE | _SIGNING_IN),
    State.AUTHENTICATED: frozenset(_ANYWHERE | _SIGNED_IN),
    State.SELECTED: frozenset(_ANYWHERE | _SIGNED_IN | _SELECTED),
}

VERBS = frozenset().union(*ALLOWED.values())

# RFC 9586 §3: these speak of message numbers, which UIDONLY takes away.
BY_NUMBER = frozenset({"FETCH", "STORE", "COPY", "MOVE", "SEARCH", "SORT", "THREAD", "REPLACE"})


def may(state: State, verb: str) -> bool:
    """Whether ``verb`` may come in ``state``."""
    return verb in ALLOWED[state]


def out_of_place(state: State, verb: str) -> Completion:
    """The answer to a ``verb`` that may not come in ``state``: what is missing."""
    if verb in _SIGNING_IN:
        return SIGNED_IN_ALREADY
    return SIGN_IN_FIRST if state is State.NOT_AUTHENTICATED else NOT_SELECTED
