"""Does reading a PROXY header survive whatever a peer sends? Mutates good headers.

Only ProxyError and ConnectionError may come out, however the octets were cut, and nothing behind the header is taken.
"""

import asyncio
import random
import socket
import struct
from ipaddress import ip_address
from typing import cast

from fuzz.rounds import mutate
from pillarbox.net.proxy import SIGNATURE, V1_MAX, V2_MAX, Proxied, ProxyError, read_header

V4 = socket.inet_aton("192.0.2.1") + socket.inet_aton("198.51.100.1") + struct.pack("!HH", 5000, 25)
V6 = bytes.fromhex("20010db8000000000000000000000001") * 2 + struct.pack("!HH", 5000, 25)
BEHIND = b"EHLO client.example\r\n"


def binary(command: int, family: int, body: bytes) -> bytes:
    """A version 2 header."""
    return SIGNATURE + bytes([command, family]) + struct.pack("!H", len(body)) + body


GOOD = (
    b"PROXY TCP4 192.0.2.1 198.51.100.1 5000 25\r\n", b"PROXY TCP6 2001:db8::1 2001:db8::2 5000 25\r\n",
    b"PROXY UNKNOWN ffff::ffff 65535\r\n", binary(0x21, 0x11, V4), binary(0x21, 0x21, V6 + b"\x04\x00\x01x"),
    binary(0x20, 0, b""), binary(0x21, 0x31, bytes(216)),
)  # fmt: skip
SPICE = (
    b"\r\n", b"\r", b"\n", b" ", b"\0", b"\xff", b"PROXY ", b"TCP4", b"TCP6", b"UNKNOWN", b"65536", b"+1", b"-1", b"::",
    b"1.2.3.4", b"999.1.1.1", b"%eth0", "٣".encode(), SIGNATURE, b"\xff\xff", b"9" * 5000,
)  # fmt: skip


class Wire:
    """The part of a loop that reads a socket: gives ``octets`` in pieces."""

    def __init__(self, octets: bytes, dice: random.Random) -> None:
        self.octets = octets
        self._dice = dice

    async def sock_recv(self, sock: socket.socket, nbytes: int) -> bytes:
        """Some of what is left, and never more than was asked for."""
        piece = self.octets[: self._dice.randint(1, nbytes)]
        self.octets = self.octets[len(piece) :]
        return piece


def heard(octets: bytes, dice: random.Random) -> tuple[Proxied | type[Exception] | None, int]:
    """What is made of ``octets``, and how many of them are left."""
    wire = Wire(octets, dice)
    reading = read_header(cast(asyncio.AbstractEventLoop, wire), cast(socket.socket, None))
    try:
        reading.send(None)  # nothing in it ever waits
    except StopIteration as end:
        return cast(Proxied | None, end.value), len(wire.octets)
    except (ProxyError, ConnectionError) as error:
        return type(error), 0
    raise AssertionError("it waits for something")


def one_case(seed: int) -> None:
    """A mutated header, cut in two ways."""
    dice = random.Random(seed)
    good = dice.choice(GOOD)
    octets = mutate(good, dice, SPICE) + BEHIND
    found, left = heard(octets, dice)
    assert (found, left) == heard(octets, dice), "the outcome depends on the cuts"
    if isinstance(found, Proxied):
        assert ip_address(found.host).version in {4, 6}
        assert 0 <= found.port <= 65_535
    if not isinstance(found, type):
        taken = octets[: len(octets) - left]
        assert len(taken) == _length(taken) <= (V2_MAX + 16 if taken.startswith(SIGNATURE) else V1_MAX)
    if octets == good + BEHIND:
        assert not isinstance(found, type)
        assert left == len(BEHIND)


def _length(header: bytes) -> int:
    """Octets that the header at the beginning of ``header`` says to have."""
    if header.startswith(SIGNATURE):
        return 16 + int.from_bytes(header[14:16], "big")
    return header.index(b"\r\n") + 2
