"""Does the server's conversation survive whatever comes? Mutates the dialogue files, for as many seconds as asked.

Nothing may be raised, nothing may take long or pile up, and the outcome may not depend on how the octets were cut.
``PYTHONPATH=tests python tests/fuzz/fuzz_smtp_server.py SECONDS [SEED]``; a failure names the seed that repeats it.
"""

import random
import sys
import time
from dataclasses import replace

from dialogs import runner
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.roles import Role

CASE_SECONDS = 1.0
SPICE = (
    b"\r\n", b"\n", b"\r", b"\0", b".", b"\r\n.\r\n", b"\n.\n", b"DATA\r\n", b"RSET\r\n", b"BDAT 7 LAST\r\n",
    b"BDAT 3\r\n", b"<", b">", b'"', b"\\", b"=", b"\xc3\xa4", b"\xff", b"STARTTLS\r\n", b"AUTH PLAIN ", b"EHLO x\r\n",
    b"MAIL FROM:<a@example.com>\r\n", b"RCPT TO:<b@example.com>\r\n", b" SMTPUTF8", b" BODY=BINARYMIME",
    b"99999999999999999999", b"x" * 3000,
)  # fmt: skip


def mutate(octets: bytes, dice: random.Random) -> bytes:
    """``octets`` with some of it lost, doubled, changed or spiced."""
    text = bytearray(octets)
    for _ in range(dice.randint(1, 6)):
        at = dice.randint(0, len(text))
        size = dice.choice((1, 1, 4, 30))
        match dice.randrange(4):
            case 0:
                del text[at : at + size]
            case 1:
                text[at:at] = text[at : at + size] * dice.choice((1, 1, 50))
            case 2:
                text[at : at + 1] = bytes([dice.randrange(256)])
            case _:
                text[at:at] = dice.choice(SPICE)
    return bytes(text)


def one_case(dialogs: list[runner.Dialog], seed: int) -> None:
    """A mutated dialogue, fed at once and in pieces."""
    dice = random.Random(seed)
    dialog = dice.choice(dialogs)
    octets = mutate(b"".join(exchange.sent for exchange in dialog.exchanges), dice)
    settings = replace(
        dialog.settings,
        role=dice.choice(list(Role)),
        repair_line_ends=dice.random() < 0.3,
        xclient=dice.random() < 0.3,
    )
    outcomes = []
    for cut in (runner.all_at_once, runner.byte_by_byte, runner.at_random(seed)):
        server = runner.Server(replace(dialog, settings=settings))
        for piece in cut(octets):
            server.feed(piece)
            assert server.connection.buffered <= max(len(octets), settings.auth_line)
        outcomes.append((server.events, server.output))
    # What stands behind STARTTLS in one piece is dropped: there, and only there, the cuts matter.
    if not any(isinstance(event, events.StartTls) for told, _ in outcomes for event in told):
        assert outcomes[0] == outcomes[1] == outcomes[2], "the outcome depends on the cuts"


def main(seconds: float, seed: int | None = None) -> int:
    """Runs for ``seconds``; the number of cases. Whatever is wrong is raised, with the case's seed noted."""
    dialogs = [runner.read(path) for path in runner.files()]
    start = time.monotonic()
    first = random.SystemRandom().getrandbits(32) if seed is None else seed
    case = first
    while time.monotonic() - start < seconds:
        began = time.monotonic()
        try:
            one_case(dialogs, case)
        except Exception as error:
            error.add_note(f"repeat with: fuzz_smtp_server.py 0.01 {case}")
            raise
        took = time.monotonic() - began
        if took > CASE_SECONDS:
            raise AssertionError(f"case {case} took {took:.1f} s")
        case += 1
    return case - first


if __name__ == "__main__":
    print(main(float(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else None), "cases")
