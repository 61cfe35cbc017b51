"""In which words does the door refuse? Response codes of RFC 9051 §7.1 and RFC 5530."""

from pillarbox.doors.signing_in import NOT_YOURSELF, Refusal
from pillarbox.proto.imap.completion import Completion, bad, no

TOO_MANY_CONNECTIONS = b"* BYE [UNAVAILABLE] Too many connections; try again later\r\n"
SHUTTING_DOWN = "The server is stopping; come back in a moment"
IDLE_TOO_LONG = "Nothing was heard from you for too long"
LOGIN_TOO_LONG = "Signing in took too long"
BROKEN = "Something went wrong here; please sign in again"
MAILBOX_GONE = "The selected mailbox was removed"

CROWDED = no("Too many connections of this user are open", "LIMIT")
NO_SUCH_NUMBER = bad("There is no message of that number")
NO_SUCH_MAILBOX = no("There is no such mailbox", "NONEXISTENT")
NOT_YOURS = no("You may not read this mailbox", "NOPERM")
NOT_THERE = no("You may not put messages there", "NOPERM")
GONE = no("There is no such mailbox any more", "NONEXISTENT")
NOT_NOW = no("That is not possible at this moment; try again later", "UNAVAILABLE")


def of_sign_in(refusal: Refusal) -> Completion:
    """RFC 5530 §3: whether another password, another name or patience helps."""
    if refusal is NOT_YOURSELF:
        return no(refusal.reason, "AUTHORIZATIONFAILED")
    return no(refusal.reason, "UNAVAILABLE" if refusal.temporary else "AUTHENTICATIONFAILED")
