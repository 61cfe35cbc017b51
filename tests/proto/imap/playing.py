"""How is a written IMAP conversation played: on the bare protocol in every cutting, and over a socket?

The files are those of ``dialogs.written``, with two kinds of lines more:

    ASKED: Fetch(uid=True, ...)     the last command was this, as Python shows it; ``...`` stands for anything
    MESSAGE: a\\r\\n                 the last message of an APPEND was this, octet for octet

Those in ``bare`` need nothing but this simple policy: ``user`` signs in with ``pencil``, all others are wrong; every
command is done, with no untagged answer but what the conversation itself gives; mailboxes named ``Nowhere`` are not
there, an URL with ``gone`` leads nowhere, and a message of no octets is called off.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path

from dialogs import written
from dialogs.runner import NONCE, VERIFIER
from dialogs.written import Cutter, Exchange
from pillarbox.proto.imap import commands, events
from pillarbox.proto.imap.completion import Completion, no, ok
from pillarbox.proto.imap.server import Offers, ServerConnection, ServerSettings
from pillarbox.proto.sasl import MECHANISMS, CheckPassword, NeedVerifier
from pillarbox.proto.scram import decoy_verifier

FOLDER = Path(__file__).parents[2] / "dialogs" / "imap"
USER, PASSWORD = "user", "pencil"
_NO_MAILBOX = no("There is no such mailbox", "TRYCREATE")


@dataclass
class Dialog:
    """A file, read."""

    name: str
    settings: ServerSettings
    exchanges: list[Exchange]

    @property
    def after_tls(self) -> ServerSettings:
        """What is offered when TLS is up."""
        return replace(self.settings, offers=Offers(mechanisms=MECHANISMS))


def files(folder: str = "bare") -> list[Path]:
    """All dialogue files of a kind."""
    return sorted((FOLDER / folder).glob("*.txt"))


def read(path: Path) -> Dialog:
    """The dialogue in ``path``."""
    found = written.read(path, "ASKED", "MESSAGE")
    pairs = dict(found.settings)
    starttls = pairs.pop("starttls", "no") == "yes"
    safe = pairs.pop("safe", "yes") == "yes"
    offers = Offers(starttls, MECHANISMS if safe else (), not safe)
    settings = ServerSettings("mx.example.org", offers)
    for name, text in pairs.items():
        value = int(text) if text.isdigit() else frozenset(text.split())
        settings = replace(settings, **{name.replace("-", "_"): value})  # type: ignore[arg-type]
    return Dialog(path.stem, settings, found.exchanges)


class Server:
    """The bare protocol, with the simple policy at its other side."""

    def __init__(self, dialog: Dialog) -> None:
        self._dialog = dialog
        self.connection = ServerConnection(dialog.settings)
        self.events: list[events.Event] = []
        self.output = b""
        self.messages: list[bytes] = []
        self._text = b""
        self.connection.greet()
        self._drain()

    def feed(self, octets: bytes) -> None:
        """What the client sent."""
        self.connection.receive_data(octets)
        self._drain()

    @property
    def in_tls(self) -> bool:
        """STARTTLS was the last thing that happened."""
        return bool(self.events) and isinstance(self.events[-1], events.StartTls)

    def handshake(self) -> None:
        """TLS is on now."""
        self.connection.update(self._dialog.after_tls)
        self.connection.start_tls_done()

    def asked(self) -> str:
        """The last command, as Python shows it."""
        return next(repr(event.command) for event in reversed(self.events) if isinstance(event, events.Asked))

    def _drain(self) -> None:
        connection = self.connection
        while (event := connection.next_event()) is not None:
            if isinstance(event, events.MessageData):
                # How a message was cut is the only thing that cutting may change.
                self._text += event.data
                continue
            self.events.append(event)
            if isinstance(event, events.MessageEnd):
                self.messages.append(self._text)
            if connection.awaiting_answer:
                self._answer(event)
        self.output += connection.take_output()

    def _answer(self, event: events.Event) -> None:
        connection = self.connection
        match event:
            case events.Auth(step=NeedVerifier(user)):
                connection.provide_verifier(VERIFIER if user == USER else decoy_verifier(user, b"s"), NONCE)
            case events.Auth(step=CheckPassword(user, password)) if (user, password) == (USER, PASSWORD):
                connection.signed_in()
            case events.AuthDone():
                connection.signed_in()
            case events.Auth():
                connection.auth_refused(no("The name or the password is wrong", "AUTHENTICATIONFAILED"))
            case events.Asked(command=command):
                self._obey(command)
            case events.IdleDone() | events.AppendEnd():
                connection.complete(ok("Done"))
            case _:
                self._take_in(event)

    def _take_in(self, event: events.Event) -> None:
        self._text = b"" if isinstance(event, events.MessageBegin) else self._text
        match event:
            case events.AppendBegin(mailbox="Nowhere"):
                self.connection.complete(_NO_MAILBOX)
            case events.MessageBegin(size=0):
                self.connection.complete(no("Called off"))
            case events.MessageUrl(url) if "gone" in url:
                self.connection.complete(no("There is no such message", f'BADURL "{url}"'))
            case _:
                self.connection.go_on()

    def _obey(self, command: commands.Command) -> None:
        connection = self.connection
        completion = self._verdict(command)
        if isinstance(command, commands.Capability):
            connection.untagged(f"* CAPABILITY {' '.join(connection.capabilities())}\r\n".encode())
        elif isinstance(command, commands.Select):
            connection.selected(completion.status == "OK")
        elif isinstance(command, commands.Close):
            connection.selected(False)
        connection.complete(completion)
        if isinstance(command, commands.Unauthenticate):
            connection.unauthenticated()
        elif isinstance(command, commands.Compress):
            connection.compress()

    def _verdict(self, command: commands.Command) -> Completion:
        if getattr(command, "mailbox", "") == "Nowhere":
            return _NO_MAILBOX
        return ok("Done")


def play(dialog: Dialog) -> Server:
    """Plays in step, and checks each answer."""
    server = Server(dialog)
    said = 0
    for exchange in dialog.exchanges:
        server.feed(exchange.sent)
        exchange.compare(server.output[said:].decode())
        said = len(server.output)
        for kind, text in exchange.checks:
            _check(server, kind, text)
    return server


def _check(server: Server, kind: str, text: str) -> None:
    if kind == "ASKED":
        pattern = ".*".join(map(re.escape, text.split("...")))
        assert re.fullmatch(pattern, server.asked()), server.asked()
    elif kind == "MESSAGE":
        assert server.messages[-1] == written.octets(text)
    elif kind == "CLOSED":
        assert server.connection.closing
    else:
        server.handshake()


def play_cut(dialog: Dialog, cut: Cutter) -> Server:
    """Plays with all that may come together in one piece, cut by ``cut``."""
    server = Server(dialog)
    written.feed_cut(server, dialog.exchanges, cut)
    return server
