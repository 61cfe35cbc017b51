"""Do dkimpy and we believe the same chains? On sets that either added, and after they were changed."""

import random
import time

import pytest

from pillarbox.senderauth import arc, dkim
from senderauth.letters import chained, digest, parted, rsa
from senderauth.test_dkim_dkimpy import ask, changed, dkimpy, letter, ragged, zone

CASES, SOAK_CASES = 100, 5_000


def sealed_by_us(message: bytes, now: float) -> bytes:
    header, body = parted(message)
    chain = arc.read(dkim.Fields(header), arc.ArcSettings())
    found = chained(message, zone(), now)
    sealer = arc.Sealer("mailer.example", "r", rsa(1024), dkim.SignSettings())
    return sealer.seal(header, chain, found, b"mx.example; spf=pass", digest(body), now) + message


def sealed_by_dkimpy(message: bytes, now: float) -> bytes:
    state = chained(message, zone(), now).result.value
    results = f"Authentication-Results: mx.example; arc={state}\r\n".encode()
    lines = dkimpy.ARC(results + message).sign(b"r", b"mailer.example", dkim.pem(rsa(1024)), b"mx.example")
    return b"".join(lines) + message


def theirs(message: bytes) -> str | None:
    """The state of the chain as dkimpy sees it; None where it gives up (it finds no " i=" but with a space before)."""
    try:
        state = dkimpy.ARC(message).verify(dnsfunc=ask)[0]
    except (dkimpy.DKIMException, ValueError, KeyError, AssertionError):
        return "fail"
    except IndexError:
        return None
    return state.decode() if state else "fail"


def play(seed: int) -> str:
    """The state of one chain, on both sides."""
    dice, now = random.Random(seed), time.time()
    header, body = letter(dice)
    message = header + b"\r\n" + body
    for _ in range(dice.randint(1, 3)):
        message = dice.choice((sealed_by_us, sealed_by_dkimpy))(b"Received: by x\r\n" + message, now)
    if dice.random() < 0.5:
        message = changed(message, dice)
    found, there = chained(message, zone(), now), theirs(message)
    lone = b"\n" in message.replace(b"\r\n", b"")
    # RFC 6376 §8.15, for the fields that may stand there once: dkimpy looks for a second From only.
    stricter = "does not cover every" in found.reason
    if found.result.value != there is not None and not ragged(message) and not (there == "pass" and (lone or stricter)):
        raise AssertionError(f"seed {seed}: here {found.result}, {found.reason}; there {there}; of {message!r}")
    return found.result.value


def test_we_agree() -> None:
    ends = [play(seed) for seed in range(CASES)]
    assert min(ends.count("pass"), ends.count("fail")) > CASES // 10


@pytest.mark.soak
def test_we_agree_for_long() -> None:
    for seed in range(CASES, CASES + SOAK_CASES):
        play(seed)
