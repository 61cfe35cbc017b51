"""Which command may come when? RFC 1939 §3: three states, and the moments between them. The table, and only here.

    SILENT ─greet→ AUTHORIZATION ⇄ NAMED (USER came)
                   AUTHORIZATION ─STLS→ TLS ─handshake→ AUTHORIZATION
                   AUTHORIZATION ─AUTH→ SIGN_IN ─→ TRANSACTION
                   NAMED ─PASS→ TRANSACTION
                   TRANSACTION ─QUIT→ UPDATE ─→ CLOSED

A sign-in that fails leads back to AUTHORIZATION.
"""

from enum import Enum, auto

from .replies import Reply, error


class State(Enum):
    """Where a server's conversation stands."""

    SILENT = auto()
    """Not greeted yet."""
    AUTHORIZATION = auto()
    NAMED = auto()
    """AUTHORIZATION, and USER was given: PASS may come."""
    SIGN_IN = auto()
    """AUTHORIZATION, and AUTH waits for the client's response."""
    TLS = auto()
    """+OK was given to STLS; what comes is not ours."""
    TRANSACTION = auto()
    UPDATE = auto()
    """QUIT came: what was marked is being removed."""
    CLOSED = auto()


# RFC 2449 §5, RFC 6856 §3: CAPA and LANG belong to both states. So do QUIT, and here NOOP, which some programs send.
_ANYWHERE = {"CAPA", "LANG", "NOOP", "QUIT"}
_SIGNING_IN = {"USER", "AUTH", "APOP", "STLS", "UTF8"}

ALLOWED: dict[State, frozenset[str]] = {
    State.AUTHORIZATION: frozenset(_ANYWHERE | _SIGNING_IN),
    State.NAMED: frozenset(_ANYWHERE | _SIGNING_IN | {"PASS"}),
    State.TRANSACTION: frozenset(_ANYWHERE | {"STAT", "LIST", "RETR", "DELE", "RSET", "TOP", "UIDL"}),
}

# What a command that was not refused leads to, where it leads anywhere. AUTH goes to SIGN_IN by a challenge.
AFTER: dict[State, dict[str, State]] = {
    State.AUTHORIZATION: {"USER": State.NAMED, "STLS": State.TLS},
    # RFC 1939 §7: after PASS, refused or not, comes USER again.
    State.NAMED: {"PASS": State.AUTHORIZATION, "AUTH": State.AUTHORIZATION, "STLS": State.TLS},
    State.TRANSACTION: {"QUIT": State.UPDATE},
}

VERBS = frozenset().union(*ALLOWED.values())

_SIGN_IN_FIRST = error("Sign in first: USER and PASS, or AUTH")
_USER_FIRST = error("Give the name first: USER")
_SIGNED_IN_ALREADY = error("You are signed in already")


def may(state: State, verb: str) -> bool:
    """Whether ``verb`` may come in ``state``."""
    return verb in ALLOWED[state]


def out_of_order(state: State, verb: str) -> Reply:
    """The answer to a ``verb`` that may not come in ``state``: what is missing."""
    if state is State.TRANSACTION:
        return _SIGNED_IN_ALREADY
    return _USER_FIRST if verb == "PASS" else _SIGN_IN_FIRST
