"""How does a mail server ask a filter about a message? The milter protocol, version 6, from the server's side.

There is no RFC of it: this is what sendmail's libmilter and Postfix speak. Each packet is its size (32 bits), a letter
and what belongs to it; the filter answers each step, and says at the end what shall become of the header.
"""

import re
import socket
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

VERSION = 6
ACTIONS = 0x1FF  # every change a filter may ask for
LEADING_SPACE = 0x100000  # what stands behind the colon of a field is sent as it is
BODY_AT_ONCE = 65_535
SECONDS = 10.0
GO_ON = b"c"
DECIDED = {b"a": "accept", b"r": "reject", b"t": "tempfail", b"d": "discard", b"y": "reply"}


class Answer(NamedTuple):
    """``verdict``: continue, accept, reject, tempfail, discard or reply. ``added``: (name, value), in their order."""

    verdict: str
    added: Sequence[tuple[bytes, bytes]]


class Milter:
    """One connection to a filter, for any number of messages from ``client``."""

    def __init__(self, sock: socket.socket, client: str, helo: str) -> None:
        self._sock = sock
        self._stream = sock.makefile("rb")
        self._send(b"O" + struct.pack("!III", VERSION, ACTIONS, LEADING_SPACE))
        kind, _ = self._packet()
        assert kind == b"O", kind
        self._step(b"C" + helo.encode() + b"\0" + b"4" + struct.pack("!H", 2525) + client.encode() + b"\0")
        self._step(b"H" + helo.encode() + b"\0")

    def ask(self, message: bytes, sender: str = "s@sender.example", recipient: str = "u@here.example") -> Answer:
        """What the filter says of ``message``, whose lines end in CRLF."""
        self._send(b"DM" + b"i\0job\0")  # Postfix, too, names the queue file
        for step in _steps(message, sender, recipient):
            if decided := self._step(step):
                return Answer(decided, ())  # it wants to hear no more
        return self._end()

    def _end(self) -> Answer:
        self._send(b"E")
        added: list[tuple[bytes, bytes]] = []
        while True:
            kind, rest = self._packet()
            if kind in DECIDED or kind == GO_ON:
                return Answer(DECIDED.get(kind, "continue"), added)
            if kind in {b"h", b"i"}:
                name, value, _ = (rest[4:] if kind == b"i" else rest).split(b"\0")
                added.insert(0 if kind == b"i" else len(added), (name, value.replace(b"\n", b"\r\n")))

    def _step(self, packet: bytes) -> str:
        """The verdict, if this step brought one; empty when it goes on."""
        self._send(packet)
        kind, _ = self._packet()
        assert kind in DECIDED or kind == GO_ON, (kind, packet)
        return DECIDED.get(kind, "")

    def _send(self, packet: bytes) -> None:
        self._sock.sendall(struct.pack("!I", len(packet)) + packet)

    def _packet(self) -> tuple[bytes, bytes]:
        (size,) = struct.unpack("!I", self._read(4))
        octets = self._read(size)
        return octets[:1], octets[1:]

    def _read(self, size: int) -> bytes:
        octets = self._stream.read(size)
        if len(octets) < size:
            raise ConnectionError("the filter has hung up")
        return octets

    def close(self) -> None:
        """Say good-bye."""
        self._send(b"Q")
        self._stream.close()


@contextmanager
def talking(path: Path, client: str = "192.0.2.1", helo: str = "mail.sender.example") -> Iterator[Milter]:
    """A connection to the filter whose socket is ``path``. Not by TCP: libmilter would wait for each ACK (Nagle)."""
    with socket.socket(socket.AF_UNIX) as sock:  # noqa: TID251 - filters run where Postfix runs
        sock.settimeout(SECONDS)
        sock.connect(str(path))
        milter = Milter(sock, client, helo)
        yield milter
        milter.close()


def _steps(message: bytes, sender: str, recipient: str) -> Iterator[bytes]:
    header, _, body = message.partition(b"\r\n\r\n")
    yield b"M<" + sender.encode() + b">\0"
    yield b"R<" + recipient.encode() + b">\0"
    for field in re.split(rb"\r\n(?![ \t])", header.removesuffix(b"\r\n")):
        name, _, value = field.partition(b":")
        # Between server and filter a folded field has bare LFs.
        yield b"L" + name + b"\0" + value.replace(b"\r\n", b"\n") + b"\0"
    yield b"N"
    for start in range(0, len(body), BODY_AT_ONCE):
        yield b"B" + body[start : start + BODY_AT_ONCE]
