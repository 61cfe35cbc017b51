"""Which command may come when, and what comes after it? RFC 5321 §4.1.4. The table, and only here.

START ─EHLO→ READY ─MAIL→ SENDER ─RCPT→ RECIPIENT ─DATA→ TEXT ─→ READY
                                        RECIPIENT ─BDAT→ CHUNK ⇄ BETWEEN, after LAST ─→ READY
"""

from enum import IntEnum, auto

from pillarbox.mail.reply import NO_RECIPIENTS, Reply


class State(IntEnum):
    """Where a server's conversation stands. Numbers, because each command looks its state up in tables."""

    SILENT = auto()
    """Not greeted yet."""
    START = auto()
    READY = auto()
    SENDER = auto()
    """MAIL was accepted."""
    RECIPIENT = auto()
    """At least one RCPT was accepted."""
    TEXT = auto()
    """354 was given; the text is read to its end."""
    CHUNK = auto()
    """The octets of a BDAT are read."""
    BETWEEN = auto()
    """Some chunks came, not the last."""
    SKIP = auto()
    """The octets of a BDAT that was refused are read and dropped."""
    SIGN_IN = auto()
    """AUTH waits for the client's response."""
    TLS = auto()
    """220 was given to STARTTLS; what comes is not ours."""
    CLOSED = auto()


# Allowed wherever a command may come, and changing nothing (RFC 5321 §4.1.4); EHLO and RSET end a transaction.
ANYWHERE = frozenset({"NOOP", "HELP", "VRFY", "QUIT", "RSET", "EHLO", "HELO", "LHLO"})
# Known, and not done here: RFC 5321 §3.5.2 and appendix F, RFC 1985.
NOT_DONE = frozenset({"EXPN", "TURN", "ETRN", "SEND", "SOML", "SAML"})

# After the command got a positive answer. AUTH is for outside a transaction (RFC 4954 §4), and so is STARTTLS.
AFTER: dict[State, dict[str, State]] = {
    State.START: {"XCLIENT": State.START},
    State.READY: {
        "MAIL": State.SENDER,
        "AUTH": State.READY,
        "STARTTLS": State.TLS,
        "XCLIENT": State.START,
    },
    State.SENDER: {"RCPT": State.RECIPIENT},
    State.RECIPIENT: {"RCPT": State.RECIPIENT, "DATA": State.TEXT, "BDAT": State.CHUNK},
    State.BETWEEN: {"BDAT": State.CHUNK},
}

_HELLO_FIRST = Reply(503, "5.5.1", ("Say EHLO first",))
_SENDER_FIRST = Reply(503, "5.5.1", ("Give the sender first: MAIL FROM:<you@example.org>",))
_RECIPIENT_FIRST = Reply(503, "5.5.1", ("Give a recipient first: RCPT TO:<them@example.org>",))
_SENDER_GIVEN = Reply(503, "5.5.1", ("The sender is given already; RSET to begin anew",))
_IN_TRANSACTION = Reply(503, "5.5.1", ("Not in the middle of a message; RSET to begin anew",))
_CHUNKS_BEGUN = Reply(503, "5.5.1", ("The message has begun with BDAT: go on with BDAT, or RSET",))


def allowed(state: State) -> frozenset[str]:
    """The verbs that may come in ``state``."""
    return ANYWHERE.union(AFTER[state]) if state in AFTER else frozenset()


def out_of_order(state: State, verb: str) -> Reply:
    """The answer to a ``verb`` that may not come in ``state``: what is missing."""
    match state:
        case State.START:
            return _HELLO_FIRST
        case State.READY:
            return _SENDER_FIRST
        case State.BETWEEN:
            return _CHUNKS_BEGUN
        case _ if verb == "MAIL":
            return _SENDER_GIVEN
        case State.SENDER if verb == "DATA":
            return NO_RECIPIENTS
        case State.SENDER if verb == "BDAT":
            return _RECIPIENT_FIRST
        case _:
            return _IN_TRANSACTION
