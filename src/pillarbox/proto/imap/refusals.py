"""Why can a command not be obeyed as it stands? What is raised while it is read, with the answer it gets."""

from .completion import Completion, bad, no


class RefusedError(Exception):
    """The command is refused; ``completion`` is its tagged answer."""

    def __init__(self, completion: Completion) -> None:
        super().__init__(completion.text)
        self.completion = completion


class LiteralWantedError(Exception):
    """The command goes on with a literal that has not come yet: ``size`` octets; ``awaited`` when the client waits to
    be told to go on (RFC 9051 §4.3)."""

    def __init__(self, size: int, awaited: bool) -> None:
        super().__init__(size)
        self.size = size
        self.awaited = awaited


def mistake(text: str, code: str = "") -> RefusedError:
    """What cannot be understood."""
    return RefusedError(bad(text, code))


def refusal(text: str, code: str = "") -> RefusedError:
    """What is understood and not done."""
    return RefusedError(no(text, code))


UNKNOWN_COMMAND = bad("There is no such command")
TOO_LONG = bad("This is too long for a command", "TOOBIG")
LITERAL_TOO_LONG = bad("This literal is too long here", "TOOBIG")
MESSAGE_TOO_LONG = no("This message is larger than is taken here", "TOOBIG")
PRIVACY_REQUIRED = no("Sign in only where nobody listens: STARTTLS first", "PRIVACYREQUIRED")
NO_SIGN_IN = no("Nobody signs in here without encryption", "PRIVACYREQUIRED")
UNKNOWN_MECHANISM = no("This mechanism is not offered", "CANNOT")
GIVEN_UP = bad("The client gave up signing in")
NOT_BASE64 = bad("This is not base64")
NO_TLS = bad("STARTTLS is not offered, or TLS is there already")
UID_REQUIRED = bad("After ENABLE UIDONLY messages have no numbers: say UID", "UIDREQUIRED")
COMPRESSED_ALREADY = no("It is compressed already", "COMPRESSIONACTIVE")
NOT_SELECTED = bad("Select a mailbox first")
SIGN_IN_FIRST = bad("Sign in first")
SIGNED_IN_ALREADY = bad("You are signed in already")
