"""How is a POP3 command line read? RFC 1939 §3 and §9, RFC 2449 §4: a keyword, then arguments parted by spaces."""

import re
from typing import NamedTuple

from .replies import BAD_CHARACTERS, BAD_SYNTAX, Reply

# NUL to US and DEL; a tab is forgiven, some people type one.
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
# A message number or a line count. Ten digits are more than any drop has and keep int() cheap.
_NUMBER = re.compile(r"[0-9]{1,10}\Z")
# How HTTP clients begin: a browser that was sent here across protocols must not get far.
FOREIGN = re.compile(r"(?:GET|POST|PUT|HEAD|OPTIONS|CONNECT|DELETE|PATCH|TRACE|PRI) \S+ HTTP/", re.ASCII)


class RefusedError(Exception):
    """The command cannot be done as it stands; ``reply`` says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class Command(NamedTuple):
    """``verb`` in upper case; ``argument`` is all that stood behind it, one space off."""

    verb: str
    argument: str


def parse(line: bytes) -> Command:
    """The command in ``line`` (with its line end). RefusedError when it is no text."""
    # RFC 1939 §3 wants CRLF; a bare LF ends a command just as well, as nothing of what follows depends on it.
    text = _text(line.removesuffix(b"\n").removesuffix(b"\r"))
    verb, _, argument = text.partition(" ")
    return Command(verb.upper(), argument)


def _text(octets: bytes) -> str:
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise RefusedError(BAD_CHARACTERS) from error
    if _CONTROL.search(text):
        raise RefusedError(BAD_CHARACTERS)
    return text


def nothing(argument: str) -> None:
    """RefusedError unless there is no argument."""
    if argument.strip():
        raise RefusedError(BAD_SYNTAX)


def word(argument: str) -> str:
    """The one argument; RefusedError when it is missing."""
    text = argument.strip()
    if not text:
        raise RefusedError(BAD_SYNTAX)
    return text


def number(argument: str) -> int:
    """The one argument, a message number."""
    return _number(argument.strip())


def optional_number(argument: str) -> int | None:
    """The message number, or None when there is none."""
    return number(argument) if argument.strip() else None


def top(argument: str) -> tuple[int, int]:
    """Message number and line count (RFC 1939 §7, TOP)."""
    parts = argument.split()
    if len(parts) != 2:
        raise RefusedError(BAD_SYNTAX)
    return _number(parts[0]), _number(parts[1])


def auth(argument: str) -> tuple[str, str | None]:
    """Mechanism and initial response (RFC 5034 §4)."""
    parts = argument.split()
    if len(parts) > 2:
        raise RefusedError(BAD_SYNTAX)
    return parts[0].upper(), parts[1] if len(parts) == 2 else None


def _number(text: str) -> int:
    if not _NUMBER.match(text):
        raise RefusedError(BAD_SYNTAX)
    return int(text)
