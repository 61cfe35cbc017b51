"""What does the conversation do itself with a whole command, before or instead of handing it on? RFC 9051 §6."""

from collections.abc import Callable

from pillarbox.proto.buffer import LineTooLongError
from pillarbox.proto.sasl import MECHANISMS, CheckPassword
from pillarbox.proto.sasl_lines import Ask, Auth, SigningIn, Spoilt
from pillarbox.proto.sasl_lines import Outcome as SaslOutcome

from . import appending, reading
from .capabilities import ENABLED_BY_NAME
from .commands import Command, Compress, Enable, Idle, Logout
from .completion import bad, ok
from .events import Asked, IdleDone, ProtocolError, StartTls
from .general_commands import enable
from .grammar import Cursor
from .parsing import parse
from .refusals import (
    COMPRESSED_ALREADY,
    GIVEN_UP,
    NO_SIGN_IN,
    NO_TLS,
    NOT_BASE64,
    PRIVACY_REQUIRED,
    UNKNOWN_MECHANISM,
    RefusedError,
    mistake,
)
from .talk import Outcome, Talk

_LONGEST_DONE = 512


def obey(talk: Talk) -> Outcome:
    """The command in hand is whole."""
    cursor = Cursor(bytes(talk.command), talk.begun, talk.enabled)
    own = _OWN.get(talk.verb)
    if own is not None:
        return own(talk, cursor)
    return _ask(talk, parse(talk.verb, cursor, talk.settings))


def _ask(talk: Talk, command: Command) -> Outcome:
    """Hands ``command`` on."""
    tag = talk.tag
    reading.finish(talk)
    talk.tag = tag
    if talk.signed_in:
        talk.mistakes = 0
    return talk.owe(Asked(tag, command))


# --- signing in ---


def _may_sign_in(talk: Talk) -> None:
    """RFC 9051 §6.2.3 and §11.1: no password in the clear."""
    offers = talk.settings.offers
    if offers.login_disabled:
        raise RefusedError(PRIVACY_REQUIRED if offers.starttls else NO_SIGN_IN)


def _login(talk: Talk, cursor: Cursor) -> Outcome:
    _may_sign_in(talk)
    try:
        cursor.space()
        user = cursor.credential("the user's name")
        cursor.space()
        password = cursor.credential("the password")
        cursor.end()
    except RefusedError as error:
        # What stood there may be a part of the password.
        raise mistake("Expected LOGIN, a name and a password; quote what is no atom") from error
    talk.command.clear()
    return talk.owe(Auth("LOGIN", CheckPassword(user, password, "")))


def _authenticate(talk: Talk, cursor: Cursor) -> Outcome:
    """AUTHENTICATE mechanism [SP initial-response] (RFC 9051 §6.2.2)."""
    words = cursor.data[cursor.at :].decode("latin-1").split(" ")
    if not 2 <= len(words) <= 3 or words[0]:
        raise mistake("Expected AUTHENTICATE, a mechanism and perhaps an initial response")
    mechanism = words[1].upper()
    if mechanism not in talk.settings.offers.mechanisms:
        if mechanism in MECHANISMS:
            _may_sign_in(talk)
        raise RefusedError(UNKNOWN_MECHANISM)
    talk.command.clear()
    talk.signing_in = SigningIn(mechanism)
    return told(talk, talk.signing_in.start(words[2] if len(words) > 2 else None))


def told(talk: Talk, outcome: SaslOutcome) -> Outcome:
    """What a step of the exchange came to."""
    match outcome:
        case Ask(text):
            talk.go_ahead(text)
            talk.step = _response
            return True
        case Spoilt():
            talk.signing_in = None
            raise RefusedError(GIVEN_UP if outcome is Spoilt.GIVEN_UP else NOT_BASE64)
        case _:
            return talk.owe(outcome)


def _response(talk: Talk) -> Outcome:
    """A line of the client in AUTHENTICATE."""
    assert talk.signing_in is not None
    line = reading.whole_line(talk, talk.settings.line_before_login)
    if line is None:
        return False
    return told(talk, talk.signing_in.respond(line))


# --- the stream ---


def _start_tls(talk: Talk, cursor: Cursor) -> Outcome:
    cursor.end()
    if not talk.settings.offers.starttls or talk.output.compressed:
        raise RefusedError(NO_TLS)
    talk.answer(ok("Begin TLS now"))
    reading.finish(talk)
    talk.step = reading.nothing
    # What stands behind STARTTLS in the clear was perhaps put there by somebody in between.
    talk.input.clear()
    return StartTls()


def _compress(talk: Talk, cursor: Cursor) -> Outcome:
    command = parse("COMPRESS", cursor, talk.settings)
    assert isinstance(command, Compress)
    if talk.output.compressed:
        raise RefusedError(COMPRESSED_ALREADY)
    return _ask(talk, command)


# --- the session ---


def _enable(talk: Talk, cursor: Cursor) -> Outcome:
    """RFC 5161 §3.1: what is not known is passed over."""
    wanted = enable(cursor)
    cursor.end()
    if "QRESYNC" in wanted:
        # RFC 7162 §3.2.3: "ENABLE QRESYNC" is "ENABLE QRESYNC CONDSTORE".
        wanted.append("CONDSTORE")
    withheld = {name.upper() for name in talk.settings.withheld}
    new = [
        name for name in dict.fromkeys(wanted)
        if name in ENABLED_BY_NAME and name not in withheld and name not in talk.enabled
    ]  # fmt: skip
    talk.enabled.update(new)
    return _ask(talk, Enable(tuple(new)))


def _logout(talk: Talk, cursor: Cursor) -> Outcome:
    cursor.end()
    talk.put(b"* BYE Goodbye\r\n")
    return _ask(talk, Logout())


def _idle(talk: Talk, cursor: Cursor) -> Outcome:
    """RFC 9051 §6.3.13."""
    cursor.end()
    tag = talk.tag
    reading.finish(talk)
    talk.tag = tag
    talk.go_ahead("Idling: say DONE to end it")
    talk.idling = True
    talk.step = _idling
    return Asked(tag, Idle())


def _idling(talk: Talk) -> Outcome:
    """DONE, and nothing else: whatever comes before it is wrong, and IDLE goes on."""
    try:
        line = talk.input.lines.line(_LONGEST_DONE)
    except LineTooLongError:
        talk.hang_up("Expected DONE, which ends IDLE", "no end of IDLE")
        return ProtocolError("(a line in IDLE)", "Expected DONE, which ends IDLE")
    if line is None:
        return False
    if line.rstrip(b"\r\n ").upper() == b"DONE":
        talk.idling = False
        talk.step = reading.command
        return talk.owe(IdleDone())
    tag, talk.tag = talk.tag, ""
    event = talk.wrong(bad("Expected DONE, which ends IDLE"))
    talk.tag = tag
    return event


_OWN: dict[str, Callable[[Talk, Cursor], Outcome]] = {
    "LOGIN": _login,
    "AUTHENTICATE": _authenticate,
    "STARTTLS": _start_tls,
    "COMPRESS": _compress,
    "ENABLE": _enable,
    "LOGOUT": _logout,
    "IDLE": _idle,
    "APPEND": appending.begin,
    "REPLACE": appending.begin,
    "UID REPLACE": appending.begin,
}
