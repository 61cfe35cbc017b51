"""Does any stream of octets break the IMAP conversation? Mutates the written ones, compressed now and then.

Nothing may be raised or pile up, every answer is whole lines, and cutting changes nothing.
"""

import random
import zlib

from fuzz.rounds import mutate
from pillarbox.proto.imap import events
from proto.imap.playing import Server, files, read

DIALOGS = [read(path) for path in files()]
SPICE = (
    b"\r\n", b"\n", b"\r", b" ", b"\0", b"\xff", b"(", b")", b'"', b"\\", b"*", b"$", b"\x16\x03\x01", b"DONE\r\n",
    b"{3}\r\n", b"{3+}\r\n", b"~{3+}\r\n", b"{0+}\r\n", b"{99999999999}\r\n", b"{9999+}\r\n",
    b"a LOGIN user pencil\r\n", b"b SELECT INBOX\r\n", b"c IDLE\r\n", b"d STARTTLS\r\n", b"e UNAUTHENTICATE\r\n",
    b"f ENABLE QRESYNC UIDONLY\r\n",
    b"g APPEND INBOX {3+}\r\n", b"h AUTHENTICATE PLAIN ", b"i LOGOUT\r\n", b"j UID FETCH 1:* (", b"k SEARCH ",
    b" CATENATE (TEXT {2+}\r\nxx URL y)", b"9" * 400, b"A" * 5000, b"(" * 3000, b"NOT " * 1200, b"1:*," * 400,
)  # fmt: skip
_FRAME = 128


def one_case(seed: int) -> None:
    """A mutated dialogue, cut; now and then TLS comes up, or the rest is compressed."""
    dice = random.Random(seed)
    dialog = dice.choice(DIALOGS)
    octets = mutate(b"".join(exchange.sent for exchange in dialog.exchanges), dice, SPICE, least=1)
    if dice.randrange(4) == 0:
        _compressed(dice, octets)
        return
    server, whole = Server(dialog), Server(dialog)
    start, handshakes = 0, 0
    while start < len(octets):
        size = dice.choice((1, 3, 20, 400, 10_000))
        server.feed(octets[start : start + size])
        start += size
        if dice.randrange(20) == 0 and not server.connection.closing and server.in_tls:
            server.handshake()
            handshakes += 1
    _check(server)
    if not handshakes:
        whole.feed(octets)
        assert (whole.output, whole.events) == (server.output, server.events)


def _check(server: Server) -> None:
    settings = server._dialog.settings
    signed_in = server.connection.state.name in {"AUTHENTICATED", "SELECTED"}
    # A line and its literals, and what of the next line waits for its end.
    bound = settings.command if signed_in else settings.line_before_login
    assert server.connection.buffered <= 2 * bound + _FRAME or server.in_tls
    assert server.output.endswith(b"\r\n")


def _compressed(dice: random.Random, octets: bytes) -> None:
    """``octets`` behind COMPRESS; damaged in one of two cases."""
    server = Server(DIALOGS[0])
    server.feed(b"i LOGIN user pencil\r\nj COMPRESS DEFLATE\r\n")
    plain = len(server.output)
    deflater = zlib.compressobj(wbits=-15)
    packed = deflater.compress(octets) + deflater.flush(zlib.Z_SYNC_FLUSH)
    if dice.randrange(2):
        packed = mutate(packed, dice, SPICE)
    while packed:
        size = dice.choice((1, 7, 100, 5_000))
        server.feed(packed[:size])
        packed = packed[size:]
    assert server.connection.buffered <= 2 * DIALOGS[0].settings.command + _FRAME + 5_000
    if not any(isinstance(event, events.Asked) and "Unauth" in repr(event) for event in server.events):
        answers = zlib.decompressobj(-15).decompress(server.output[plain:])
        assert not answers or answers.endswith(b"\r\n")
