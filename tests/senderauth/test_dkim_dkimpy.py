"""Do we agree with dkimpy? On messages that it signed, on ours, and on both after they were changed.

Where we are stricter for a reason, the reason is in STRICTER; every other difference fails the test.
"""

import random
import time
from base64 import b64encode
from collections.abc import Sequence
from functools import lru_cache

import pytest

from pillarbox.senderauth import dkim as ours
from pillarbox.senderauth.dkim import DkimResult
from senderauth.letters import checked, digest, ed25519, rsa
from senderauth.zone import Zone

dkimpy = pytest.importorskip("dkim")

CASES, SOAK_CASES = 300, 20_000
STRICTER = (
    # RFC 6376 §8.2: what stands behind l= is anybody's; dkimpy takes it.
    "at the end of the body unsigned",
    # RFC 6376 §3.5 l=: more octets than there are; dkimpy takes the hash of what there is.
    "the body is shorter",
    # RFC 6376 §8.15: dkimpy looks for a second From only; we for each field that may stand there once.
    "does not cover every",
    # RFC 6376 §3.5: x= after t=; dkimpy takes x= that equals t=.
    "ends before it begins",
)
WORDS = (b"Hello", b"wide ", b"world", b"  two", b"\ttab", b"e=mc2", b"a;b", b"x:y", "grüße".encode(), b".")
CHANGES = (
    (b"\r\n\r\n", b"\r\nReceived: by x\r\n\r\n"), (b"\r\n\r\n", b"\r\nFrom: eve\r\n\r\n"), (b": ", b":"),
    (b" ", b"  "), (b" ", b"\r\n\t"), (b"\r\n ", b" "), (b"\r\n\t", b" "), (b"From:", b"FROM:"), (b"x", b"y"),
    (b"a", b"A"), (b";", b" ;"), (b"=", b"= "), (b"t=", b"x=9999999999; t="), (b"t=1", b"t=2"), (b"l=", b"l=1"),
    (b"relaxed/", b"simple/"), (b"bh=", b"bh=A"), (b"b=", b"b=A"), (b"i=", b"j="), (b"v=1", b"v=2"), (b"=", b""),
    (b"d=mailer", b"d=other"), (b"\r\n", b"\n"), (b"h=from", b"h=from : from"), (b"\t", b" "), (b"; ", b";; "),
    (b"\r\n\r\n", b"\r\n\r\n\r\n"), (b": ", b":  "),
)  # fmt: skip
NAMES = (b"From", b"To", b"Subject", b"Date", b"Cc", b"Message-ID", b"Reply-To", b"X-Odd", b"Received", b"MIME-Version")


@lru_cache
def names() -> dict[str, bytes]:
    """The keys of both, by name."""
    return {
        "r._domainkey.mailer.example": ours.record(rsa(1024)).encode(),
        "e._domainkey.mailer.example": ours.record(ed25519()).encode(),
    }


def ask(name: bytes, timeout: float = 5) -> bytes | None:
    """DNS, as dkimpy asks it."""
    return names().get(name.decode().removesuffix("."))


def zone() -> Zone:
    found = Zone()
    for name, record in names().items():
        found.add(name, "TXT", record)
    return found


def letter(dice: random.Random) -> tuple[bytes, bytes]:
    """A header and a body as odd as mail may be."""

    def text() -> bytes:
        return b"".join(
            dice.choice((b" ", b" ", b"\r\n ", b"\r\n\t", b"")) + w for w in dice.choices(WORDS, k=dice.randint(0, 5))
        )

    chosen = [b"From", *dice.sample(NAMES[1:], dice.randint(1, 6)), *dice.choices((b"Received", b"X-Odd"), k=2)]
    dice.shuffle(chosen)
    header = b"".join(name + b":" + (b" x" + text()).rstrip(b"\r\n\t ") + b"\r\n" for name in chosen)
    lines = (b"", b"", b" ", b"\t \t", b"a  b", b"trailing \t", b"text of a line", b"\tx", b"lone\rCR", b"=20 =")
    body = b"\r\n".join(dice.choices(lines, k=dice.randint(0, 9))) + dice.choice((b"", b"\r\n", b"\r\n\r\n\r\n"))
    return header, body


def signed_by_dkimpy(header: bytes, body: bytes, dice: random.Random) -> bytes:
    ways = (dice.choice((b"relaxed", b"simple")), dice.choice((b"relaxed", b"simple")))
    kind = dice.random() < 0.5
    raw = ed25519().private_bytes_raw()
    key = ours.pem(rsa(1024)) if kind else b64encode(raw)
    signer = dkimpy.DKIM(header + b"\r\n" + body, signature_algorithm=b"rsa-sha256" if kind else b"ed25519-sha256")
    present = [name.lower() for name in NAMES if name + b":" in header and name != b"Received"]
    include = [b"from", *dice.choices(present, k=3)] if dice.random() < 0.7 else None
    length = dice.random() < 0.2
    top: bytes = signer.sign(
        b"r" if kind else b"e", b"mailer.example", key, canonicalize=ways, include_headers=include, length=length
    )
    return top + header + b"\r\n" + body


def signed_by_us(header: bytes, body: bytes, dice: random.Random) -> bytes:
    kind = dice.random() < 0.5
    signer = ours.Signer("mailer.example", "r" if kind else "e", rsa(1024) if kind else ed25519(), ours.SignSettings())
    return signer.field(header, digest(body), time.time()) + header + b"\r\n" + body


def changed(message: bytes, dice: random.Random) -> bytes:
    """The message after something happened to it on the way; often that does no harm."""
    old, new = dice.choice(CHANGES)
    match dice.randrange(6):
        case 0:
            return message + dice.choice((b"\r\n", b"\r\n\r\n", b" \r\n", b"\t\r\n", b"x", b"more\r\n"))
        case 1:
            return dice.choice((b"Subject: x\r\n", b"From: eve\r\n", b"X-Odd: y\r\n", b"To: z\r\n")) + message
        case _:
            places = [at for at in range(len(message)) if message.startswith(old, at)]
            if not places:
                return message
            at = dice.choice(places)
            return message[:at] + new + message[at + len(old) :]


def theirs(message: bytes) -> bool:
    """Whether dkimpy takes the signature."""
    try:
        return bool(dkimpy.DKIM(message).verify(dnsfunc=ask))
    except (dkimpy.DKIMException, ValueError, KeyError, IndexError, AssertionError):
        return False


def explained(message: bytes, found: Sequence[DkimResult]) -> bool:
    """Whether we are stricter for a reason. dkimpy takes a lone LF for CRLF, so what it checks is not what came."""
    lone = b"\n" in message.replace(b"\r\n", b"")
    return lone or any(reason in each.reason for each in found for reason in STRICTER)


def ragged(message: bytes) -> bool:
    """Whether white space ends a last line without CRLF. It goes when that is relaxed, as it would with the CRLF that
    the next server adds; dkimpy keeps it."""
    return message.endswith((b" ", b"\t"))


def play(seed: int) -> str:
    """What became of one message: pass or fail, on both sides."""
    dice = random.Random(seed)
    header, body = letter(dice)
    message = (signed_by_dkimpy if dice.random() < 0.5 else signed_by_us)(header, body, dice)
    assert header in message
    for _ in range(dice.choice((0, 1, 1, 1, 2))):
        message = changed(message, dice)
    found = checked(message, zone(), time.time())
    here, there = [each.result.value for each in found[:1]] == ["pass"], theirs(message)
    if here != there and not ragged(message) and not (there and explained(message, found)):
        raise AssertionError(f"seed {seed}: here {found}, there {there}, of {message!r}")
    return "pass" if here and there else "fail"


def test_we_agree() -> None:
    ends = [play(seed) for seed in range(CASES)]
    assert min(ends.count("pass"), ends.count("fail")) > CASES // 5


@pytest.mark.soak
def test_we_agree_for_long() -> None:
    for seed in range(CASES, CASES + SOAK_CASES):
        play(seed)
