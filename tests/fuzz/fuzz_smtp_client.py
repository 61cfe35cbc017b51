"""Does the client's conversation survive whatever a remote says? Mutates good replies.

Nothing may be raised, every recipient gets at most one verdict, and the events may not depend on
how the octets were cut.
"""

import random

from fuzz.rounds import mutate
from pillarbox.proto.smtp.client import ClientConnection, ClientSettings
from pillarbox.proto.smtp.client_auth import choose
from pillarbox.proto.smtp.client_events import (
    Answered,
    AuthAnswered,
    BodyWanted,
    ChunkTaken,
    Event,
    Greeted,
    TlsAnswered,
    Welcomed,
)

RCPT = [b"RCPT TO:<a@x.test>\r\n", b"RCPT TO:<b@x.test>\r\n", b"RCPT TO:<c@x.test>\r\n"]
GOOD = (
    b"220 remote.test ESMTP\r\n",
    (
        b"250-remote.test\r\n250-PIPELINING\r\n250-SIZE 1000000\r\n250-CHUNKING\r\n250-BINARYMIME\r\n250-STARTTLS\r\n"
        b"250-AUTH PLAIN LOGIN SCRAM-SHA-256\r\n250-LIMITS RCPTMAX=3\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n"
    ),
    b"235 2.7.0 in\r\n",
    b"250 2.1.0 ok\r\n250 2.1.5 ok\r\n550 5.1.1 no\r\n250 2.1.5 ok\r\n354 go\r\n",
    b"250 2.0.0 taken\r\n250 2.0.0 again\r\n",
    b"250 reset\r\n250 ok\r\n451 4.3.0 later\r\n452 4.5.3 enough\r\n552 too many\r\n554 none\r\n",
)
SPICE = (
    b"\r\n", b"\n", b"\r", b"\0", b"250", b"250 ", b"250-", b"354 go\r\n", b"421 4.3.2 bye\r\n", b"334 \r\n",
    b"-" * 300, b"334 cj1uLHM9YyxpPTk5OTk5OTk5OQ==\r\n", b"5.1.1", b"999", b"x" * 5000, b"250-x\r\n" * 300, b"\xff\xfe",
)  # fmt: skip


class Owner:
    """Asks for one thing after another, as delivery does, whatever is answered."""

    def __init__(self, plan: int) -> None:
        self._dice = random.Random(plan)
        self.client = ClientConnection(ClientSettings("us.test", lmtp=plan % 5 == 0))
        self.said = b""
        self.heard: list[Event] = []

    def feed(self, piece: bytes) -> None:
        self.client.receive_data(piece)
        while (event := self.client.next_event()) is not None:
            self.heard.append(event)
            self._go_on(event)
        self.said += self.client.take_output()

    def _go_on(self, event: Event) -> None:
        client = self.client
        if isinstance(event, Answered):
            assert len(event.verdicts) == len(RCPT)
        if client.closing:
            return
        match event:
            case Greeted():
                client.hello()
            case Welcomed() if self._dice.random() < 0.5:
                self._sign_in()
            case BodyWanted() if self._dice.random() < 0.2:
                client.send_slice(b"Subject: x\r\n")
            case BodyWanted():
                client.send_whole(b"Subject: x\r\n\r\n.\n")
            case ChunkTaken():
                client.send_chunk(b"", last=True)
            case Welcomed() | AuthAnswered() | TlsAnswered() | Answered():
                client.begin(b"MAIL FROM:<>\r\n", RCPT)

    def _sign_in(self) -> None:
        dialogue = choose(self._dice.choice((("PLAIN",), ("LOGIN",), ("SCRAM-SHA-256",))), "u", "p", b"n" * 18)
        assert dialogue is not None
        self.client.authenticate(dialogue)


def one_case(seed: int) -> None:
    """Mutated replies, fed at once and in pieces: the same is heard."""
    dice = random.Random(seed)
    replies = [mutate(reply, dice, SPICE) for reply in GOOD]
    if dice.random() < 0.2:
        dice.shuffle(replies)
    heard = []
    for size in (1_000_000, 1, dice.randint(2, 60)):
        owner = Owner(seed)
        for reply in replies:
            for start in range(0, len(reply), size):
                owner.feed(reply[start : start + size])
        heard.append([type(event) for event in owner.heard])
        assert len(owner.client.verdicts()) in {0, len(RCPT)}
    # What follows in the same piece as an answer may be dropped (STARTTLS) or come too early; else nothing differs.
    assert heard[0] == heard[1] == heard[2], heard
