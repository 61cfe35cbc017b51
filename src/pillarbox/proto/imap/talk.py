"""What does a conversation remember from one command to the next, and how does it answer what it refuses?"""

from collections.abc import Callable
from typing import TypeAlias

from pillarbox.proto.sasl_lines import SigningIn

from .capabilities import before_login
from .completion import Completion
from .events import Event, ProtocolError
from .settings import ServerSettings
from .states import State
from .streams import Incoming, Outgoing

Outcome: TypeAlias = Event | bool
"""An event; or True when it went on in silence, False when more octets are needed."""

# How much of a wrong command the log shows.
_SHOWN = 200
# Commands whose arguments are nobody's business.
_SECRET = frozenset({"LOGIN", "AUTHENTICATE"})


class Talk:
    """The state of one conversation, and its answers."""

    __slots__ = (
        "append_at", "append_size", "begun", "closed_told", "command", "commands", "enabled", "failures", "idling",
        "in_message", "in_utf8", "input", "left_over", "mistakes", "obey", "output", "owed", "reason", "rest", "resume",
        "settings", "signing_in", "state", "step", "stray_done", "tag", "verb",
    )  # fmt: skip

    def __init__(self, settings: ServerSettings, step: "Step", obey: "Step") -> None:
        self.settings = settings
        self.state = State.SILENT
        self.step = step
        self.input = Incoming()
        self.output = Outgoing()
        self.enabled: set[str] = set()
        self.owed: Event | None = None
        # The command in hand: what of it came, where its arguments begin, and what goes on when a line is whole.
        self.tag = self.verb = ""
        self.command = bytearray()
        self.begun = 0
        self.obey = self.resume = obey
        # What must still come before the command is over: nothing (None), or so many octets of a literal and a line.
        self.rest: int | None = None
        # Of a command that is dropped: how much more of it is borne, and the end of its line so far.
        self.left_over = 0
        # Of an APPEND: how far its line was understood, the size of the message so far, and whether its octets are
        # coming, and whether in the parentheses of UTF8.
        self.append_at = self.append_size = 0
        self.in_message = self.in_utf8 = False
        self.signing_in: SigningIn | None = None
        self.idling = self.stray_done = self.closed_told = False
        self.mistakes = self.failures = self.commands = 0
        self.reason = ""

    # --- answers ---

    def put(self, octets: bytes) -> None:
        """Whole lines to the client."""
        self.output.put(octets)

    def answer(self, completion: Completion) -> None:
        """The tagged answer to the command in hand, "*" when it had no tag."""
        self.output.put(completion.encode(self.tag or "*"))
        self.tag = ""

    def go_ahead(self, text: str) -> None:
        """A continuation request (RFC 9051 §7.6)."""
        self.output.put(f"+ {text}\r\n".encode())

    def greeting(self) -> bytes:
        """RFC 9051 §7.1.1."""
        names = " ".join(before_login(self.settings))
        return f"* OK [CAPABILITY {names}] {self.settings.hostname} Pillarbox IMAP, at your service\r\n".encode()

    # --- refusals ---

    def wrong(self, completion: Completion) -> ProtocolError:
        """Answers a command that is refused; too many mistakes end the conversation."""
        event = ProtocolError(self._shown(), completion.text)
        self.answer(completion)
        if completion.status == "BAD":
            self.mistakes += 1
            if self.mistakes >= self.settings.bad_commands:
                self.hang_up("Too many commands that cannot be understood", "too many mistakes")
        return event

    def _shown(self) -> str:
        """A wrong command as the log may show it: never what could be a password."""
        if self.verb in _SECRET:
            return f"{self.verb} ..."
        if self.state is State.NOT_AUTHENTICATED and not self.verb:
            return "(a command that is not known)"
        text = self.command[:_SHOWN].decode("ascii", "backslashreplace") or "(a line that is too long)"
        return "".join(c if c.isprintable() else "?" for c in text)[:_SHOWN]

    def hang_up(self, text: str, reason: str) -> None:
        """BYE, and nothing more is read."""
        if self.state is not State.LOGOUT:
            self.put(f"* BYE {text}\r\n".encode())
            self.close(reason)

    def close(self, reason: str) -> None:
        """Nothing more is read; what is queued is still to be flushed."""
        self.state = State.LOGOUT
        self.reason = reason
        self.owed = None
        self.idling = False
        self.signing_in = None
        self.command.clear()
        self.input.clear()

    # --- the command in hand ---

    @property
    def signed_in(self) -> bool:
        """Whether somebody is."""
        return self.state is State.AUTHENTICATED or self.state is State.SELECTED

    def owe(self, event: Event) -> Event:
        """``event`` must be answered before anything else happens."""
        self.owed = event
        return event


Step: TypeAlias = Callable[[Talk], Outcome]
