"""What does a POP3 server answer? +OK or -ERR, a response code and a text. RFC 1939 §3, RFC 2449 §8, RFC 3206.

Every reply that the POP3 side of Pillarbox gives is built from here.
"""

from dataclasses import dataclass

# RFC 2449 §4: a first line has at most 512 octets with its CRLF.
LINE_MAX = 512


@dataclass(frozen=True, slots=True)
class Reply:
    """``code`` is the response code without its brackets, or "" where none belongs."""

    ok: bool
    text: str
    code: str = ""

    def __str__(self) -> str:
        code = f"[{self.code}] " if self.code else ""
        return f"{'+OK' if self.ok else '-ERR'} {code}{self.text}".rstrip()

    def encode(self) -> bytes:
        """The octets on the wire: one line within LINE_MAX and free of control characters."""
        line = str(self)
        if not line.isprintable():
            line = "".join(c if c.isprintable() else " " for c in line)
        octets = line.encode("utf-8", "replace")
        if len(octets) > LINE_MAX - 2:
            octets = octets[: LINE_MAX - 2].decode("utf-8", "ignore").encode()
        return octets + b"\r\n"


def ok(text: str) -> Reply:
    """It was done."""
    return Reply(True, text)


def error(text: str, code: str = "") -> Reply:
    """It was not done. ``code``: AUTH, IN-USE, LOGIN-DELAY, SYS/TEMP, SYS/PERM (RFC 2449 §8.1, RFC 3206)."""
    return Reply(False, text, code)


# RFC 1939 §5: what a drop answers about a number that names nothing, or nothing any more.
NO_SUCH_MESSAGE = error("No such message")
MESSAGE_GONE = error("That message was removed in the meantime")

NOOP = ok("Still here")
NAME_TAKEN = ok("Now the password: PASS")
BYE = ok("Bye")
READY_FOR_TLS = ok("Begin TLS now")
UTF8_ON = ok("UTF-8 it is")

AUTH_FAILED = error("The user name or the password is wrong", "AUTH")
NOT_YOURSELF = error("You may only sign in as yourself", "AUTH")
AUTH_CANCELLED = error("Sign-in cancelled")
AUTH_LINE_TOO_LONG = error("The response is too long")
BAD_BASE64 = error("That is not base64")
UNKNOWN_MECHANISM = error("This way of signing in is not offered here")
NO_APOP = error("APOP is not offered: it would need your password in clear; use AUTH, or USER and PASS")
TLS_REQUIRED = error("Start TLS first (STLS): no passwords in clear here", "SYS/PERM")
NO_LOGIN = error("Signing in is not possible over this connection: it is not encrypted", "SYS/PERM")
NO_TLS = error("STLS is not offered here, or TLS is on already")
IN_USE = error("The inbox is open in another session; try again when that has ended", "IN-USE")
TOO_SOON = error("You signed in a moment ago; try again later", "LOGIN-DELAY")
UNAVAILABLE = error("The inbox cannot be read at this moment; try again later", "SYS/TEMP")
NOT_REMOVED = error("The deleted messages could not be removed; they are still there", "SYS/TEMP")
SHUTTING_DOWN = error("The server is stopping; come back in a moment", "SYS/TEMP")
TOO_MANY_CONNECTIONS = error("Too many connections; try again later", "SYS/TEMP")

UNKNOWN_LANGUAGE = error("That language is not spoken here; LANG lists those that are")
UNKNOWN_COMMAND = error("Command not recognised")
BAD_SYNTAX = error("The parameters of this command are wrong")
LINE_TOO_LONG = error("The line is too long")
BAD_CHARACTERS = error("A command is UTF-8 and holds no control characters")
NOT_POP3 = error("This is a mail server and speaks POP3; closing the connection")
TOO_MANY_ERRORS = error("Too many errors; closing the connection", "SYS/TEMP")
TOO_MANY_COMMANDS = error("Too many commands before signing in; closing the connection", "SYS/TEMP")
