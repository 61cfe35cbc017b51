"""What does a server answer? A code, an enhanced status and lines of text. RFC 5321 §4.2, RFC 3463, RFC 5248.

Every reply that Pillarbox gives is built from here, so that wording and codes are found in one place.
"""

from dataclasses import dataclass

# RFC 5321 §4.5.3.1.5: a reply line has at most 512 octets with its code and CRLF.
LINE_MAX = 512


@dataclass(frozen=True, slots=True)
class Reply:
    """``code`` (RFC 5321 §4.2), ``status`` (RFC 3463, or "" where none belongs), ``lines`` of text."""

    code: int
    status: str
    lines: tuple[str, ...]

    @classmethod
    def of(cls, code: int, status: str, text: str) -> "Reply":
        """A reply of one text; its line ends make it a multi-line reply."""
        return cls(code, status, tuple(text.split("\n")))

    @property
    def is_positive(self) -> bool:
        """2xx or 3xx."""
        return self.code < 400

    @property
    def is_temporary(self) -> bool:
        """4xx: the same request may succeed later."""
        return 400 <= self.code < 500

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)

    def __str__(self) -> str:
        head = f"{self.code} {self.status}" if self.status else str(self.code)
        return f"{head} {' '.join(self.lines)}".rstrip()

    def encode(self) -> bytes:
        """The octets on the wire, each line within LINE_MAX and free of control characters."""
        lines = self.lines or ("",)
        last = len(lines) - 1
        return b"".join(self._line(text, b"-" if n < last else b" ") for n, text in enumerate(lines))

    def _line(self, text: str, mark: bytes) -> bytes:
        head = str(self.code).encode() + mark + (f"{self.status} ".encode() if self.status else b"")
        clean = "".join(c if c.isprintable() else " " for c in text) if not text.isprintable() else text
        room = LINE_MAX - len(head) - 2
        return head + clean.encode("utf-8", "replace")[:room].rstrip() + b"\r\n"


OK = Reply(250, "2.0.0", ("OK",))
SENDER_OK = Reply(250, "2.1.0", ("Sender accepted",))
RECIPIENT_OK = Reply(250, "2.1.5", ("Recipient accepted",))
START_INPUT = Reply(354, "", ("Go ahead; end with a dot on a line by itself",))
CLOSING = Reply(221, "2.0.0", ("Bye",))
READY_FOR_TLS = Reply(220, "2.0.0", ("Ready to start TLS",))
AUTHENTICATED = Reply(235, "2.7.0", ("You are signed in",))
CANNOT_VERIFY = Reply(252, "2.5.0", ("Addresses are not confirmed here; send the message and see",))

SHUTTING_DOWN = Reply(421, "4.3.2", ("The server is stopping; come back in a moment",))
TIMED_OUT = Reply(421, "4.4.2", ("You were silent for too long; closing the connection",))
TOO_MANY_CONNECTIONS = Reply(421, "4.7.0", ("Too many connections from your address; try again later",))
STORE_UNAVAILABLE = Reply(451, "4.3.0", ("The message could not be stored safely now; try again later",))
STORE_FULL = Reply(452, "4.3.1", ("The server is out of space; try again later",))
INTERNAL_ERROR = Reply(451, "4.3.0", ("Something went wrong on our side; try again later",))
TOO_MANY_RECIPIENTS = Reply(452, "4.5.3", ("Too many recipients; send to the rest in another message",))
MAILBOX_FULL = Reply(452, "4.2.2", ("The mailbox is full; try again later",))

UNKNOWN_COMMAND = Reply(500, "5.5.2", ("Command not recognised",))
LINE_TOO_LONG = Reply(500, "5.5.6", ("The line is too long",))
BAD_SYNTAX = Reply(501, "5.5.4", ("Syntax error in the parameters",))
NOT_IMPLEMENTED = Reply(502, "5.5.1", ("Command not implemented",))
BAD_SEQUENCE = Reply(503, "5.5.1", ("Not now: commands out of order",))
PARAMETER_UNKNOWN = Reply(555, "5.5.4", ("A parameter is not recognised or not offered here",))
AUTH_REQUIRED = Reply(530, "5.7.0", ("Sign in first",))
TLS_REQUIRED = Reply(530, "5.7.0", ("Start TLS first (STARTTLS)",))
AUTH_FAILED = Reply(535, "5.7.8", ("The user name or the password is wrong",))
AUTH_CANCELLED = Reply(501, "5.7.0", ("Sign-in cancelled",))
AUTH_WEAK = Reply(538, "5.7.11", ("This way of signing in needs an encrypted connection; use STARTTLS",))
RELAY_DENIED = Reply(550, "5.7.1", ("We do not relay: sign in to send elsewhere",))
NO_SUCH_USER = Reply(550, "5.1.1", ("No such mailbox here",))
MESSAGE_TOO_BIG = Reply(552, "5.3.4", ("The message is larger than this server takes",))
BARE_LINE_END = Reply(550, "5.6.0", ("A bare CR or LF is in the message; every line must end with CRLF",))
LOOP_DETECTED = Reply(554, "5.4.6", ("The message is going in circles: too many Received lines",))
NO_RECIPIENTS = Reply(554, "5.5.1", ("No valid recipients",))
EARLY_TALKER = Reply(554, "5.5.1", ("You spoke before the greeting; closing the connection",))
TOO_MANY_ERRORS = Reply(421, "4.7.0", ("Too many errors; closing the connection",))
