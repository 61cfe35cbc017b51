"""How is a written POP3 conversation played: on the bare protocol in every cutting, and over a socket?

The files are those of ``dialogs.written``, with ``DELETED: 1 3`` for what QUIT removed.

The policy is simple: ``user`` signs in with ``pencil`` and finds MESSAGES, of which the last is gone when it is asked
for; ``busy`` has the inbox open elsewhere; all others are wrong.
"""

import ssl
from array import array
from dataclasses import dataclass, replace
from pathlib import Path

from dialogs import written
from dialogs.runner import NONCE, VERIFIER
from dialogs.written import Cutter, Exchange
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
    found = written.read(path, "DELETED")
    settings = ServerSettings("mx.example.org", auth=MECHANISMS)
    for name, text in found.settings.items():
        settings = replace(settings, **{name.replace("-", "_"): _value(text)})  # type: ignore[arg-type]
    return Dialog(path.stem, settings, found.exchanges, found.over_socket)


def _value(text: str) -> bool | int | tuple[str, ...]:
    if text in {"yes", "no"}:
        return text == "yes"
    return int(text) if text.isdigit() else tuple(text.replace("none", "").split())


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
        exchange.compare(server.output[said:].decode())
        said = len(server.output)
        for kind, text in exchange.checks:
            if kind == "DELETED":
                assert server.deleted == [int(number) for number in text.split()]
            elif kind == "CLOSED":
                assert server.connection.closing
            else:
                server.handshake()
    return server


def play_cut(dialog: Dialog, cut: Cutter) -> Server:
    """Plays with all that may come together in one piece, cut by ``cut``."""
    server = Server(dialog)
    written.feed_cut(server, dialog.exchanges, cut)
    return server


async def play_over_socket(
    dialog: Dialog, host: str, port: int, tls: ssl.SSLContext | None = None, patience: float = 10.0
) -> None:
    """Plays ``dialog`` with the server at ``host`` and ``port``, in step; ``tls`` for where STLS comes."""
    await written.play_over_socket(dialog.exchanges, host, port, tls, patience)
