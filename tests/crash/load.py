"""Clients that keep a server busy and write down what it promised."""

import asyncio
import base64
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from crash.messages import compose, stuffed
from peers.process import Endpoint


@dataclass(frozen=True, slots=True)
class Target:
    """Where a client sends: through ``endpoint``, to ``recipients``; ``login`` is (name, password) or None."""

    endpoint: Endpoint
    recipients: tuple[str, ...]
    login: tuple[str, str] | None = None
    sender: str = "client@load.test"


@dataclass(slots=True)
class Ledger:
    """What the clients know. A number is ``promised`` when its 250 was read, ``open`` when it was sent and no reply
    came, ``refused`` when the reply was no 250; ``replies`` counts the refusals by their text."""

    promised: dict[int, tuple[str, ...]] = field(default_factory=dict)
    open: dict[int, tuple[str, ...]] = field(default_factory=dict)
    refused: dict[int, str] = field(default_factory=dict)

    def refusals(self) -> set[str]:
        """The different refusals that were seen."""
        return set(self.refused.values())


class Refused(Exception):
    """The server answered, and the answer was no."""


async def client(target: Target, numbers: Iterator[int], ledger: Ledger, halt: asyncio.Event | None = None) -> None:
    """Send one message after another over one connection, until it breaks or ``halt`` is set. Never raises for what
    the server does: the ledger has it."""
    try:
        reader, writer = await asyncio.open_connection(*target.endpoint)
    except OSError:
        return
    try:
        await _sign_in(reader, writer, target)
        while halt is None or not halt.is_set():
            await _send(reader, writer, target, next(numbers), ledger)
        writer.write(b"QUIT\r\n")
        await reader.readline()
    except (OSError, EOFError, Refused):
        pass  # the server went away, or wants no more: what it owes is in the ledger
    finally:
        writer.close()


async def crowd(targets: Sequence[Target], numbers: Iterator[int], ledger: Ledger, halt: asyncio.Event) -> None:
    """All of ``targets`` at once, each with a client that comes back when its connection ends, until ``halt``."""

    async def stay(target: Target) -> None:
        while not halt.is_set():
            await client(target, numbers, ledger, halt)

    await asyncio.gather(*(stay(target) for target in targets))


async def _sign_in(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target) -> None:
    await _reply(reader, b"2")
    writer.write(b"EHLO load.test\r\n")
    await _reply(reader, b"2")
    if target.login is not None:
        token = base64.b64encode("\0".join(("", *target.login)).encode())
        writer.write(b"AUTH PLAIN " + token + b"\r\n")
        await _reply(reader, b"2")


async def _send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: Target, number: int, ledger: Ledger
) -> None:
    """One transaction, pipelined (RFC 2920) up to DATA."""
    paths = b"".join(b"RCPT TO:<%s>\r\n" % recipient.encode() for recipient in target.recipients)
    writer.write(b"MAIL FROM:<%s> BODY=8BITMIME\r\n" % target.sender.encode() + paths + b"DATA\r\n")
    replies = [await _line(reader) for _ in range(len(target.recipients) + 2)]
    if not replies[-1].startswith(b"354"):
        ledger.refused[number] = next(reply for reply in replies if reply[:1] in b"45").decode()
        if replies[-1].startswith(b"421"):
            raise Refused(replies[-1])
        writer.write(b"RSET\r\n")
        await _reply(reader, b"2")
        return
    ledger.open[number] = target.recipients
    writer.write(stuffed(compose(number, target.sender)))
    final = await _line(reader)
    del ledger.open[number]
    if final.startswith(b"250"):
        ledger.promised[number] = target.recipients
    else:
        ledger.refused[number] = final.decode()


async def _line(reader: asyncio.StreamReader) -> bytes:
    """The last line of one reply; EOFError when the connection ends first."""
    while True:
        line = await reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        if line[3:4] != b"-":
            return line.rstrip()


async def _reply(reader: asyncio.StreamReader, wanted: bytes) -> None:
    line = await _line(reader)
    if not line.startswith(wanted):
        raise Refused(line)
