"""How does a server converse in SMTP and LMTP? RFC 5321, RFC 2033. Octets in, events out; replies in, octets out.

    connection.receive_data(octets)
    while (event := connection.next_event()) is not None:
        ...                                 # owed events: connection.reply(...), now or later
    transport.write(connection.take_output())

It does no I/O, knows no time but what it is handed, and gives the same events however the octets were cut.
"""

from collections.abc import Callable, Sequence

from pillarbox.mail import reply as replies
from pillarbox.mail.envelope import BodyType
from pillarbox.mail.errors import PermanentError
from pillarbox.mail.reply import Reply
from pillarbox.proto.buffer import LineBuffer, LineTooLongError
from pillarbox.proto.scram import ScramVerifier

from . import commands, grammar
from . import replies as own
from .body import ChunkReader, DataReader
from .events import (
    Auth,
    AuthDone,
    Body,
    Closed,
    DataRequested,
    Defect,
    Event,
    Hello,
    Mail,
    ProtocolError,
    Quit,
    Rcpt,
    Reset,
    StartTls,
    Vrfy,
    Xclient,
)
from .extensions import ehlo_reply
from .parameters import Offered
from .roles import Role
from .settings import ServerSettings
from .signin import Outcome, SigningIn
from .states import AFTER, State, may, out_of_order
from .tally import Tally

__all__ = ["Role", "ServerConnection", "ServerSettings"]

# What a TLS client says first: a handshake record (RFC 8446 §5.1). No command begins so.
_TLS_RECORD = b"\x16"
# How much of a wrong command the story shows.
_SHOWN = 200


class ServerConnection:
    """One conversation, from the greeting to QUIT.

    ``now`` gives POSIX seconds and is asked only for FUTURERELEASE, which is not offered without it.
    """

    __slots__ = (
        "_binary", "_closed_told", "_in", "_now", "_out", "_owed", "_reader", "_resume", "_settings", "_signed_in",
        "_signing_in", "_skip", "_skip_reply", "_smtputf8", "_state", "_tally",
    )  # fmt: skip

    def __init__(self, settings: ServerSettings, now: Callable[[], float] | None = None) -> None:
        self._settings = settings
        self._now = now
        self._in = LineBuffer()
        self._out: list[bytes] = []
        self._tally = Tally()
        self._state = State.SILENT
        self._owed: Event | None = None
        self._reader: DataReader | ChunkReader | None = None
        self._signing_in: SigningIn | None = None
        self._signed_in = self._smtputf8 = self._binary = self._closed_told = False
        self._skip = 0
        self._skip_reply = replies.BAD_SEQUENCE
        self._resume = State.START

    # What the door does ------------------------------------------------------------------------------------------

    def greet(self) -> None:
        """Queues the banner; until then nothing that came is looked at."""
        kind = "LMTP" if self._settings.role is Role.LMTP else "ESMTP"
        self._put(Reply(220, "", (f"{self._settings.hostname} {kind} Pillarbox",)))
        self._state = State.START

    def refuse(self, reply: Reply) -> None:
        """Queues ``reply``, whatever goes on, and closes: instead of the banner, or when time is up."""
        self._put(reply)
        self.close()

    def close(self) -> None:
        """Nothing more is read; what is queued is still to be flushed."""
        self._state = State.CLOSED
        self._owed = self._reader = self._signing_in = None
        self._in.clear()

    def update(self, settings: ServerSettings) -> None:
        """Goes on with other offers or bounds."""
        self._settings = settings

    def start_tls_done(self) -> None:
        """The handshake succeeded: all that was said before is void (RFC 3207 §4.2)."""
        self._in.clear()
        self._forget()
        self._signed_in = False
        self._state = State.START

    def receive_data(self, data: bytes) -> None:
        """Takes in what came; ``next_event`` makes sense of it."""
        if self._state is not State.CLOSED and self._state is not State.TLS:
            self._in.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when more octets are needed, or an answer is owed, or all is over."""
        while self._owed is None:
            event = _STEPS[self._state](self)
            if event is False:
                return None
            if event is not True:
                return event
        return None

    def reply(self, reply: Reply) -> None:
        """The answer to the event that is owed one. A 421 closes; in LMTP a message's answer goes out per recipient."""
        event = self._take_owed()
        if isinstance(event, Body):
            self._answer_body(event, [reply] * self._copies(event))
        else:
            _ANSWERS[type(event)](self, event, reply)
        if reply.code == 421:
            self.close()

    def reply_each(self, each: Sequence[Reply]) -> None:
        """The answers to an LMTP message, one per accepted recipient in their order (RFC 2033 §4.2)."""
        event = self._take_owed()
        assert isinstance(event, Body)
        assert len(each) == self._tally.accepted
        self._answer_body(event, each[: self._copies(event)])

    def provide_verifier(self, verifier: ScramVerifier | None, nonce: bytes) -> None:
        """The answer to an Auth with NeedVerifier. ``nonce`` is random; for unknown users a ``decoy_verifier``."""
        self._take_owed()
        assert self._signing_in is not None
        challenge = self._signing_in.provide(verifier, nonce)
        assert isinstance(challenge, Reply)
        self._put(challenge)
        self._state = State.SIGN_IN

    def take_output(self) -> bytes:
        """What is to be written; it is forgotten here."""
        output = b"".join(self._out)
        self._out.clear()
        return output

    @property
    def buffered(self) -> int:
        """Octets that came and are not understood yet."""
        return len(self._in)

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
        self._out.append(own.wire(reply))

    def _owe(self, event: Event) -> Event:
        self._owed = event
        return event

    def _take_owed(self) -> Event:
        event = self._owed
        if event is None:
            raise RuntimeError("no answer is owed")
        self._owed = None
        return event

    def _answer_hello(self, event: Event, reply: Reply) -> None:
        assert isinstance(event, Hello)
        if not reply.is_positive:
            self._refused(reply)
            return
        if event.extended:
            reply = ehlo_reply(self._settings, self._now() if self._now else None)
        else:
            reply = Reply(250, "", (self._settings.hostname,))
        self._put(reply)
        self._state = State.READY

    def _answer_mail(self, event: Event, reply: Reply) -> None:
        assert isinstance(event, Mail)
        if not reply.is_positive:
            self._refused(reply)
            return
        self._put(reply)
        self._smtputf8 = event.envelope.smtputf8
        self._binary = event.envelope.body is BodyType.BINARY
        self._state = AFTER[self._state]["MAIL"]

    def _answer_rcpt(self, event: Event, reply: Reply) -> None:
        self._put(reply)
        if reply.is_positive:
            self._tally.accepted += 1
            self._state = AFTER[self._state]["RCPT"]
        elif not reply.is_temporary:
            self._tally.refused += 1
            self._check_tally()

    def _answer_data(self, event: Event, reply: Reply) -> None:
        reader = self._reader
        if isinstance(reader, ChunkReader):
            if reply.is_positive:
                self._state = AFTER[self._state]["BDAT"]
            else:
                self._reader = None
                self._begin_skip(reader.left, reply)
            return
        self._put(reply)
        if reply.is_positive:
            self._reader = DataReader(self._settings)
            self._state = AFTER[self._state]["DATA"]

    def _copies(self, event: Body) -> int:
        """How many replies the end of a message gets. RFC 2033 §4.2: one per recipient, but only at its true end."""
        whole = not isinstance(self._reader, ChunkReader) or self._reader.last
        return self._tally.accepted if whole and self._settings.role is Role.LMTP else 1

    def _answer_body(self, event: Body, each: Sequence[Reply]) -> None:
        for reply in each:
            self._put(reply)
        if any(reply.is_positive for reply in each):
            self._tally.message_accepted()
        self._forget()
        self._state = State.READY
        # Whoever sends bare line ends may hope that we and the next server read different messages.
        if event.defect is Defect.BARE_LINE_END:
            self.close()

    def _answer_auth(self, event: Event, reply: Reply) -> None:
        self._signing_in = None
        self._state = AFTER[State.READY]["AUTH"]
        if not reply.is_positive:
            self._refused(reply)
            return
        self._signed_in = True
        self._put(reply)

    def _answer_xclient(self, event: Event, reply: Reply) -> None:
        if not reply.is_positive:
            self._refused(reply)
            return
        self._forget()
        self._signed_in = False
        self.greet()

    def _refused(self, reply: Reply) -> None:
        self._put(reply)
        self._tally.errors += 1
        self._check_tally()

    def _check_tally(self) -> None:
        last_word = self._tally.verdict(self._settings)
        if last_word is not None and self._state is not State.CLOSED:
            self.refuse(last_word)

    def _forget(self) -> None:
        """The transaction is over."""
        self._tally.transaction_over()
        self._reader = self._signing_in = None
        self._smtputf8 = self._binary = False

    def _wrong(self, text: str, reply: Reply) -> Event:
        self._refused(reply)
        return ProtocolError(text[:_SHOWN], reply)

    def _hang_up(self, text: str, reply: Reply) -> Event:
        self.refuse(reply)
        return ProtocolError(text[:_SHOWN], reply)

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
        buffer = self._in
        if self._state is State.START and buffer.peek(1) == _TLS_RECORD:
            return self._hang_up("(TLS)", own.NOT_SMTP)
        try:
            line = buffer.line(self._line_limit())
        except LineTooLongError:
            return self._wrong("(a line that is too long)", replies.LINE_TOO_LONG)
        if line is None:
            return self._line_overrun()
        try:
            text = self._text_of(line)
            return self._dispatch(text)
        except PermanentError as error:
            return self._wrong(line.decode("utf-8", "replace").strip(), error.reply)

    def _line_limit(self) -> int:
        short = self._settings.command_line
        if len(self._in) <= short or self._in.peek(5).upper() != b"AUTH ":
            return short
        return self._settings.auth_line

    def _line_overrun(self) -> Event | bool:
        if self._in.skipped <= self._settings.line_overrun:
            return False
        return self._hang_up("(a line without end)", replies.TOO_MANY_ERRORS)

    def _text_of(self, line: bytes) -> str:
        if line.endswith(b"\r\n"):
            line = line[:-2]
        elif self._settings.repair_line_ends:
            line = line[:-1]
        else:
            raise PermanentError(own.NOT_CRLF)
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            raise PermanentError(own.NOT_UTF8) from error
        if not text.isprintable() and grammar.CONTROL.search(text):
            raise PermanentError(own.NOT_CRLF)
        return text

    def _dispatch(self, text: str) -> Event | bool:
        verb, _, argument = text.partition(" ")
        verb = verb.upper()
        handle = _COMMANDS.get(verb)
        if handle is None:
            return self._unknown(text, verb)
        if not may(self._state, verb):
            return self._out_of_order(verb, argument)
        return handle(self, argument.strip())

    def _unknown(self, text: str, verb: str) -> Event:
        if verb in _NOT_IMPLEMENTED:
            raise PermanentError(replies.NOT_IMPLEMENTED)
        if grammar.FOREIGN.match(text):
            return self._hang_up(text, own.NOT_SMTP)
        raise PermanentError(replies.UNKNOWN_COMMAND)

    def _out_of_order(self, verb: str, argument: str) -> Event | bool:
        refusal = out_of_order(self._state, verb)
        if verb == "BDAT":
            return self._refuse_chunk(argument, refusal)
        raise PermanentError(refusal)

    # Commands ----------------------------------------------------------------------------------------------------

    def _greeting(self, verb: str, argument: str) -> Event | bool:
        if verb not in self._settings.role.greets_with:
            raise PermanentError(own.LMTP_ONLY if self._settings.role is Role.LMTP else own.SMTP_ONLY)
        name = commands.read_hello(argument)
        if not name:
            raise PermanentError(own.HELLO_NAME_MISSING)
        self._idle()
        if self._state is State.CLOSED:
            return True
        self._reset()
        return self._owe(Hello(name, verb != "HELO", verb == "LHLO"))

    def _ehlo(self, argument: str) -> Event | bool:
        return self._greeting("EHLO", argument)

    def _helo(self, argument: str) -> Event | bool:
        return self._greeting("HELO", argument)

    def _lhlo(self, argument: str) -> Event | bool:
        return self._greeting("LHLO", argument)

    def _mail(self, argument: str) -> Event | bool:
        if self._settings.messages and self._tally.messages >= self._settings.messages:
            return self._hang_up(f"MAIL {argument}", own.ENOUGH_MESSAGES)
        offered = Offered(self._settings, self._now() if self._now else None)
        return self._owe(Mail(commands.read_mail(argument, offered)))

    def _rcpt(self, argument: str) -> Event | bool:
        tally, most = self._tally, self._settings.recipients
        if tally.accepted >= most:
            tally.excess += 1
            # A sender with a long list sends the rest again; one that goes on and on is no such sender.
            if tally.excess > most:
                raise PermanentError(replies.TOO_MANY_RECIPIENTS)
            self._put(replies.TOO_MANY_RECIPIENTS)
            return ProtocolError(f"RCPT {argument}"[:_SHOWN], replies.TOO_MANY_RECIPIENTS)
        return self._owe(Rcpt(commands.read_rcpt(argument, self._smtputf8, self._settings)))

    def _data(self, argument: str) -> Event | bool:
        if argument:
            raise PermanentError(replies.BAD_SYNTAX)
        # RFC 3030 §3: binary content cannot travel in lines.
        if self._binary:
            raise PermanentError(own.NEEDS_BDAT)
        return self._owe(DataRequested(chunked=False))

    def _bdat(self, argument: str) -> Event | bool:
        chunk = self._read_chunk(argument)
        if isinstance(chunk, ProtocolError):
            return chunk
        if not self._settings.chunking:
            return self._begin_skip(chunk.size, replies.NOT_IMPLEMENTED)
        if isinstance(self._reader, ChunkReader):
            self._reader.begin(chunk.size, chunk.last)
            self._state = AFTER[self._state]["BDAT"]
            return True
        self._reader = ChunkReader(self._settings, self._binary)
        self._reader.begin(chunk.size, chunk.last)
        return self._owe(DataRequested(chunked=True))

    def _read_chunk(self, argument: str) -> commands.Chunk | ProtocolError:
        """The chunk, if it can be read at all; else we hang up: its octets must never be taken for commands."""
        try:
            chunk = commands.read_chunk(argument)
        except PermanentError as error:
            self.refuse(error.reply)
            return ProtocolError(f"BDAT {argument}"[:_SHOWN], error.reply)
        if chunk.size > self._settings.message_size + self._settings.overrun:
            self.refuse(own.CHUNK_TOO_BIG)
            return ProtocolError(f"BDAT {argument}"[:_SHOWN], own.CHUNK_TOO_BIG)
        return chunk

    def _refuse_chunk(self, argument: str, refusal: Reply) -> Event | bool:
        chunk = self._read_chunk(argument)
        return chunk if isinstance(chunk, ProtocolError) else self._begin_skip(chunk.size, refusal)

    def _begin_skip(self, size: int, reply: Reply) -> bool:
        """RFC 3030 §2: the octets of a refused chunk are read, dropped, and then answered."""
        self._skip, self._skip_reply = size, reply
        self._resume, self._state = self._state, State.SKIP
        return True

    def _reset(self) -> None:
        self._forget()
        if self._state is not State.START:
            self._state = State.READY

    def _rset(self, argument: str) -> Event | bool:
        self._reset()
        self._put(own.RESET)
        self._idle()
        return Reset()

    def _noop(self, argument: str) -> Event | bool:
        self._put(own.NOOP)
        return self._idle()

    def _help(self, argument: str) -> Event | bool:
        self._put(own.HELP)
        return self._idle()

    def _vrfy(self, argument: str) -> Event | bool:
        if not argument:
            raise PermanentError(own.NO_VRFY_TEXT)
        # RFC 5321 §7.3: who may be found by asking will be.
        self._put(replies.CANNOT_VERIFY)
        self._idle()
        return Vrfy(argument[:_SHOWN])

    def _idle(self) -> bool:
        self._tally.idle += 1
        self._check_tally()
        return True

    def _quit(self, argument: str) -> Event | bool:
        self.refuse(replies.CLOSING)
        return Quit()

    def _starttls(self, argument: str) -> Event | bool:
        if not self._settings.starttls:
            raise PermanentError(own.NO_TLS)
        if argument:
            raise PermanentError(own.STARTTLS_ALONE)
        self._put(replies.READY_FOR_TLS)
        # What stands behind STARTTLS in the clear was perhaps put there by somebody in between.
        self._in.clear()
        self._state = AFTER[self._state]["STARTTLS"]
        return StartTls()

    def _auth(self, argument: str) -> Event | bool:
        if self._signed_in:
            raise PermanentError(own.SIGNED_IN_ALREADY)
        settings = self._settings
        if not settings.auth:
            raise PermanentError(replies.AUTH_WEAK if settings.starttls else own.NO_AUTH)
        mechanism, initial = commands.read_auth(argument)
        if mechanism not in settings.auth:
            raise PermanentError(own.UNKNOWN_MECHANISM)
        self._signing_in = SigningIn(mechanism)
        return self._signing(self._signing_in.start(initial))

    def _signing(self, outcome: Outcome) -> Event | bool:
        if not isinstance(outcome, Reply):
            return self._owe(outcome)
        self._put(outcome)
        self._state = State.SIGN_IN
        return True

    def _xclient(self, argument: str) -> Event | bool:
        if not self._settings.xclient:
            raise PermanentError(own.NO_XCLIENT)
        return self._owe(Xclient(commands.read_xclient(argument)))

    # What is no command ------------------------------------------------------------------------------------------

    def _response(self) -> Event | bool:
        """A line of the client in an AUTH."""
        assert self._signing_in is not None
        try:
            line = self._in.line(self._settings.auth_line)
            if line is None:
                return False
            return self._signing(self._signing_in.respond(line))
        except LineTooLongError:
            reply = replies.LINE_TOO_LONG
        except PermanentError as error:
            reply = error.reply
        self._signing_in = None
        self._state = AFTER[State.READY]["AUTH"]
        return self._wrong("(a response of AUTH)", reply)

    def _text(self) -> Event | bool:
        reader, raw = self._reader, self._in.octets
        assert isinstance(reader, DataReader)
        if not raw:
            return False
        data, ended, fresh = reader.take(raw)
        inspector = reader.inspector
        if ended:
            return self._owe(Body(data, True, inspector.defect, inspector.octets))
        if inspector.octets > self._settings.message_size + self._settings.overrun:
            return self._hang_up("(a message without end)", replies.MESSAGE_TOO_BIG)
        if data or fresh:
            return Body(data, False, inspector.defect, inspector.octets)
        return False

    def _chunk(self) -> Event | bool:
        reader, raw = self._reader, self._in.octets
        assert isinstance(reader, ChunkReader)
        if not raw and reader.left:
            return False
        data, ended, fresh = reader.take(raw)
        inspector = reader.inspector
        if ended and (reader.last or inspector.defect):
            return self._owe(Body(data, True, inspector.defect, inspector.octets))
        if ended:
            self._put(own.received(reader.size))
            self._state = State.BETWEEN
        if data or fresh:
            return Body(data, False, inspector.defect, inspector.octets)
        return ended

    def _skipping(self) -> Event | bool:
        raw = self._in.octets
        count = min(self._skip, len(raw))
        del raw[:count]
        self._skip -= count
        if self._skip:
            return False
        self._state = self._resume
        return self._wrong("BDAT", self._skip_reply)


_Step = Callable[[ServerConnection], Event | bool]
"""Gives an event; or True when it went on in silence, False when more octets are needed."""

_STEPS: dict[State, _Step] = {
    State.SILENT: ServerConnection._rest,
    State.START: ServerConnection._command,
    State.READY: ServerConnection._command,
    State.SENDER: ServerConnection._command,
    State.RECIPIENT: ServerConnection._command,
    State.TEXT: ServerConnection._text,
    State.CHUNK: ServerConnection._chunk,
    State.BETWEEN: ServerConnection._command,
    State.SKIP: ServerConnection._skipping,
    State.SIGN_IN: ServerConnection._response,
    State.TLS: ServerConnection._rest,
    State.CLOSED: ServerConnection._farewell,
}

_COMMANDS: dict[str, Callable[[ServerConnection, str], Event | bool]] = {
    "EHLO": ServerConnection._ehlo,
    "HELO": ServerConnection._helo,
    "LHLO": ServerConnection._lhlo,
    "MAIL": ServerConnection._mail,
    "RCPT": ServerConnection._rcpt,
    "DATA": ServerConnection._data,
    "BDAT": ServerConnection._bdat,
    "RSET": ServerConnection._rset,
    "NOOP": ServerConnection._noop,
    "HELP": ServerConnection._help,
    "VRFY": ServerConnection._vrfy,
    "QUIT": ServerConnection._quit,
    "STARTTLS": ServerConnection._starttls,
    "AUTH": ServerConnection._auth,
    "XCLIENT": ServerConnection._xclient,
}
# RFC 5321 §3.5.2, §3.9.3 and appendix F: known, and not done. ETRN is RFC 1985.
_NOT_IMPLEMENTED = frozenset({"EXPN", "TURN", "ETRN", "SEND", "SOML", "SAML"})

_ANSWERS: dict[type, Callable[[ServerConnection, Event, Reply], None]] = {
    Hello: ServerConnection._answer_hello,
    Mail: ServerConnection._answer_mail,
    Rcpt: ServerConnection._answer_rcpt,
    DataRequested: ServerConnection._answer_data,
    Auth: ServerConnection._answer_auth,
    AuthDone: ServerConnection._answer_auth,
    Xclient: ServerConnection._answer_xclient,
}
