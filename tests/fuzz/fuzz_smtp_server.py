"""Does the server's conversation survive whatever comes? Mutates the dialogue files.

Nothing may be raised or pile up, and the outcome may not depend on how the octets were cut.
"""

import random
from dataclasses import replace

from dialogs import runner
from dialogs.written import all_at_once, at_random, byte_by_byte
from fuzz.rounds import mutate
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.roles import Role

DIALOGS = [runner.read(path) for path in runner.files()]
SPICE = (
    b"\r\n", b"\n", b"\r", b"\0", b".", b"\r\n.\r\n", b"\n.\n", b"DATA\r\n", b"RSET\r\n", b"BDAT 7 LAST\r\n",
    b"BDAT 3\r\n", b"<", b">", b'"', b"\\", b"=", b"\xc3\xa4", b"\xff", b"STARTTLS\r\n", b"AUTH PLAIN ", b"EHLO x\r\n",
    b"MAIL FROM:<a@example.com>\r\n", b"RCPT TO:<b@example.com>\r\n", b" SMTPUTF8", b" BODY=BINARYMIME",
    b"99999999999999999999", b"x" * 3000,
)  # fmt: skip


def one_case(seed: int) -> None:
    """A mutated dialogue, fed at once and in pieces."""
    dice = random.Random(seed)
    dialog = dice.choice(DIALOGS)
    octets = mutate(b"".join(exchange.sent for exchange in dialog.exchanges), dice, SPICE, least=1)
    settings = replace(
        dialog.settings,
        role=dice.choice(list(Role)),
        repair_line_ends=dice.random() < 0.3,
        xclient=dice.random() < 0.3,
    )
    outcomes = []
    for cut in (all_at_once, byte_by_byte, at_random(seed)):
        server = runner.Server(replace(dialog, settings=settings))
        for piece in cut(octets):
            server.feed(piece)
            assert server.connection.buffered <= max(len(octets), settings.auth_line)
        outcomes.append((server.events, server.output))
    # What stands behind STARTTLS in one piece is dropped: there, and only there, the cuts matter.
    if not any(isinstance(event, events.StartTls) for told, _ in outcomes for event in told):
        assert outcomes[0] == outcomes[1] == outcomes[2], "the outcome depends on the cuts"
