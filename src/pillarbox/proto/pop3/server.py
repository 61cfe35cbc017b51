"""How does a server converse in POP3? RFC 1939. Octets in, events out; replies in, octets out.

    connection.receive_data(octets)
    while True:
        event = connection.next_event()
        output = connection.take_output()       # "" and no event: nothing to do until octets come
        ...                                     # owed events: reply, signed_in or begin_message, now or later

It does no I/O, knows no time, and gives the same events however the octets were cut. Answers that the client does not
read are not made: while ``settings.output`` octets wait to be taken, the next command is not looked at.
"""

from collections.abc import Callable

from pillarbox.proto.buffer import LineBuffer, LineTooLongError
from pillarbox.proto.sasl_lines import Ask
from pillarbox.proto.scram import ScramVerifier

from . import authorization, commands, replies, transaction
from .authorization import Authorization
from .capabilities import LANGUAGES, capabilities, language
from .commands import Command, RefusedError
from .events import Auth, AuthDone, Closed, Event, ProtocolError, Quit, Retrieve, StartTls, Update
from .marks import Maildrop, Marks
from .output import Listing, Output
from .replies import Reply
from .sending import Sending
from .settings import ServerSettings
from .states import AFTER, VERBS, State, may, out_of_order
from .transaction import Transaction

__all__ = ["ServerConnection", "ServerSettings"]

# What a TLS client says first: a handshake record (RFC 8446 §5.1). No command begins so.
_TLS_RECORD = b"\x16"
# How much of a wrong command the log shows.
_SHOWN = 200
# Commands whose argument is nobody's business.
_SECRET = frozenset({"PASS", "AUTH", "APOP"})

Outcome = authorization.Outcome | transaction.Outcome | Update | Quit


class ServerConnection:
    """One conversation, from the greeting to QUIT."""

    __slots__ = (
        "_authorization", "_closed_told", "_commands", "_errors", "_failures", "_in", "_out", "_owed", "_sending",
        "_settings", "_state", "_transaction",
    )  # fmt: skip

    def __init__(self, settings: ServerSettings) -> None:
        self._settings = settings
        self._in = LineBuffer()
        self._out = Output()
        self._state = State.SILENT
        self._owed: Event | None = None
        self._authorization = Authorization()
        self._transaction: Transaction | None = None
        self._sending: Sending | None = None
        self._commands = self._errors = self._failures = 0
        self._closed_told = False

    # What the door does ------------------------------------------------------------------------------------------

    def greet(self) -> None:
        """Queues the banner; until then nothing that came is looked at."""
        # RFC 1939 §7: a banner without <...> does not offer APOP.
        self._put(replies.ok(f"{self._settings.hostname} Pillarbox POP3, at your service"))
        self._state = State.AUTHORIZATION

    def refuse(self, reply: Reply) -> None:
        """Queues ``reply``, whatever goes on, and closes: instead of the banner, or when there must be an end."""
        self._put(reply)
        self.close()

    def close(self) -> None:
        """Nothing more is read; what is queued is still to be flushed. No message is removed (RFC 1939 §6)."""
        self._state = State.CLOSED
        self._owed = self._sending = None
        self._out.cut()
        self._in.clear()

    def update(self, settings: ServerSettings) -> None:
        """Goes on with other offers or bounds."""
        self._settings = settings

    def start_tls_done(self) -> None:
        """The handshake succeeded: all that was said before is void (RFC 2595 §4)."""
        self._in.clear()
        self._authorization = Authorization()
        self._state = State.AUTHORIZATION

    def receive_data(self, data: bytes) -> None:
        """Takes in what came; ``next_event`` makes sense of it."""
        if self._state is not State.CLOSED and self._state is not State.TLS:
            self._in.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when octets are needed, or an answer is owed, or output waits, or all is over."""
        while self._owed is None and not self._out.waits(self._settings.output):
            event = _STEPS[self._state](self)
            if event is False:
                return None
            if event is not True:
                return event
        return None

    def reply(self, reply: Reply) -> None:
        """The answer to the event that is owed one: a refusal, or to Update what became of it."""
        event = self._take_owed()
        self._put(reply)
        if isinstance(event, Update):
            self.close()
        elif isinstance(event, Auth | AuthDone):
            self._login_failed()

    def signed_in(self, drop: Maildrop) -> None:
        """The answer to Auth or AuthDone: this is the drop; nobody changes it while the session lasts."""
        self._take_owed()
        self._authorization.forget()
        marks = Marks(drop)
        self._transaction = Transaction(marks)
        self._state = State.TRANSACTION
        self._put(replies.ok(f"Welcome: {marks.summary}"))

    def provide_verifier(self, verifier: ScramVerifier | None, nonce: bytes) -> None:
        """The answer to an Auth with NeedVerifier. ``nonce`` is random; for unknown users a ``decoy_verifier``."""
        self._take_owed()
        self._answer(self._authorization.provide(verifier, nonce))

    def begin_message(self) -> None:
        """The answer to Retrieve: the message follows."""
        event = self._owed
        assert isinstance(event, Retrieve)
        self._sending = Sending(event.lines)
        self._put(event.announcement)

    def message_data(self, data: bytes) -> None:
        """A further piece of the message, cut anywhere."""
        assert self._sending is not None
        self._out.send(self._sending.feed(data))

    @property
    def message_wanted(self) -> bool:
        """Whether more of the message is to be given: TOP has enough sooner than RETR."""
        return self._sending is not None and not self._sending.enough

    def message_end(self) -> None:
        """That was the message."""
        assert self._sending is not None
        self._out.send(self._sending.finish())
        self._sending = None
        self._take_owed()

    def take_output(self) -> bytes:
        """What is to be written; it is forgotten here. A long listing comes in pieces: call until it is empty."""
        return self._out.take(self._settings.output)

    @property
    def buffered(self) -> int:
        """Octets that came and are not understood yet."""
        return len(self._in)

    @property
    def sending(self) -> bool:
        """Whether a message has begun and not ended."""
        return self._sending is not None

    @property
    def updating(self) -> bool:
        """Whether QUIT came and its answer is owed."""
        return self._state is State.UPDATE

    @property
    def closing(self) -> bool:
        """Hang up once the output is flushed."""
        return self._state is State.CLOSED

    @property
    def awaiting_reply(self) -> bool:
        """Whether the event given last is owed an answer."""
        return self._owed is not None

    # Answers -----------------------------------------------------------------------------------------------------

    def _put(self, reply: Reply) -> None:
        self._out.send(reply.encode())

    def _answer(self, outcome: Outcome) -> Event | bool:
        """What a command came to: an answer, or an event, owed one or not."""
        match outcome:
            case Reply():
                self._put(outcome)
            case Listing():
                self._out.list(outcome)
            case Ask(text):
                self._out.send(f"+ {text}\r\n".encode("ascii"))  # RFC 5034 §4
                self._state = State.SIGN_IN
            case StartTls():
                self._put(replies.READY_FOR_TLS)
                # What stands behind STLS in the clear was perhaps put there by somebody in between.
                self._in.clear()
                return outcome
            case Quit():
                self.refuse(replies.BYE)
                return outcome
            case _:
                self._owed = outcome
                return outcome
        return True

    def _take_owed(self) -> Event:
        event = self._owed
        if event is None:
            raise RuntimeError("no answer is owed")
        self._owed = None
        return event

    def _login_failed(self) -> None:
        self._authorization.forget()
        self._state = State.AUTHORIZATION
        self._failures += 1
        if self._failures >= self._settings.login_failures:
            self.close()

    def _wrong(self, text: str, reply: Reply) -> Event:
        self._put(reply)
        self._errors += 1
        if self._errors >= self._settings.errors:
            self.refuse(replies.TOO_MANY_ERRORS)
        return ProtocolError(text[:_SHOWN], reply)

    def _hang_up(self, text: str, reply: Reply) -> Event:
        self.refuse(reply)
        return ProtocolError(text[:_SHOWN], reply)

    def _shown(self, command: Command) -> str:
        """A wrong command as the log may show it: never what could be a password, or the answer to an AUTH of old."""
        if command.verb in _SECRET:
            return f"{command.verb} ..."
        if command.verb not in VERBS and self._transaction is None:
            return "(a command that is not known)"
        return f"{command.verb} {command.argument}".strip()

    # Lines -------------------------------------------------------------------------------------------------------

    def _rest(self) -> Event | bool:
        """Nothing is read in this state."""
        return False

    def _farewell(self) -> Event | bool:
        if self._closed_told:
            return False
        self._closed_told = True
        return Closed()

    def _command(self) -> Event | bool:
        if self._transaction is None and self._in.peek(1) == _TLS_RECORD:
            return self._hang_up("(TLS)", replies.NOT_POP3)
        try:
            line = self._in.line(self._line_limit())
        except LineTooLongError:
            return self._wrong("(a line that is too long)", replies.LINE_TOO_LONG)
        if line is None:
            return self._line_overrun()
        command = Command("(not text)", "")
        try:
            command = commands.parse(line)
            return self._too_many(command) or self._do(command)
        except RefusedError as error:
            if error.reply is replies.NO_SUCH_MESSAGE:  # asking for a number is no breach of the protocol
                return self._answer(error.reply)
            return self._wrong(self._shown(command), error.reply)

    def _line_limit(self) -> int:
        short = self._settings.command_line
        if len(self._in) <= short or self._in.peek(5).upper() != b"AUTH ":
            return short
        return self._settings.auth_line

    def _line_overrun(self) -> Event | bool:
        if self._in.skipped <= self._settings.line_overrun:
            return False
        return self._hang_up("(a line without end)", replies.TOO_MANY_ERRORS)

    def _too_many(self, command: Command) -> Event | None:
        """Before signing in, nobody has reason to chat."""
        self._commands += 1
        if self._transaction is not None or self._commands <= self._settings.commands_before_login:
            return None
        return self._hang_up(self._shown(command), replies.TOO_MANY_COMMANDS)

    def _do(self, command: Command) -> Event | bool:
        if command.verb not in VERBS:
            return self._unknown(command)
        if not may(self._state, command.verb):
            raise RefusedError(out_of_order(self._state, command.verb))
        outcome = self._outcome(command)
        self._state = AFTER[self._state].get(command.verb, self._state)
        return self._answer(outcome)

    def _unknown(self, command: Command) -> Event:
        text = f"{command.verb} {command.argument}"
        if commands.FOREIGN.match(text):
            return self._hang_up(text, replies.NOT_POP3)
        raise RefusedError(replies.UNKNOWN_COMMAND)

    def _outcome(self, command: Command) -> Outcome:
        anywhere = _ANYWHERE.get(command.verb)
        if anywhere is not None:
            return anywhere(self, command.argument)
        if self._transaction is not None:
            return self._transaction.do(command)
        return self._authorization.do(command, self._settings)

    def _response(self) -> Event | bool:
        """A line of the client in an AUTH."""
        try:
            line = self._in.line(self._settings.auth_line)
            if line is None:
                return False
            return self._answer(self._authorization.respond(line))
        except LineTooLongError:
            reply = replies.AUTH_LINE_TOO_LONG
        except RefusedError as error:
            reply = error.reply
        self._authorization.forget()
        self._state = State.AUTHORIZATION
        return self._wrong("(a response of AUTH)", reply)

    # Commands of both states -------------------------------------------------------------------------------------

    def _capa(self, argument: str) -> Outcome:
        commands.nothing(argument)
        return Listing.of("What is offered here", capabilities(self._settings))

    def _lang(self, argument: str) -> Outcome:
        """RFC 6856 §3."""
        wanted = argument.strip()
        if not wanted:
            return Listing.of("Languages spoken here", (f"{tag} {name}" for tag, name in LANGUAGES))
        tag = language(wanted)
        return replies.ok(f"{tag} From now on in this language") if tag else replies.UNKNOWN_LANGUAGE

    def _noop(self, argument: str) -> Outcome:
        commands.nothing(argument)
        return replies.NOOP

    def _quit(self, argument: str) -> Outcome:
        commands.nothing(argument)
        return Quit() if self._transaction is None else Update(self._transaction.deleted())


_STEPS: dict[State, Callable[[ServerConnection], Event | bool]] = {
    State.SILENT: ServerConnection._rest,
    State.AUTHORIZATION: ServerConnection._command,
    State.NAMED: ServerConnection._command,
    State.SIGN_IN: ServerConnection._response,
    State.TLS: ServerConnection._rest,
    State.TRANSACTION: ServerConnection._command,
    State.UPDATE: ServerConnection._rest,
    State.CLOSED: ServerConnection._farewell,
}
"""Each gives an event; or True when it went on in silence, False when more octets are needed."""

_ANYWHERE: dict[str, Callable[[ServerConnection, str], Outcome]] = {
    "CAPA": ServerConnection._capa,
    "LANG": ServerConnection._lang,
    "NOOP": ServerConnection._noop,
    "QUIT": ServerConnection._quit,
}
