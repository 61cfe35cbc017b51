"""Does any command break its parser? Mutates valid ones: each is read, or refused with a text of one line."""

import random

from fuzz.rounds import mutate
from pillarbox.proto.imap.commands import Command
from pillarbox.proto.imap.grammar import Cursor
from pillarbox.proto.imap.parsing import BOUNDED, PARSERS, parse
from pillarbox.proto.imap.refusals import LiteralWantedError, RefusedError
from pillarbox.proto.imap.settings import ServerSettings
from proto.imap.playing import files, read

SETTINGS = ServerSettings("mx.example.org")
LONGEST = 65_536
SPICE = (
    b" ", b"(", b")", b"()", b'"', b'""', b"\\", b"\0", b"\xff", b"NIL", b"*", b"$", b"%", b"0", b"1", b"4294967296",
    b"9" * 30, b"1:*", b",", b"<0.1>", b"[", b"]", b"{3}\r\nabc", b"~{1}\r\nx", b"{5}", b"BODY[1.2.HEADER.FIELDS (A)]",
    b"NOT ", b"OR ", b"(" * 30, b"RETURN (", b"CHARSET X ", b"1-Feb-2020", b"PARTIAL -1:-5", b"UID ", b"&AOQ-", b"/a/b",
)  # fmt: skip
ENABLED: tuple[frozenset[str], ...] = (
    frozenset(), frozenset({"IMAP4REV2", "QRESYNC", "CONDSTORE"}), frozenset({"UTF8=ACCEPT", "UIDONLY", "QRESYNC"}),
)  # fmt: skip


def _commands() -> list[tuple[str, bytes]]:
    """Name and arguments of each command in the written conversations."""
    found = []
    for path in files():
        for line in b"".join(exchange.sent for exchange in read(path).exchanges).split(b"\r\n"):
            _, _, text = line.partition(b" ")
            name, space, rest = text.partition(b" ")
            if name.upper() == b"UID":
                second, space, rest = rest.partition(b" ")
                name += b" " + second
            verb = name.decode("latin-1").upper()
            if verb in PARSERS or verb in BOUNDED:
                found.append((verb, space + rest))
    return found


COMMANDS = _commands()


def one_case(seed: int) -> None:
    """A mutated command; now and then the name of another."""
    dice = random.Random(seed)
    verb, arguments = dice.choice(COMMANDS)
    if dice.randrange(10) == 0:
        verb = dice.choice(COMMANDS)[0]
    octets = mutate(arguments, dice, SPICE, least=1)[:LONGEST]
    try:
        found: Command = parse(verb, Cursor(octets, 0, dice.choice(ENABLED)), SETTINGS)
    except RefusedError as refused:
        line = refused.completion.encode("a")
        assert line.count(b"\n") == 1
        assert len(line) < 400, line
    except LiteralWantedError:
        pass
    else:
        assert repr(found)
