"""Does any stream of octets break the POP3 conversation? Mutates the written ones.

Nothing may be raised or pile up, and every answer is whole lines.
"""

import random

from fuzz.rounds import mutate
from proto.pop3.playing import Server, files, read

DIALOGS = [read(path) for path in files()]
SPICE = (
    b"\r\n", b"\n", b"\r", b".", b" ", b"\0", b"\xff", b"\x16\x03\x01", b"USER user\r\n", b"PASS pencil\r\n",
    b"AUTH PLAIN ", b"AUTH SCRAM-SHA-256 ", b"STLS\r\n", b"LIST\r\n", b"UIDL\r\n",
    b"RETR 1\r\n", b"TOP 1 9999999999\r\n",
    b"DELE 2\r\n", b"RSET\r\n", b"QUIT\r\n", b"CAPA\r\n", b"LANG *\r\n", b"*\r\n", b"=", b"9" * 400, b"A" * 5000,
)  # fmt: skip


def one_case(seed: int) -> None:
    """A mutated dialogue, cut; now and then TLS comes up."""
    dice = random.Random(seed)
    dialog = dice.choice(DIALOGS)
    server = Server(dialog)
    octets = mutate(b"".join(exchange.sent for exchange in dialog.exchanges), dice, SPICE, least=1)
    start = 0
    while start < len(octets):
        size = dice.choice((1, 3, 20, 400, 10_000))
        server.feed(octets[start : start + size])
        start += size
        if dice.randrange(20) == 0 and not server.connection.closing and server.in_tls:
            server.handshake()
    settings = dialog.settings
    assert server.connection.buffered <= max(settings.command_line, settings.auth_line) or server.in_tls
    assert server.output.endswith(b"\r\n")
