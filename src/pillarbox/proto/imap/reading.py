"""How are octets read as commands, with their literals? RFC 9051 §2.2.1 and §4.3, RFC 7888.

What is read is the same however the octets were cut, and never more than the bounds of ``settings``. What is refused
is dropped up to its end: no octet of a literal may be taken for a command.
"""

import re

from pillarbox.proto.buffer import LineTooLongError

from .completion import Completion
from .events import Closed, ProtocolError
from .refusals import (
    LITERAL_TOO_LONG,
    TOO_LONG,
    UID_REQUIRED,
    UNKNOWN_COMMAND,
    LiteralWantedError,
    RefusedError,
    mistake,
)
from .states import BY_NUMBER, VERBS, State, may, out_of_place
from .streams import DamagedStreamError
from .talk import Outcome, Talk

# tag = 1*<any ASTRING-CHAR except "+">, here also bounded; then the command's name.
_HEAD = re.compile(rb"([!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]{1,100}) ([A-Za-z]{1,30})(?: ([A-Za-z]{1,30}))?")
_TAG = re.compile(rb"([!#$&',\-./0-9:;<=>?@A-Z\[\]^_`a-z|}~]{1,100})(?: |\Z)")
# How a line says that a literal follows.
_ANNOUNCED = re.compile(rb"\{([0-9]{1,30})(\+?)\}\Z")
_LONGEST_ANNOUNCEMENT = 40
# What a TLS client says first (RFC 8446 §5.1), and how HTTP clients begin.
_TLS_RECORD = b"\x16"
_FOREIGN = re.compile(rb"(?:GET|POST|PUT|HEAD|OPTIONS|CONNECT|DELETE|PATCH|TRACE|PRI) \S+ HTTP/")
_APPENDS = frozenset({"APPEND", "REPLACE", "UID REPLACE"})
_LONG_LITERALS = frozenset({
    "SEARCH", "UID SEARCH", "SORT", "UID SORT", "THREAD", "UID THREAD", "ESEARCH", "SETMETADATA",
})  # fmt: skip


def advance(talk: Talk) -> Outcome:
    """The next step; what it refuses is answered."""
    if talk.state is State.LOGOUT:
        return _farewell(talk)
    try:
        outcome = talk.step(talk)
        if outcome is False and talk.input.fill(talk.settings, of_message=talk.in_message):
            return True
    except RefusedError as refused:
        return refuse(talk, refused.completion)
    except LiteralWantedError as wanted:
        return _take_literal(talk, wanted.size, wanted.awaited)
    except DamagedStreamError as error:
        return _hang_up(talk, "(compressed octets)", str(error))
    return outcome


def nothing(_talk: Talk) -> Outcome:
    """Nothing is read: not greeted yet, or TLS is being set up."""
    return False


def _farewell(talk: Talk) -> Outcome:
    """It is over, told once."""
    if talk.closed_told:
        return False
    talk.closed_told = True
    return Closed(talk.reason)


def refuse(talk: Talk, completion: Completion) -> Outcome:
    """The command in hand is answered and forgotten, the rest of it dropped."""
    event = talk.wrong(completion)
    finish(talk)
    return event


def finish(talk: Talk) -> None:
    """The command in hand is over."""
    talk.step = command if talk.rest is None else _drop
    talk.in_message = False
    talk.left_over = _bearable(talk)
    talk.tag = talk.verb = ""
    talk.command.clear()
    talk.resume = talk.obey


def _bearable(talk: Talk) -> int:
    """How many octets of a refused command are dropped in patience."""
    if not talk.signed_in:
        return talk.settings.line_before_login * 8
    return talk.settings.message_overrun if talk.verb in _APPENDS else talk.settings.overrun


# --- lines ---


def command(talk: Talk) -> Outcome:
    """The next line of a command, mostly the only one."""
    lines = talk.input.lines
    if not (talk.signed_in or talk.verb) and lines.peek(1) == _TLS_RECORD:
        return _hang_up(talk, "(TLS)", "This is no TLS port: say STARTTLS first")
    settings = talk.settings
    limit = settings.command if talk.signed_in else settings.line_before_login
    try:
        line = lines.line(max(limit - len(talk.command), 2))
    except LineTooLongError:
        return _too_long(talk)
    if line is None:
        return False
    text = line[:-2] if line.endswith(b"\r\n") else line[:-1]
    talk.rest = None
    if talk.verb:
        talk.command += text
        return _go_on(talk, text)
    return _begin(talk, text)


def whole_line(talk: Talk, limit: int) -> bytes | None:
    """A line that is no command but answers what was asked; RefusedError when it is too long."""
    try:
        return talk.input.lines.line(limit)
    except LineTooLongError as error:
        talk.input.lines.skipping = False
        talk.rest = 0
        raise RefusedError(TOO_LONG) from error


def _too_long(talk: Talk) -> Outcome:
    lines = talk.input.lines
    lines.skipping = False
    talk.rest = 0
    if not talk.tag and (match := _TAG.match(lines.peek(101))):
        talk.tag = match[1].decode("ascii")
    return refuse(talk, TOO_LONG)


def _begin(talk: Talk, text: bytes) -> Outcome:
    """The first line: tag and name."""
    if talk.stray_done:
        talk.stray_done = False
        if text.upper() == b"DONE":  # of an IDLE that was answered before the client ended it
            return True
    talk.command += text
    if not talk.signed_in and (stranger := _no_guest(talk, text)):
        return stranger
    match = _HEAD.match(text)
    if match is None:
        return _no_command(talk, text)
    tag, name, second = match.groups()
    talk.tag = tag.decode("ascii")
    verb = name.decode("ascii").upper()
    talk.begun = match.end(2)
    if verb == "UID" and second is not None:
        verb = f"UID {second.decode('ascii').upper()}"
        talk.begun = match.end(3)
    refused = _out_of_bounds(talk, verb)
    talk.verb = verb if verb in VERBS else ""
    if refused is not None:
        _rest_of(talk, text)
        return refuse(talk, refused)
    return _go_on(talk, text)


def _no_guest(talk: Talk, text: bytes) -> Outcome:
    """Strangers who speak HTTP, or chat, are sent away."""
    if _FOREIGN.match(text):
        return _hang_up(talk, "(HTTP)", "This is no web server")
    talk.commands += 1
    if talk.commands > talk.settings.commands_before_login:
        return _hang_up(talk, "(one command more)", "Too many commands before signing in")
    return False


def _out_of_bounds(talk: Talk, verb: str) -> Completion | None:
    """Why ``verb`` cannot be obeyed, whatever follows it."""
    if verb not in VERBS:
        return UNKNOWN_COMMAND
    if not may(talk.state, verb):
        return out_of_place(talk.state, verb)
    if verb in BY_NUMBER and "UIDONLY" in talk.enabled:
        return UID_REQUIRED
    return None


def _no_command(talk: Talk, text: bytes) -> Outcome:
    """A line without tag and name."""
    if match := _TAG.match(text):
        talk.tag = match[1].decode("ascii")
    _rest_of(talk, text)
    raise mistake("Expected a tag, a space and the name of a command")


def _rest_of(talk: Talk, text: bytes) -> None:
    """What of a refused command comes behind ``text``: a literal that the client sends without being told to."""
    found = _announced(text)
    if found is not None and not found[1]:
        talk.rest = found[0]


def _announced(text: bytes) -> tuple[int, bool] | None:
    """The literal that ``text`` ends with: its size, and whether the client waits to be told to send it."""
    if not text.endswith(b"}"):
        return None
    match = _ANNOUNCED.search(text, max(len(text) - _LONGEST_ANNOUNCEMENT, 0))
    return (int(match[1]), not match[2]) if match else None


def _go_on(talk: Talk, text: bytes) -> Outcome:
    """A line of the command in hand is whole."""
    found = _announced(text)
    if found is not None:
        size, awaited = found
        talk.rest = None if awaited else size
        if talk.verb not in _APPENDS:
            return _take_literal(talk, size, awaited)
    return talk.resume(talk)


# --- literals ---


def _take_literal(talk: Talk, size: int, awaited: bool) -> Outcome:
    """An argument comes as a literal: told to go on when the client waits for that."""
    settings = talk.settings
    if not talk.signed_in:
        most, whole = settings.literal_before_login, settings.line_before_login
    else:
        most = settings.long_literal if talk.verb in _LONG_LITERALS else settings.literal
        whole = settings.command
    if size > most or len(talk.command) + size > whole:
        return refuse(talk, LITERAL_TOO_LONG)
    if awaited:
        talk.go_ahead("Ready for the literal")
    talk.rest = size
    talk.command += b"\r\n"
    talk.step = _literal
    return True


def _literal(talk: Talk) -> Outcome:
    assert talk.rest is not None
    raw = talk.input.lines.octets
    count = min(talk.rest, len(raw))
    talk.command += raw[:count]
    del raw[:count]
    talk.rest -= count
    if talk.rest:
        return False
    talk.step = command
    return True


# --- what is dropped ---


def _drop(talk: Talk) -> Outcome:
    """The rest of a refused command: literals as announced, lines up to their end. ``command`` holds the end of the
    line so far, which may announce the next literal."""
    assert talk.rest is not None
    raw = talk.input.lines.octets
    if talk.rest > talk.left_over:
        return _hang_up(talk, "(a command without end)", "This is more than is borne")
    if not raw:
        return False
    if talk.rest:
        count = min(talk.rest, len(raw))
        talk.rest -= count
    else:
        count = raw.find(b"\n") + 1 or len(raw)
        _look_at_end(talk, bytes(raw[max(count - _LONGEST_ANNOUNCEMENT, 0) : count]))
    talk.left_over -= count
    del raw[:count]
    if talk.left_over < 0:
        return _hang_up(talk, "(a command without end)", "This is more than is borne")
    return True


def _look_at_end(talk: Talk, piece: bytes) -> None:
    """``piece`` is the last of a line that is dropped, or the last so far."""
    talk.command = (talk.command + piece)[-_LONGEST_ANNOUNCEMENT:]
    if not piece.endswith(b"\n"):
        return
    text = bytes(talk.command).rstrip(b"\r\n")
    talk.command.clear()
    talk.rest = None
    # A literal that the client waits to be told to send will not come: the command was answered.
    _rest_of(talk, text)
    if talk.rest is None:
        talk.step = command


def _hang_up(talk: Talk, shown: str, text: str) -> Outcome:
    talk.hang_up(text, text)
    return ProtocolError(shown, text)
