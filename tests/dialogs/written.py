"""What does a written conversation say, and how are its octets cut and sent? The same for every protocol of lines.

A dialogue file has settings, a blank line, and the conversation:

    starttls: yes

    S: 220 ... ESMTP ...            what the server says; ``...`` stands for anything in a line,
    S: ...                          alone for any lines
    C: EHLO client.example          what the client says, with CRLF
    C-RAW: a\\r\\n.\\r\\n             octets with Python's escapes
    TLS                             here the handshake takes place
    CLOSED                          the server hangs up
    # ...                           a remark

and lines that a protocol has of its own, for what else must be true at that point.
"""

import asyncio
import random
import re
import ssl
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, Protocol

Cutter = Callable[[bytes], Iterable[bytes]]


@dataclass
class Exchange:
    """What the client sends at once, what the server must answer to it, and what must be true then."""

    sent: bytes = b""
    expected: list[str] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)

    def compare(self, answer: str) -> None:
        """AssertionError unless ``answer`` is what is expected."""
        wanted = "\n".join(self.expected)
        assert _pattern(self.expected).fullmatch(answer), f"to {self.sent!r}:\n{answer}\nwanted:\n{wanted}"


class Written(NamedTuple):
    """A file, read. ``over_socket``: it can be played with a real server."""

    settings: dict[str, str]
    exchanges: list[Exchange]
    over_socket: bool


class Side(Protocol):
    """A server that is played with."""

    def feed(self, octets: bytes) -> None:
        """What the client sent."""

    def handshake(self) -> None:
        """TLS is on now."""


def read(path: Path, *checks: str) -> Written:
    """The dialogue in ``path``, which may have lines of the kinds ``checks`` too."""
    head, _, talk = path.read_text("utf-8").partition("\n\n")
    settings = dict(line.split(": ", 1) for line in head.splitlines() if line and not line.startswith("#"))
    over_socket = settings.pop("over-socket", "yes") == "yes"
    return Written(settings, list(_exchanges(talk, {"TLS", "CLOSED", *checks})), over_socket)


def _exchanges(talk: str, checks: set[str]) -> Iterator[Exchange]:
    current = Exchange()
    for line in talk.splitlines():
        kind, _, text = line.partition(": ") if not line.startswith("C:") else ("C", "", line[3:])
        if kind in {"C", "C-RAW"}:
            if current.expected or current.checks:
                yield current
                current = Exchange()
            current.sent += text.encode() + b"\r\n" if kind == "C" else octets(text)
        elif kind == "S":
            current.expected.append(text)
        elif kind in checks:
            current.checks.append((kind, text))
        elif line and not line.startswith("#"):
            raise ValueError(f"what is this line: {line!r}")
    yield current


def octets(text: str) -> bytes:
    """What is written with Python's escapes."""
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")


def _pattern(expected: Iterable[str]) -> re.Pattern[str]:
    parts = []
    for line in expected:
        anything = r"[^\r\n]*".join(map(re.escape, line.split("...")))
        parts.append(r"(?:[^\r\n]*\r\n)*?" if line == "..." else anything + r"\r\n")
    return re.compile("".join(parts))


def feed_cut(server: Side, exchanges: Sequence[Exchange], cut: Cutter) -> None:
    """Sends all that may come together in one piece, cut by ``cut``."""
    waiting = b""
    for exchange in exchanges:
        waiting += exchange.sent
        if ("TLS", "") in exchange.checks:
            for piece in cut(waiting):
                server.feed(piece)
            waiting = b""
            server.handshake()
    for piece in cut(waiting):
        server.feed(piece)


def all_at_once(octets: bytes) -> Iterable[bytes]:
    """No cut."""
    return (octets,)


def byte_by_byte(octets: bytes) -> Iterable[bytes]:
    """Every cut."""
    return (octets[n : n + 1] for n in range(len(octets)))


def at_random(seed: int) -> Cutter:
    """Some cuts, the same for the same ``seed``."""

    def cut(octets: bytes) -> Iterable[bytes]:
        dice = random.Random(seed)
        start = 0
        while start < len(octets):
            size = dice.choice((1, 2, 3, 5, 8, 40, 300))
            yield octets[start : start + size]
            start += size

    return cut


async def play_over_socket(
    exchanges: Sequence[Exchange], host: str, port: int, tls: ssl.SSLContext | None = None, patience: float = 10.0
) -> None:
    """Plays in step with the server at ``host`` and ``port``; ``tls`` is for where TLS is started.

    AssertionError says what was answered wrongly.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for exchange in exchanges:
            writer.write(exchange.sent)
            exchange.compare(await asyncio.wait_for(_answer(reader, _pattern(exchange.expected)), patience))
            if ("TLS", "") in exchange.checks:
                assert tls is not None
                await writer.start_tls(tls, server_hostname=host)
            if ("CLOSED", "") in exchange.checks:
                assert await asyncio.wait_for(reader.read(), patience) == b""
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, wanted: re.Pattern[str]) -> str:
    """The server's lines, until they fit or the connection ends."""
    answer = ""
    while not wanted.fullmatch(answer):
        line = await reader.readline()
        if not line:
            break
        answer += line.decode()
    return answer
