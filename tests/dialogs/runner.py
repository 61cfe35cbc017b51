"""How is a written SMTP conversation played: on the bare protocol in every cutting, and over a socket?

The files are those of ``written``, with two kinds of lines more:

    BODY: a\\r\\n                    the last message was this, octet for octet
    DEFECT: BARE_LINE_END           or it was spoilt

The policy is simple: senders and recipients ``@example.com`` are welcome, ``@refused.example`` are refused for good,
``@later.example`` for now, anything else is not ours; ``user`` signs in with ``pencil``.
"""

import ssl
from dataclasses import dataclass, replace
from pathlib import Path

from dialogs import written
from dialogs.written import Cutter, Exchange
from pillarbox.mail import reply as replies
from pillarbox.mail.address import Address
from pillarbox.mail.reply import Reply
from pillarbox.proto.sasl import MECHANISMS, CheckPassword, Failed, NeedVerifier
from pillarbox.proto.scram import decoy_verifier, derive_verifier
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.roles import Role
from pillarbox.proto.smtp.server import ServerConnection
from pillarbox.proto.smtp.settings import ServerSettings

FOLDER = Path(__file__).parent / "smtp"
NOW = 1_800_000_000.0
USER, PASSWORD = "user", "pencil"
NONCE = b"\x01" * 18
VERIFIER = derive_verifier(PASSWORD, b"\x02" * 16, 4096)


@dataclass
class Dialog:
    """A file, read."""

    name: str
    settings: ServerSettings
    exchanges: list[Exchange]
    after_tls: ServerSettings
    over_socket: bool


def files() -> list[Path]:
    """All dialogue files."""
    return sorted(FOLDER.glob("*.txt"))


def read(path: Path) -> Dialog:
    """The dialogue in ``path``."""
    found = written.read(path, "BODY", "DEFECT")
    settings = _settings(found.settings)
    after = replace(settings, starttls=False, auth=MECHANISMS) if settings.starttls else settings
    return Dialog(path.stem, settings, found.exchanges, after, found.over_socket)


def _settings(pairs: dict[str, str]) -> ServerSettings:
    settings = ServerSettings("mx.example.org", role=Role(pairs.pop("role", "mx")))
    for name, text in pairs.items():
        key = name.replace("-", "_")
        value: object = text
        if isinstance(old := getattr(settings, key), bool):
            value = text == "yes"
        elif isinstance(old, int):
            value = int(text)
        elif isinstance(old, tuple):
            value = tuple(text.split())
        settings = replace(settings, **{key: value})  # type: ignore[arg-type]
    return settings


class Server:
    """The bare protocol, with the simple policy at its other side."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self.connection = ServerConnection(dialog.settings, lambda: NOW)
        self.events: list[events.Event] = []
        self.output = ""
        self.bodies: list[events.Body] = []
        self._accepted = 0
        self._text = b""
        self.connection.greet()
        self._drain()

    def feed(self, octets: bytes) -> None:
        """What the client sent."""
        self.connection.receive_data(octets)
        self._drain()

    def handshake(self) -> None:
        """TLS is on now."""
        self.connection.update(self._dialog.after_tls)
        self.connection.start_tls_done()

    def _drain(self) -> None:
        while (event := self.connection.next_event()) is not None:
            self._note(event)
            if self.connection.awaiting_reply:
                self._answer(event)
        self.output += self.connection.take_output().decode()

    def _note(self, event: events.Event) -> None:
        """Keeps the event; the slices of a body become one, since only they depend on how octets were cut."""
        if not isinstance(event, events.Body):
            self.events.append(event)
            return
        self._text = b"" if event.defect else self._text + event.data
        if event.last:
            self.bodies.append(event._replace(data=self._text))
            self.events.append(self.bodies[-1])
            self._text = b""

    def _answer(self, event: events.Event) -> None:
        match event:
            case events.Auth(step=NeedVerifier(user)):
                self.connection.provide_verifier(VERIFIER if user == USER else decoy_verifier(user, b"s"), NONCE)
            case events.Body(defect=None) if self._dialog.settings.role is Role.LMTP:
                self.connection.reply_each([replies.OK] * self._accepted)
            case _:
                self.connection.reply(self._verdict(event))

    def _verdict(self, event: events.Event) -> Reply:
        match event:
            case events.Mail(envelope):
                self._accepted = 0
                return _welcome(envelope.sender, replies.SENDER_OK)
            case events.Rcpt(recipient):
                verdict = _welcome(recipient.address, replies.RECIPIENT_OK)
                self._accepted += verdict.is_positive
                return verdict
            case events.DataRequested():
                return replies.START_INPUT
            case events.Auth(step=CheckPassword(user, password)):
                return replies.AUTHENTICATED if (user, password) == (USER, PASSWORD) else replies.AUTH_FAILED
            case events.Auth(step=Failed()):
                return replies.AUTH_FAILED
            case events.AuthDone():
                return replies.AUTHENTICATED
            case events.Body(defect=defect) if defect is not None:
                return defect.reply
            case _:
                return replies.OK


def _welcome(address: Address | None, yes: Reply) -> Reply:
    if address is None or address.domain in {"example.com", "bücher.example", ""}:
        return yes
    return {"refused.example": replies.NO_SUCH_USER, "later.example": replies.MAILBOX_FULL}.get(
        address.domain, replies.RELAY_DENIED
    )


def play(dialog: Dialog) -> Server:
    """Plays in step, and checks each answer."""
    server = Server(dialog)
    said = 0
    for exchange in dialog.exchanges:
        server.feed(exchange.sent)
        exchange.compare(server.output[said:])
        said = len(server.output)
        _check(server, exchange)
    return server


def _check(server: Server, exchange: Exchange) -> None:
    for kind, text in exchange.checks:
        if kind == "BODY":
            assert server.bodies[-1].defect is None
            assert server.bodies[-1].data == written.octets(text)
        elif kind == "DEFECT":
            assert server.bodies[-1].defect is events.Defect[text]
        elif kind == "CLOSED":
            assert server.connection.closing
        else:
            server.handshake()


def play_cut(dialog: Dialog, cut: Cutter) -> Server:
    """Plays with all that may come together in one piece, cut by ``cut``; its answers are not checked."""
    server = Server(dialog)
    written.feed_cut(server, dialog.exchanges, cut)
    return server


async def play_over_socket(
    path: Path, host: str, port: int, tls: ssl.SSLContext | None = None, patience: float = 10.0
) -> None:
    """Plays the dialogue in ``path`` with the server at ``host`` and ``port``, in step.

    The server needs the settings of the file and the simple policy; ``tls`` is for files in which TLS is started.
    AssertionError says what was answered wrongly.
    """
    await written.play_over_socket(read(path).exchanges, host, port, tls, patience)
