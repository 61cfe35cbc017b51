"""How are the octets read in each state: as a command, a response of AUTH, the text of a message, a chunk?

A step gives an event; or True when it went on in silence, False when more octets are needed.
"""

from collections.abc import Callable

from pillarbox.mail.errors import PermanentError
from pillarbox.mail.reply import LINE_TOO_LONG, MESSAGE_TOO_BIG, NOT_IMPLEMENTED, TOO_MANY_ERRORS, UNKNOWN_COMMAND
from pillarbox.proto.buffer import EndlessLineError, LineTooLongError

from . import grammar
from . import replies as own
from .events import Body, Closed, Event
from .session import Session
from .states import NOT_DONE, State, out_of_order
from .verbs import IN_STATE, VERBS, sign_in_step, skip_chunk

Step = Callable[[Session], Event | bool]

# What a TLS client says first: a handshake record (RFC 8446 §5.1). No command begins so.
_TLS_RECORD = b"\x16"


def _nothing(session: Session) -> Event | bool:
    return False


def _farewell(session: Session) -> Event | bool:
    if session.closed_told:
        return False
    session.closed_told = True
    return Closed()


def _command(session: Session) -> Event | bool:
    settings, waiting = session.settings, session.input
    try:
        if waiting.skipping and not waiting.skip(settings.line_overrun):
            return False
        if session.state is State.START and waiting.peek(1) == _TLS_RECORD:
            return session.hang_up("(TLS)", own.NOT_SMTP)
        limit = settings.command_line
        if len(waiting) > limit and waiting.peek(5).upper() == b"AUTH ":
            limit = settings.auth_line
        line = waiting.line(limit)
    except LineTooLongError:
        return session.wrong("(a line that is too long)", LINE_TOO_LONG)
    except EndlessLineError:
        return session.hang_up("(a line without end)", TOO_MANY_ERRORS)
    if line is None:
        return False
    try:
        return _obey(session, _text_of(line, settings.repair_line_ends))
    except PermanentError as error:
        return session.wrong(_shown(session, line), error.reply)


def _shown(session: Session, line: bytes) -> str:
    """What the story may tell of a refused ``line``: never what could be a password."""
    verb = line[:4].upper()
    if verb == b"AUTH":
        session.hushed = True
        return "AUTH ..."
    if session.hushed and verb.decode("latin-1") not in VERBS:
        return "(not shown)"
    return line.decode("utf-8", "replace").rstrip()


def _text_of(line: bytes, lenient: bool) -> str:
    """The text of a command line, its end taken off."""
    if line.endswith(b"\r\n"):
        line = line[:-2]
    elif lenient:
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


def _obey(session: Session, text: str) -> Event | bool:
    verb, _, argument = text.partition(" ")
    verb = verb.upper()
    do = IN_STATE[session.state].get(verb)
    if do is not None:
        return do(session, argument.strip())
    if verb == "BDAT":
        return skip_chunk(session, argument.strip(), out_of_order(session.state, verb))
    if verb in VERBS:
        raise PermanentError(out_of_order(session.state, verb))
    if verb in NOT_DONE:
        raise PermanentError(NOT_IMPLEMENTED)
    if grammar.FOREIGN.match(text):
        return session.hang_up(text, own.NOT_SMTP)
    raise PermanentError(UNKNOWN_COMMAND)


def _response(session: Session) -> Event | bool:
    assert session.signing_in is not None
    try:
        line = session.input.line(session.settings.auth_line)
        if line is None:
            return False
        return sign_in_step(session, session.signing_in.respond(line))
    except LineTooLongError:
        reply = LINE_TOO_LONG
    except PermanentError as error:
        reply = error.reply
    session.signing_in = None
    session.state = State.READY
    return session.wrong("(a response of AUTH)", reply)


def _text(session: Session) -> Event | bool:
    reader, raw = session.text, session.input.octets
    assert reader is not None
    if not raw:
        return False
    data, ended, fresh = reader.take(raw)
    inspector = reader.inspector
    if inspector.octets > session.settings.message_size + session.settings.overrun:
        return session.hang_up("(a message without end)", MESSAGE_TOO_BIG)
    if ended:
        return session.owe(Body(data, True, inspector.defect, inspector.octets))
    if data or fresh:
        return Body(data, False, inspector.defect, inspector.octets)
    return False


def _chunk(session: Session) -> Event | bool:
    reader, raw = session.chunks, session.input.octets
    assert reader is not None
    if not raw and reader.left:
        return False
    data, ended, fresh = reader.take(raw)
    inspector = reader.inspector
    # A chunk that spoils the message is where the answer is due: nobody needs the rest.
    if ended and (reader.last or inspector.defect):
        return session.owe(Body(data, True, inspector.defect, inspector.octets))
    if ended:
        session.put(own.received(reader.size))
        session.state = State.BETWEEN
    if data or fresh:
        return Body(data, False, inspector.defect, inspector.octets)
    return ended


def _skip(session: Session) -> Event | bool:
    raw = session.input.octets
    count = min(session.skip, len(raw))
    del raw[:count]
    session.skip -= count
    if session.skip:
        return False
    session.state = session.resume
    return session.wrong("BDAT", session.skip_reply)


STEPS: dict[State, Step] = {
    State.SILENT: _nothing,
    State.START: _command,
    State.READY: _command,
    State.SENDER: _command,
    State.RECIPIENT: _command,
    State.TEXT: _text,
    State.CHUNK: _chunk,
    State.BETWEEN: _command,
    State.SKIP: _skip,
    State.SIGN_IN: _response,
    State.TLS: _nothing,
    State.CLOSED: _farewell,
}
