"""What does a server remember of a conversation, and what are the few things it does with it? RFC 5321 §3."""

from collections.abc import Callable

from pillarbox.mail.reply import BAD_SEQUENCE, Reply
from pillarbox.proto.buffer import LineBuffer
from pillarbox.proto.sasl_lines import SigningIn

from . import replies as own
from .body import ChunkReader, DataReader
from .events import Event, ProtocolError
from .roles import Role
from .settings import ServerSettings
from .states import AFTER, State
from .tally import Tally

# How much of a wrong command the story shows.
_SHOWN = 200


class Session:
    """The state of one conversation; ``now`` gives POSIX seconds, or is None where nobody may ask the time."""

    __slots__ = (
        "binary", "chunks", "closed_told", "hushed", "input", "now", "output", "owed", "resume", "settings",
        "signed_in", "signing_in", "skip", "skip_reply", "smtputf8", "state", "tally", "text",
    )  # fmt: skip

    def __init__(self, settings: ServerSettings, now: Callable[[], float] | None) -> None:
        self.settings = settings
        self.now = now
        self.input = LineBuffer()
        self.output: list[bytes] = []
        self.state = State.SILENT
        self.tally = Tally()
        self.owed: Event | None = None
        self.text: DataReader | None = None
        self.chunks: ChunkReader | None = None
        self.signing_in: SigningIn | None = None
        self.signed_in = self.smtputf8 = self.binary = self.closed_told = False
        self.hushed = False
        """AUTH was refused: what follows may be the password that it would have asked for, and is not shown."""
        self.skip = 0
        """Octets of a refused chunk that are still to come; then ``skip_reply`` is due and ``resume`` the state."""
        self.skip_reply = BAD_SEQUENCE
        self.resume = State.START

    def put(self, reply: Reply) -> None:
        """Queues ``reply``."""
        self.output.append(own.wire(reply))

    def owe(self, event: Event) -> Event:
        """``event``, after which all waits for the door's answer."""
        self.owed = event
        return event

    def challenge(self, text: str) -> None:
        """Asks ``text`` of who is signing in (RFC 4954 §4); the next line is the answer."""
        self.put(Reply(334, "", (text,)))
        self.state = State.SIGN_IN

    def go(self, verb: str) -> None:
        """``verb`` succeeded: on to the state that the table gives."""
        self.state = AFTER[self.state][verb]

    def greet(self) -> None:
        """The banner, and the conversation at its start."""
        kind = "LMTP" if self.settings.role is Role.LMTP else "ESMTP"
        self.put(Reply(220, "", (f"{self.settings.hostname} {kind} Pillarbox",)))
        self.restart()

    def restart(self) -> None:
        """All that was said is void (RFC 3207 §4.2). No transaction is open where this may happen."""
        self.signed_in = False
        self.state = State.START

    def forget(self) -> None:
        """The transaction is over."""
        self.tally.transaction_over()
        self.text = self.chunks = self.signing_in = None
        self.smtputf8 = self.binary = False

    def reset(self) -> None:
        """The transaction is void, by RSET or EHLO."""
        self.forget()
        if self.state is not State.START:
            self.state = State.READY

    def close(self) -> None:
        """Nothing more is read; what is queued is still to be flushed."""
        self.state = State.CLOSED
        self.owed = self.text = self.chunks = self.signing_in = None
        self.input.clear()

    def leave(self, reply: Reply) -> None:
        """A last word, whatever goes on."""
        self.put(reply)
        self.close()

    def refuse(self, reply: Reply) -> None:
        """A refusal that counts against the peer."""
        self.put(reply)
        self.tally.errors += 1
        self.check_tally()

    def check_tally(self) -> None:
        """Closes when the peer has had enough."""
        last_word = self.tally.verdict(self.settings)
        if last_word is not None and self.state is not State.CLOSED:
            self.leave(last_word)

    def idle(self) -> None:
        """A command was done that brings no message nearer."""
        self.tally.idle += 1
        self.check_tally()

    def wrong(self, text: str, reply: Reply) -> Event:
        """What came, ``text``, is refused."""
        self.refuse(reply)
        return ProtocolError(text[:_SHOWN], reply)

    def hang_up(self, text: str, reply: Reply) -> Event:
        """What came, ``text``, ends the conversation."""
        self.leave(reply)
        return ProtocolError(text[:_SHOWN], reply)

    def begin_skip(self, size: int, reply: Reply) -> None:
        """RFC 3030 §2: the octets of a refused chunk are read, dropped, and only then answered."""
        self.skip, self.skip_reply = size, reply
        self.resume, self.state = self.state, State.SKIP
