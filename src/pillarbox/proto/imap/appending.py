"""How are the messages of APPEND and REPLACE read? RFC 9051 §6.3.12; MULTIAPPEND RFC 3502, BINARY RFC 3516, CATENATE
RFC 4469, REPLACE RFC 8508, UTF8 RFC 9755.

A command is a chain of lines and literals: name and mailbox; of each message flags, date and octets. The octets are
handed on as they come. ``append_at`` is how far the line in hand was understood.
"""

import re

from pillarbox.mail.query import STAR

from . import reading
from .dates import took_moment
from .events import AppendBegin, AppendEnd, MessageBegin, MessageData, MessageEnd, MessageUrl
from .grammar import Cursor, utf8
from .message_commands import flags
from .refusals import MESSAGE_TOO_LONG, RefusedError, mistake
from .talk import Outcome, Step, Talk

# literal / literal8 at the end of a line: the octets of a message.
_MESSAGE = re.compile(rb"(~?)\{([0-9]{1,30})(\+?)\}\Z")


def _cursor(talk: Talk) -> Cursor:
    return Cursor(bytes(talk.command), talk.append_at, talk.enabled)


def begin(talk: Talk, cursor: Cursor) -> Outcome:
    """APPEND mailbox, or REPLACE number mailbox; behind the name."""
    replaces: int | None = None
    cursor.space()
    if talk.verb != "APPEND":
        # RFC 8508 §3.1: one number, or "*" for the last message.
        replaces = STAR if cursor.took(b"*") else cursor.nz_number("the number of a message")
        cursor.space()
    mailbox = cursor.mailbox()
    talk.append_at = cursor.at
    return talk.owe(AppendBegin(talk.tag, mailbox, replaces, talk.verb == "UID REPLACE"))


def message(talk: Talk) -> Outcome:
    """append-message = SP [flag-list SP] [date-time SP] append-data."""
    cursor = _cursor(talk)
    cursor.space()
    marks: tuple[str, ...] = ()
    if cursor.peek(b"("):
        marks = flags(cursor)
        cursor.space()
    date = took_moment(cursor)
    if date is not None:
        cursor.space()
    talk.append_size = 0
    if cursor.took_word(b"CATENATE"):
        cursor.space()
        cursor.take(b"(")
        talk.append_at = cursor.at
        return talk.owe(MessageBegin(marks, date, None))
    _take_utf8(talk, cursor)
    size, binary = _announced(talk, cursor)
    return talk.owe(MessageBegin(marks, date, size, binary, talk.in_utf8))


def _take_utf8(talk: Talk, cursor: Cursor) -> None:
    """ "UTF8" SP "(" literal8 ")" (RFC 9755 §4), only after it was enabled."""
    talk.in_utf8 = cursor.took_word(b"UTF8")
    if not talk.in_utf8:
        return
    if not cursor.utf8:
        raise mistake("UTF8 needs ENABLE UTF8=ACCEPT or IMAP4rev2 before")
    cursor.space()
    cursor.take(b"(")
    if not cursor.peek(b"~"):
        raise cursor.expected("a literal8")


def _behind_octets(talk: Talk) -> Cursor:
    """The line behind a literal, past the parenthesis of UTF8 (…)."""
    cursor = _cursor(talk)
    if talk.in_utf8:
        talk.in_utf8 = False
        cursor.take(b")")
    talk.append_at = cursor.at
    return cursor


def _announced(talk: Talk, cursor: Cursor) -> tuple[int, bool]:
    """The size of the literal that the line ends with, and whether it is literal8."""
    match = _MESSAGE.match(cursor.data, cursor.at)
    if match is None:
        raise cursor.expected("a message as a literal")
    size = int(match[2])
    talk.append_size += size
    if talk.append_size > talk.settings.append_limit:
        # RFC 7889 §4, before the client is told to go on.
        raise RefusedError(MESSAGE_TOO_LONG)
    talk.append_at = len(cursor.data)
    return size, bool(match[1])


def proceed(talk: Talk, event: MessageBegin) -> None:
    """The door takes the message: the client is told to send it when it waits for that."""
    if event.size is None:
        talk.step = part
    else:
        _receive(talk, event.size, _message_end)


def _receive(talk: Talk, size: int, then: Step) -> None:
    """``size`` octets come now; ``then`` goes on with the line behind them."""
    if talk.rest is None:
        talk.go_ahead("Ready for the message")
    talk.rest = size
    talk.command.clear()
    talk.append_at = 0
    talk.resume = then
    talk.step = data
    talk.in_message = True


def data(talk: Talk) -> Outcome:
    """The octets of a message, as they come."""
    assert talk.rest is not None
    if not talk.rest:
        talk.step = reading.command
        talk.in_message = False
        return MessageEnd() if talk.resume is _message_end else True
    raw = talk.input.lines.octets
    if not raw:
        return False
    piece = bytes(raw[: talk.rest])
    del raw[: talk.rest]
    talk.rest -= len(piece)
    return MessageData(piece)


def _message_end(talk: Talk) -> Outcome:
    """The line behind a message: the end of the command, or the next message."""
    return _next(talk, _behind_octets(talk))


def _next(talk: Talk, cursor: Cursor) -> Outcome:
    if not cursor.data[cursor.at :].strip(b" "):
        return talk.owe(AppendEnd())
    if talk.verb != "APPEND":
        raise cursor.expected("the end of the command: REPLACE takes one message")
    return message(talk)


# --- CATENATE ---


def part(talk: Talk) -> Outcome:
    """cat-part = "TEXT" SP literal / "URL" SP url-resolved; parted by spaces, up to ")" (RFC 4469 §5)."""
    cursor = _cursor(talk)
    if cursor.took(b")"):
        talk.append_at = cursor.at
        talk.step = _catenated
        return MessageEnd()
    cursor.took(b" ")
    if cursor.took_word(b"URL"):
        talk.resume = part
        cursor.space()
        url = utf8(cursor.astring("an IMAP URL"))
        talk.append_at = cursor.at
        return talk.owe(MessageUrl(url))
    if cursor.took_word(b"TEXT"):
        cursor.space()
    else:
        _take_utf8(talk, cursor)
        if not talk.in_utf8:
            raise cursor.expected("TEXT, URL or )")
    size, _ = _announced(talk, cursor)
    _receive(talk, size, _behind_text)
    return True


def _behind_text(talk: Talk) -> Outcome:
    """The line behind a TEXT of CATENATE."""
    _behind_octets(talk)
    talk.step = part
    return True


def _catenated(talk: Talk) -> Outcome:
    """What stands behind the last part."""
    return _next(talk, _cursor(talk))
