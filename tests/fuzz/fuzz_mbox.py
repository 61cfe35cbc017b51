"""Does reading an mbox file survive whatever stands in it? Mutates good ones.

Nothing may be raised, places only rise, no message is larger than allowed, and reading on from a place gives the rest.
"""

import random
import tempfile
from pathlib import Path

from fuzz.rounds import mutate
from pillarbox.inbox.found import Found, Passed, ReadSettings
from pillarbox.inbox.mbox import MboxFile

LARGEST = 2_000
GOOD = (
    b"From eve@far.example Mon Jan  1 00:00:00 2024\nSubject: one\n\nhello\n>From the start\n>>From x\n\n"
    b"From - Mon Jan  1 00:00:01 2024\nX-Mozilla-Status: 0001\nSubject: two\n\nbye\n\n"
    b"From \r\nDate: Fri, 2 Jan 1970 00:00:00 +0000\r\nStatus: RO\r\nX-Keywords: a b\r\n\r\nthree\r\n\r\n"
    b'From "a b"@y Sun Dec 31 19:00:00 -0500 2023\nContent-Length: 7\n\nno end'
)
SPICE = (
    b"\n", b"\r\n", b"\r", b"\0", b"\xff", b"From ", b">From ", b"\n\nFrom ", b"From x@y Mon Jan  1 00:00:00 2024\n",
    b"\nFrom - Mon Feb 31 25:61:61 9999 +9999\n", b"Status: D\n", b"X-Mozilla-Status: 0008\n", b"Date: \xff\n",
    b"Date: Mon, 99 Jan 99999 99:99:99 +99999\n", b">" * 3000, b"x" * 5000, b"\n" * 3000, b"From " * 500,
)  # fmt: skip


def one_case(seed: int) -> None:
    """A mutated file, read whole and again from one of its places."""
    dice = random.Random(seed)
    octets = mutate(GOOD, dice, SPICE)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mail"
        path.write_bytes(octets)
        archive = MboxFile(path, ReadSettings(import_message=LARGEST))
        found = list(archive.read(""))
        _check(found, len(octets))
        if found:
            at = dice.randrange(len(found))
            assert list(archive.read(found[at].place)) == found[at + 1 :]


def _check(found: list[Found | Passed], size: int) -> None:
    places = [int(message.place) for message in found]
    assert places == sorted(set(places)), places
    assert not places or places[-1] <= size
    for message in found:
        if isinstance(message, Found):
            assert message.octets.strip()
            assert message.octets.count(b"\n") == message.octets.count(b"\r\n")
            assert len(message.octets) <= 2 * LARGEST + 2  # a bare LF becomes CRLF
