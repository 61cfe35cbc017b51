"""Do we and OpenDKIM say the same of what one of us, or dkimpy, signed, and of what was changed on the way?

Where we are stricter for a reason, the reason is in STRICTER; every other difference fails the test.
"""

import random
import re
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from peers import need, opendkim
from peers.milter import Milter, talking
from peers.world import ground
from pillarbox.senderauth import dkim
from senderauth.letters import checked, rsa
from senderauth.test_dkim_dkimpy import changed, letter, names, signed_by_dkimpy, signed_by_us, zone

pytestmark = pytest.mark.interop
CASES, SOAK_CASES = 400, 20_000
STRICTER = (
    # RFC 6376 §8.2: what stands behind l= is anybody's; OpenDKIM takes it.
    "at the end of the body unsigned",
    # RFC 6376 §8.15: OpenDKIM refuses a second From only; we each field that may stand there once.
    "does not cover every",
    # RFC 2045 §6.8, RFC 4648 §3.2: base64 is padded; OpenDKIM takes it with less.
    "is not base64",
)
# OpenDKIM knows no author in a From field without an address.
AUTHORS = (b"Ann  Lee", b'"A\tB"', b"=?utf-8?q?J=C3=B6?=", b"Ann\r\n\tLee", b"")
ADDRESSES = (b" <ann@mailer.example>", b"\r\n <ann@mailer.example>")
# A milter has no way to say that a line ends otherwise, and C ends a text at a NUL.
UNSPEAKABLE = re.compile(rb"\r(?!\n)|(?<!\r)\n|\0")
FROM = re.compile(rb"(?m)^From:(?:[^\r]|\r\n[ \t])*")


class Peer:
    """OpenDKIM, as a stranger meets it and as it signs."""

    def __init__(self, stranger: Milter, own: Milter) -> None:
        self._stranger = stranger
        self._own = own

    def takes(self, message: bytes) -> bool:
        """Whether the first signature is good."""
        return opendkim.results(self._stranger.ask(message))[:1] == ["pass"]

    def signed(self, header: bytes, body: bytes, _dice: random.Random) -> bytes:
        """The message with OpenDKIM's signature."""
        message = header + b"\r\n" + body
        field = opendkim.signatures(self._own.ask(message))
        assert field.startswith(b"DKIM-Signature:")
        return field + message


@pytest.fixture(scope="module")
def peers() -> Iterator[list[Peer]]:
    """OpenDKIM in each canonicalisation."""
    need.peers("opendkim")
    published = {name: text.decode() for name, text in names().items()}
    key = opendkim.Key("mailer.example", "r", dkim.pem(rsa(1024)))
    with ExitStack() as running:
        place = running.enter_context(ground())
        found = []
        for number, way in enumerate(("simple/simple", "relaxed/simple", "simple/relaxed", "relaxed/relaxed")):
            settings = opendkim.Settings(published, (key,), way)
            socket = running.enter_context(opendkim.running(place, f"opendkim-{number}", settings))
            stranger = running.enter_context(talking(socket))
            found.append(Peer(stranger, running.enter_context(talking(socket, opendkim.LOOPBACK))))
        yield found


def on_its_way(message: bytes, dice: random.Random) -> bytes:
    """The message with what may happen to it between two servers that speak SMTP; its last line ends."""
    for _ in range(dice.choice((0, 1, 1, 1, 2))):
        other = changed(message, dice)
        if not UNSPEAKABLE.search(other):
            message = other
    return message if message.endswith(b"\r\n") else message + b"\r\n"


def play(seed: int, peers: list[Peer]) -> str:
    """What became of one message: the word that says why we and OpenDKIM differ, or what both say."""
    dice = random.Random(seed)
    peer = dice.choice(peers)
    header, body = letter(dice)
    author = dice.choice(AUTHORS) + dice.choice(ADDRESSES)
    header = FROM.sub(lambda _: b"From: " + author, header)
    # Not without a line end: OpenDKIM hashes such a body as it would arrive, with one.
    body = body.replace(b"lone\rCR", b"lone CR").rstrip(b"\r\n") + dice.choice((b"\r\n", b"\r\n\r\n\r\n"))
    signers = (signed_by_us, signed_by_dkimpy, peer.signed)
    message = on_its_way(dice.choice(signers)(header, body, dice), dice)
    found = checked(message, zone(), time.time())
    here, there = [each.result.value for each in found[:1]] == ["pass"], peer.takes(message)
    if here == there:
        return "pass" if here else "fail"
    for reason in STRICTER:
        if there and reason in found[0].reason:
            return reason
    raise AssertionError(f"seed {seed}: here {found}, there {there}, of {message!r}")


def test_opendkim_agrees(peers: list[Peer]) -> None:
    ends = Counter(play(seed, peers) for seed in range(CASES))
    assert min(ends["pass"], ends["fail"]) > CASES // 5, ends


@pytest.mark.soak
def test_opendkim_agrees_for_long(peers: list[Peer]) -> None:
    ends = Counter(play(seed, peers) for seed in range(CASES, CASES + SOAK_CASES))
    assert ends["pass"] + ends["fail"] > SOAK_CASES * 0.95, ends
    print(ends)
