"""Does any stream of octets break the POP3 conversation? Mutates the written ones for as long as it is told.

`python tests/fuzz/fuzz_pop3.py [SECONDS] [SEED]` prints the seed of a case that fails; the same seed fails again.
"""

import random
import sys
import time
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[1])]

from proto.pop3.playing import Dialog, Server, files, read

SLOWEST = 1.0  # seconds that one case may take
WORDS = (
    b"\r\n", b"\n", b"\r", b".", b" ", b"\0", b"\xff", b"\x16\x03\x01", b"USER user\r\n", b"PASS pencil\r\n",
    b"AUTH PLAIN ", b"AUTH SCRAM-SHA-256 ", b"STLS\r\n", b"LIST\r\n", b"UIDL\r\n",
    b"RETR 1\r\n", b"TOP 1 9999999999\r\n",
    b"DELE 2\r\n", b"RSET\r\n", b"QUIT\r\n", b"CAPA\r\n", b"LANG *\r\n", b"*\r\n", b"=", b"9" * 400, b"A" * 5000,
)  # fmt: skip


def mutate(octets: bytes, dice: random.Random) -> bytes:
    """``octets`` with a few things changed."""
    for _ in range(dice.randint(1, 8)):
        at = dice.randrange(len(octets) + 1)
        end = at + dice.choice((0, 0, 1, 2, 10, 100))
        match dice.randrange(4):
            case 0:
                octets = octets[:at] + dice.choice(WORDS) + octets[end:]
            case 1:
                octets = octets[:at] + dice.randbytes(dice.randrange(20)) + octets[end:]
            case 2:
                octets = octets[:at] + octets[at:end] * dice.randint(2, 50) + octets[end:]
            case _:
                octets = octets[:at] + octets[end:]
    return octets


def play(dialog: Dialog, dice: random.Random) -> None:
    """One case: the conversation, mutated and cut; now and then TLS comes up."""
    server = Server(dialog)
    octets = mutate(b"".join(exchange.sent for exchange in dialog.exchanges), dice)
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


def main(seconds: float, seed: int | None = None) -> None:
    """Play for so long. What is raised is a fault, and so is a case of more than SLOWEST."""
    dialogs = [read(path) for path in files()]
    end = time.monotonic() + seconds
    number = seed if seed is not None else random.SystemRandom().randrange(2**48)
    cases = 0
    while time.monotonic() < end:
        dice = random.Random(number)
        began = time.monotonic()
        try:
            play(dice.choice(dialogs), dice)
            assert time.monotonic() - began < SLOWEST, "too slow"
        except Exception:
            sys.stderr.write(f"fuzz_pop3 fails with the seed {number}\n")
            raise
        number += 1
        cases += 1
    sys.stdout.write(f"fuzz_pop3: {cases} cases\n")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 10.0, int(sys.argv[2]) if len(sys.argv) > 2 else None)
