"""What does each command do? RFC 5321 §4.1.1, RFC 3030, RFC 3207, RFC 4954. One function a verb; the table is last.

A function gives the event that its command is, or True when it answered by itself; it raises PermanentError to refuse.
"""

from collections.abc import Callable

from pillarbox.mail.errors import PermanentError
from pillarbox.mail.reply import (
    AUTH_CANCELLED,
    AUTH_WEAK,
    BAD_SYNTAX,
    CANNOT_VERIFY,
    CLOSING,
    NOT_IMPLEMENTED,
    READY_FOR_TLS,
    TOO_MANY_RECIPIENTS,
    Reply,
)
from pillarbox.proto.sasl_lines import Ask, Outcome, SigningIn, Spoilt

from . import commands
from . import replies as own
from .body import ChunkReader
from .events import DataRequested, Event, Hello, Mail, ProtocolError, Quit, Rcpt, Reset, StartTls, Vrfy, Xclient
from .roles import Role
from .session import Session
from .states import State, allowed

Verb = Callable[[Session, str], Event | bool]


def _greeting(session: Session, verb: str, argument: str) -> Event | bool:
    role = session.settings.role
    if verb not in role.greets_with:
        raise PermanentError(own.LMTP_ONLY if role is Role.LMTP else own.SMTP_ONLY)
    name = commands.read_hello(argument)
    if not name:
        raise PermanentError(own.HELLO_NAME_MISSING)
    session.idle()
    if session.state is State.CLOSED:
        return True
    session.reset()
    return session.owe(Hello(name, extended=verb != "HELO", lmtp=verb == "LHLO"))


def _ehlo(session: Session, argument: str) -> Event | bool:
    return _greeting(session, "EHLO", argument)


def _helo(session: Session, argument: str) -> Event | bool:
    return _greeting(session, "HELO", argument)


def _lhlo(session: Session, argument: str) -> Event | bool:
    return _greeting(session, "LHLO", argument)


def _mail(session: Session, argument: str) -> Event | bool:
    most = session.settings.messages
    if most and session.tally.messages >= most:
        return session.hang_up(f"MAIL {argument}", own.ENOUGH_MESSAGES)
    return session.owe(Mail(commands.read_mail(argument, session.settings, session.now)))


def _rcpt(session: Session, argument: str) -> Event | bool:
    tally, most = session.tally, session.settings.recipients
    if tally.accepted >= most:
        return _one_too_many(session, argument)
    return session.owe(Rcpt(commands.read_rcpt(argument, session.smtputf8, session.settings)))


def _one_too_many(session: Session, argument: str) -> Event:
    """A sender with a long list sends the rest in another message; one that goes on and on is no such sender."""
    session.tally.excess += 1
    if session.tally.excess > session.settings.recipients:
        raise PermanentError(TOO_MANY_RECIPIENTS)
    session.put(TOO_MANY_RECIPIENTS)
    return ProtocolError(f"RCPT {argument}", TOO_MANY_RECIPIENTS)


def _data(session: Session, argument: str) -> Event | bool:
    if argument:
        raise PermanentError(BAD_SYNTAX)
    # RFC 3030 §3: binary content cannot travel in lines.
    if session.binary:
        raise PermanentError(own.NEEDS_BDAT)
    return session.owe(DataRequested(chunked=False))


def _bdat(session: Session, argument: str) -> Event | bool:
    if not session.settings.chunking:
        return skip_chunk(session, argument, NOT_IMPLEMENTED)
    chunk = _chunk(session, argument)
    if isinstance(chunk, ProtocolError):
        return chunk
    if session.chunks is not None:
        session.chunks.begin(chunk.size, chunk.last)
        session.go("BDAT")
        return True
    session.chunks = ChunkReader(session.settings, session.binary)
    session.chunks.begin(chunk.size, chunk.last)
    return session.owe(DataRequested(chunked=True))


def skip_chunk(session: Session, argument: str, reply: Reply) -> Event | bool:
    """A BDAT that is refused whatever it brings; its octets must never be taken for commands."""
    chunk = _chunk(session, argument)
    if isinstance(chunk, ProtocolError):
        return chunk
    session.begin_skip(chunk.size, reply)
    return True


def _chunk(session: Session, argument: str) -> commands.Chunk | ProtocolError:
    """The chunk, or the end of the conversation when nobody can say, or wait, where the next command begins."""
    settings = session.settings
    try:
        chunk = commands.read_chunk(argument)
    except PermanentError as error:
        session.leave(error.reply)
        return ProtocolError(f"BDAT {argument}", error.reply)
    if chunk.size > settings.message_size + settings.overrun:
        session.leave(own.CHUNK_TOO_BIG)
        return ProtocolError(f"BDAT {argument}", own.CHUNK_TOO_BIG)
    return chunk


def _rset(session: Session, argument: str) -> Event | bool:
    session.reset()
    session.put(own.RESET)
    session.idle()
    return Reset()


def _noop(session: Session, argument: str) -> Event | bool:
    session.put(own.NOOP)
    session.idle()
    return True


def _help(session: Session, argument: str) -> Event | bool:
    session.put(own.HELP)
    session.idle()
    return True


def _vrfy(session: Session, argument: str) -> Event | bool:
    if not argument:
        raise PermanentError(own.NO_VRFY_TEXT)
    # RFC 5321 §7.3: who can be found by asking will be.
    session.put(CANNOT_VERIFY)
    session.idle()
    return Vrfy(argument)


def _quit(session: Session, argument: str) -> Event | bool:
    session.leave(CLOSING)
    return Quit()


def _starttls(session: Session, argument: str) -> Event | bool:
    if not session.settings.starttls:
        raise PermanentError(own.NO_TLS)
    if argument:
        raise PermanentError(own.STARTTLS_ALONE)
    session.put(READY_FOR_TLS)
    # What stands behind STARTTLS in the clear was perhaps put there by somebody in between.
    session.input.clear()
    session.go("STARTTLS")
    return StartTls()


def _auth(session: Session, argument: str) -> Event | bool:
    if session.signed_in:
        raise PermanentError(own.SIGNED_IN_ALREADY)
    settings = session.settings
    if not settings.auth:
        raise PermanentError(AUTH_WEAK if settings.starttls and settings.role is Role.SUBMISSION else own.NO_AUTH)
    mechanism, initial = commands.read_auth(argument)
    if mechanism not in settings.auth:
        raise PermanentError(own.UNKNOWN_MECHANISM)
    session.signing_in = SigningIn(mechanism)
    return sign_in_step(session, session.signing_in.start(initial))


def sign_in_step(session: Session, outcome: Outcome) -> Event | bool:
    """A challenge is sent, what the client spoilt is refused; anything else is for the door."""
    match outcome:
        case Ask(text):
            session.challenge(text)
            return True
        case Spoilt():
            raise PermanentError(AUTH_CANCELLED if outcome is Spoilt.GIVEN_UP else own.BAD_BASE64)
        case _:
            return session.owe(outcome)


def _xclient(session: Session, argument: str) -> Event | bool:
    if not session.settings.xclient:
        raise PermanentError(own.NO_XCLIENT)
    return session.owe(Xclient(commands.read_xclient(argument)))


VERBS: dict[str, Verb] = {
    "EHLO": _ehlo,
    "HELO": _helo,
    "LHLO": _lhlo,
    "MAIL": _mail,
    "RCPT": _rcpt,
    "DATA": _data,
    "BDAT": _bdat,
    "RSET": _rset,
    "NOOP": _noop,
    "HELP": _help,
    "VRFY": _vrfy,
    "QUIT": _quit,
    "STARTTLS": _starttls,
    "AUTH": _auth,
    "XCLIENT": _xclient,
}

IN_STATE: dict[State, dict[str, Verb]] = {
    state: {verb: do for verb, do in VERBS.items() if verb in allowed(state)} for state in State
}
"""The verbs that may come in each state, as the table of ``states`` has it."""
