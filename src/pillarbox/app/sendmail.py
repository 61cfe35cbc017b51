"""`sendmail`: how do programs hand in mail as they have for forty years? The options that Postfix's sendmail(1) knows.

It gives the message to the running server and ends with a code of sysexits.h; when no server runs, 75: try again.
"""

import argparse
import getpass
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NoReturn

from . import folders
from .handing_in import Letter, hand_in
from .trouble import Exit, Trouble

# Options with a value that older programs give and that mean nothing here.
_IGNORED = ("-A", "-B", "-C", "-D", "-L", "-O", "-X", "-h", "-p", "-d")
# A line with nothing but a dot ends the message, unless -i or -oi says otherwise.
_DOT_LINE = re.compile(rb"(?:\A|(?<=\n))\.\r?\n")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise Trouble("sendmail: the options were not understood", message, "see sendmail(1)", Exit.USAGE)


def parser() -> _Parser:
    """The options."""
    options = _Parser(
        "sendmail", add_help=False, allow_abbrev=False, description="Hand in a message on standard input."
    )
    options.add_argument("--help", action="help")
    options.add_argument("--data", metavar="DIR", help="the server's folder")
    options.add_argument("-t", action="store_true", dest="from_fields", help="recipients stand in To, Cc and Bcc")
    options.add_argument("-i", action="store_true", dest="dots", help="a line with only a dot is text")
    options.add_argument("-f", "-r", dest="sender", help="the sender of the envelope")
    options.add_argument("-F", dest="name", default="", help="the author's name where From is missing")
    options.add_argument("-b", dest="mode", default="m", help="m: hand in, p: list the queue, s: SMTP on stdin")
    options.add_argument("-q", dest="queue", nargs="?", const="", help="deliver the queue now")
    options.add_argument("-o", dest="odd", action="append", default=[], help="old options; -oi is -i")
    options.add_argument("-N", dest="notify", default="", help="never, or success,failure,delay")
    options.add_argument("-R", dest="ret", default="", help="full or hdrs")
    options.add_argument("-V", dest="envelope_id", default="", help="the envelope id")
    options.add_argument("-v", action="store_true", dest="told", help="say what was done")
    for name in ("-n", "-m", "-s", "-G", "-U"):
        options.add_argument(name, action="store_true", help=argparse.SUPPRESS)
    for name in _IGNORED:
        options.add_argument(name, help=argparse.SUPPRESS)
    options.add_argument("recipients", nargs="*")
    return options


def sendmail(words: Sequence[str], stdin: BinaryIO | None = None) -> int:
    """Do what the options say; the exit code."""
    given = parser().parse_intermixed_args(list(words))
    data = folders.store_of(folders.chosen(given.data))
    mode = given.mode[:1]
    if mode == "p" or (given.queue is not None and mode == "p"):
        from .mailq import mailq  # noqa: PLC0415

        return mailq([], data)
    if mode in {"i", "I"}:
        return Exit.OK  # newaliases: aliases are in the store
    if given.queue is not None:
        from .calling import ask  # noqa: PLC0415

        ask(data, "flush")
        return Exit.OK
    if mode == "s":
        from .stdin_smtp import converse  # noqa: PLC0415

        return converse(data)
    if mode != "m":
        raise Trouble(
            f"sendmail: -b{given.mode} is not known", "it means nothing here", "use -bm, -bp or -bs", Exit.USAGE
        )
    return _hand_in(given, data, stdin or sys.stdin.buffer)


def _hand_in(given: argparse.Namespace, data: Path, stdin: BinaryIO) -> int:
    if not given.recipients and not given.from_fields:
        raise Trouble(
            "sendmail: no recipients",
            "none was named",
            "name them, or give -t to take them from To, Cc and Bcc",
            Exit.USAGE,
        )
    user = _user()
    letter = Letter(
        _read(stdin, given.dots or "i" in given.odd),
        given.sender,
        [address for word in given.recipients for address in word.split(",") if address.strip()],
        given.from_fields,
        given.name or os.environ.get("NAME", ""),
        user,
        "sendmail",
        {"notify": given.notify, "ret": given.ret, "envelope_id": given.envelope_id},
    )
    answer = hand_in(data, letter)
    if given.told:
        sys.stderr.write(f"{answer['id']}: taken over for {', '.join(answer['recipients'])}\n")
    return Exit.OK


def _read(stdin: BinaryIO, dots_are_text: bool) -> bytes:
    content = stdin.read()
    if dots_are_text:
        return content
    end = _DOT_LINE.search(content)
    return content[: end.start()] if end is not None else content


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name: seen in containers
        return "nobody"
