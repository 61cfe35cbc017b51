"""How is a written POP3 conversation played: on the bare protocol in every cutting, and over a socket?

The files are like those of SMTP (see dialogs/runner.py): settings, a blank line, then ``S:``, ``C:`` and ``C-RAW:``
lines, ``TLS`` where the handshake takes place, ``DELETED: 1 3`` for what QUIT removed, ``CLOSED``, and ``#`` remarks.

The policy is simple: ``user`` signs in with ``pencil`` and finds MESSAGES, of which the last is gone when it is asked
for; ``busy`` has the inbox open elsewhere; all others are wrong.
"""

import asyncio
import ssl
from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialogs.runner import NONCE, VERIFIER, Cutter, pattern
from pillarbox.proto.pop3 import events, replies
from pillarbox.proto.pop3.server import ServerConnection, ServerSettings
from pillarbox.proto.sasl import MECHANISMS, CheckPassword, NeedVerifier
from pillarbox.proto.scram import decoy_verifier

FOLDER = Path(__file__).parents[2] / "dialogs" / "pop3"
USER, PASSWORD = "user", "pencil"
MESSAGES = (
    b"Subject: one\r\n\r\nline 1\r\n.line 2\r\n..\r\nline 4\r\n",
    b"Subject: two\r\n\r\nno end of line",
    b"Subject: three\r\nTo: you\r\n\r\n",
    b"\r\n.\r\n",
    b"Subject: five\r\n\r\nsomebody else removes this one\r\n",
)


class Messages:
    """A drop of MESSAGES."""

    sizes = array("Q", [len(message) for message in MESSAGES])

    def unique_id(self, number: int) -> str:
        """A letter for each."""
        return "abcde"[number - 1]


@dataclass
class Exchange:
    """What the client sends at once, and what the server must answer to it."""

    sent: bytes = b""
    expected: list[str] = field(default_factory=list)
    checks: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class Dialog:
    """A file, read. ``over_socket``: it needs nothing but the simple policy's real accounts."""

    name: str
    settings: ServerSettings
    exchanges: list[Exchange]
    over_socket: bool

    @property
    def after_tls(self) -> ServerSettings:
        """What is offered when TLS is up."""
        return replace(self.settings, stls=False, user=True, auth=MECHANISMS)


def files() -> list[Path]:
    """All dialogue files."""
    return sorted(FOLDER.glob("*.txt"))


def read(path: Path) -> Dialog:
    """The dialogue in ``path``."""
    head, _, talk = path.read_text("utf-8").partition("\n\n")
    pairs = dict(line.split(": ", 1) for line in head.splitlines() if line and not line.startswith("#"))
    over_socket = pairs.pop("over-socket", "yes") == "yes"
    settings = ServerSettings("mx.example.org", auth=MECHANISMS)
    for name, text in pairs.items():
        settings = replace(settings, **{name.replace("-", "_"): _value(text)})  # type: ignore[arg-type]
    return Dialog(path.stem, settings, list(_exchanges(talk)), over_socket)


def _value(text: str) -> bool | int | tuple[str, ...]:
    if text in {"yes", "no"}:
        return text == "yes"
    return int(text) if text.isdigit() else tuple(text.replace("none", "").split())


def _exchanges(talk: str) -> Iterator[Exchange]:
    current = Exchange()
    for line in talk.splitlines():
        kind, _, text = line.partition(": ")
        if kind in {"C", "C-RAW"}:
            if current.expected or current.checks:
                yield current
                current = Exchange()
            current.sent += text.encode() + b"\r\n" if kind == "C" else _octets(text)
        elif kind == "S":
            current.expected.append(text)
        elif kind in {"DELETED", "TLS", "CLOSED"}:
            current.checks.append((kind, text))
        elif line and not line.startswith("#"):
            raise ValueError(f"what is this line: {line!r}")
    yield current


def _octets(text: str) -> bytes:
    return text.encode("latin-1", "backslashreplace").decode("unicode_escape").encode("latin-1")


class Server:
    """The bare protocol, with the simple policy at its other side."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self.connection = ServerConnection(dialog.settings)
        self.events: list[events.Event] = []
        self.output = b""
        self.deleted: list[int] = []
        self.connection.greet()
        self._drain()

    def feed(self, octets: bytes) -> None:
        """What the client sent."""
        self.connection.receive_data(octets)
        self._drain()

    @property
    def in_tls(self) -> bool:
        """STLS was the last thing that happened."""
        return bool(self.events) and isinstance(self.events[-1], events.StartTls)

    def handshake(self) -> None:
        """TLS is on now."""
        self.connection.update(self._dialog.after_tls)
        self.connection.start_tls_done()

    def _drain(self) -> None:
        connection = self.connection
        while True:
            event = connection.next_event()
            output = connection.take_output()
            self.output += output
            if event is not None:
                self.events.append(event)
                if connection.awaiting_reply:
                    self._answer(event)
            elif not output:
                return

    def _answer(self, event: events.Event) -> None:
        match event:
            case events.Auth(step=NeedVerifier(user)):
                self.connection.provide_verifier(VERIFIER if user == USER else decoy_verifier(user, b"s"), NONCE)
            case events.Auth(step=CheckPassword(user, password)) if (user, password) == (USER, PASSWORD):
                self.connection.signed_in(Messages())
            case events.Auth(step=CheckPassword("busy", _)):
                self.connection.reply(replies.IN_USE)
            case events.AuthDone():
                self.connection.signed_in(Messages())
            case events.Retrieve(number):
                self._send(number)
            case events.Update(deleted):
                self.deleted = deleted
                self.connection.reply(replies.BYE)
            case _:
                self.connection.reply(replies.AUTH_FAILED)

    def _send(self, number: int) -> None:
        if number == len(MESSAGES):
            self.connection.reply(replies.MESSAGE_GONE)
            return
        message = MESSAGES[number - 1]
        self.connection.begin_message()
        for start in range(0, len(message), 7):
            if self.connection.message_wanted:
                self.connection.message_data(message[start : start + 7])
        self.connection.message_end()


def play(dialog: Dialog) -> Server:
    """Plays in step, and checks each answer."""
    server = Server(dialog)
    said = 0
    for exchange in dialog.exchanges:
        server.feed(exchange.sent)
        answer, said = server.output[said:].decode(), len(server.output)
        _compare(exchange, answer)
        for kind, text in exchange.checks:
            if kind == "DELETED":
                assert server.deleted == [int(number) for number in text.split()]
            elif kind == "CLOSED":
                assert server.connection.closing
            else:
                server.handshake()
    return server


def _compare(exchange: Exchange, answer: str) -> None:
    wanted = "\n".join(exchange.expected)
    assert pattern(exchange.expected).fullmatch(answer), f"to {exchange.sent!r}:\n{answer}\nwanted:\n{wanted}"


def play_cut(dialog: Dialog, cut: Cutter) -> Server:
    """Plays with all that may come together in one piece, cut by ``cut``."""
    server = Server(dialog)
    waiting = b""
    for exchange in dialog.exchanges:
        waiting += exchange.sent
        if ("TLS", "") in exchange.checks:
            for piece in cut(waiting):
                server.feed(piece)
            waiting = b""
            server.handshake()
    for piece in cut(waiting):
        server.feed(piece)
    return server


async def play_over_socket(
    dialog: Dialog, host: str, port: int, tls: ssl.SSLContext | None = None, patience: float = 10.0
) -> None:
    """Plays ``dialog`` with the server at ``host`` and ``port``, in step; ``tls`` for where STLS comes."""
    reader, writer = await asyncio.open_connection(host, port)
    try:
        for exchange in dialog.exchanges:
            writer.write(exchange.sent)
            _compare(exchange, await asyncio.wait_for(_lines(reader, exchange), patience))
            if ("TLS", "") in exchange.checks:
                assert tls is not None
                await writer.start_tls(tls, server_hostname=host)
            if ("CLOSED", "") in exchange.checks:
                assert await asyncio.wait_for(reader.read(), patience) == b""
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _lines(reader: asyncio.StreamReader, exchange: Exchange) -> str:
    """The server's lines, until they fit or the connection ends."""
    wanted = pattern(exchange.expected)
    answer = ""
    while not wanted.fullmatch(answer):
        line = await reader.readline()
        if not line:
            break
        answer += line.decode()
    return answer
