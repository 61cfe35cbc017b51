"""How does a server converse in IMAP? RFC 9051. Octets in, events out; answers in, octets out.

    connection.receive_data(octets)
    while True:
        event = connection.next_event()
        output = connection.take_output()       # no event and "": nothing to do until octets come
        ...                                     # owed events: complete, go_on, signed_in, …, now or later

It does no I/O, knows no time, and gives the same events however the octets were cut.

The messages of APPEND come as AppendBegin, then for each MessageBegin, MessageData …, MessageEnd, then AppendEnd. A
ProtocolError among them says that the command was wrong and is answered: nothing of it is to be kept. So does the door
by ``complete`` at any of its events: the rest of the command is dropped. A message of 0 octets is the client's way to
call it off (RFC 3502 §6.3.11).
"""

from pillarbox.proto.scram import ScramVerifier

from . import appending, obeying, reading
from .capabilities import after_login, before_login
from .commands import Logout
from .completion import Completion, ok
from .events import AppendBegin, Asked, Event, MessageBegin, MessageUrl
from .settings import Offers, ServerSettings
from .states import State
from .talk import Talk

__all__ = ["Offers", "ServerConnection", "ServerSettings", "State"]


class ServerConnection:
    """One conversation, from the greeting to LOGOUT."""

    __slots__ = ("_talk",)

    def __init__(self, settings: ServerSettings) -> None:
        self._talk = Talk(settings, reading.nothing, obeying.obey)

    # --- the life of a conversation ---

    def greet(self) -> None:
        """Queues the greeting; until then nothing that came is looked at."""
        talk = self._talk
        talk.put(talk.greeting())
        talk.state = State.NOT_AUTHENTICATED
        talk.step = reading.command

    def refuse(self, text: str) -> None:
        """Queues BYE, whatever goes on, and closes: instead of the greeting, or when there must be an end."""
        self._talk.hang_up(text, text)

    def close(self) -> None:
        """Nothing more is read; what is queued is still to be flushed."""
        self._talk.close("closed")

    def update(self, settings: ServerSettings) -> None:
        """Goes on with other offers or bounds."""
        self._talk.settings = settings

    def start_tls_done(self) -> None:
        """The handshake succeeded: all that was said before is void (RFC 9051 §6.2.1)."""
        self._talk.input.clear()
        self._talk.step = reading.command

    def receive_data(self, data: bytes) -> None:
        """Takes in what came; ``next_event`` makes sense of it."""
        talk = self._talk
        if talk.state is State.LOGOUT or (talk.step is reading.nothing and talk.state is not State.SILENT):
            return
        talk.input.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when octets are needed, or an answer is owed, or all is over."""
        talk = self._talk
        while talk.owed is None:
            outcome = reading.advance(talk)
            if outcome is False:
                return None
            if outcome is not True:
                return outcome
        return None

    def take_output(self) -> bytes:
        """What is to be written; it is forgotten here."""
        return self._talk.output.take()

    # --- answers ---

    def untagged(self, data: bytes) -> None:
        """Says ``data``: whole lines, or the pieces of such."""
        self._talk.put(data)

    def complete(self, completion: Completion) -> None:
        """The tagged answer to the command in hand. In the middle of an APPEND, the rest of which is dropped."""
        talk = self._talk
        owed, talk.owed = talk.owed, None
        if talk.state is State.LOGOUT:
            return
        if not talk.tag:
            raise RuntimeError("no answer is owed")
        talk.answer(completion)
        if isinstance(owed, Asked) and isinstance(owed.command, Logout):
            talk.close("logout")
            return
        # When IDLE is answered before the client said DONE, that will still come.
        talk.stray_done, talk.idling = talk.idling, False
        reading.finish(talk)

    def go_on(self) -> None:
        """The answer to AppendBegin, MessageBegin and MessageUrl: it is welcome."""
        talk = self._talk
        owed, talk.owed = talk.owed, None
        match owed:
            case AppendBegin():
                talk.step = appending.message
            case MessageBegin():
                appending.proceed(talk, owed)
            case MessageUrl():
                talk.step = appending.part
            case _:
                talk.owed = owed
                raise RuntimeError("nothing waits to go on")

    def provide_verifier(self, verifier: ScramVerifier | None, nonce: bytes) -> None:
        """The answer to an Auth with NeedVerifier. ``nonce`` is random; for unknown users a ``decoy_verifier``."""
        talk = self._talk
        assert talk.signing_in is not None
        talk.owed = None
        obeying.told(talk, talk.signing_in.provide(verifier, nonce))

    def auth_refused(self, completion: Completion) -> None:
        """The answer to Auth or AuthDone: no. Too often, and the conversation ends."""
        talk = self._talk
        talk.signing_in = None
        self.complete(completion)
        talk.failures += 1
        if talk.failures >= talk.settings.login_failures:
            talk.hang_up("Too many sign-ins that failed", "too many failed sign-ins")

    def signed_in(self) -> None:
        """The answer to Auth or AuthDone: welcome."""
        talk = self._talk
        talk.signing_in = None
        talk.state = State.AUTHENTICATED
        talk.mistakes = 0
        # RFC 9051 §6.2.2: the capabilities are others now; said at once they need not be asked for.
        self.complete(ok("Welcome", f"CAPABILITY {' '.join(self.capabilities())}"))

    # --- the session ---

    def selected(self, on: bool) -> None:
        """A mailbox is selected from now on, or none any more."""
        self._talk.state = State.SELECTED if on else State.AUTHENTICATED

    def enable(self, name: str) -> bool:
        """Switches on what a command implies, as CONDSTORE by FETCH MODSEQ (RFC 7162 §3.1); whether that is new."""
        enabled = self._talk.enabled
        new = name not in enabled
        enabled.add(name)
        return new

    def compress(self) -> None:
        """Behind the OK of COMPRESS: both streams are deflate streams now."""
        self._talk.output.compress()
        self._talk.input.decompress()

    def unauthenticated(self) -> None:
        """Behind the OK of UNAUTHENTICATE: nobody is signed in any more, nothing is enabled, nothing compressed; TLS
        stays (RFC 8437 §4.1)."""
        talk = self._talk
        talk.output.plain()
        talk.input.plain()
        talk.state = State.NOT_AUTHENTICATED
        talk.enabled.clear()
        talk.commands = 0

    def capabilities(self) -> list[str]:
        """What CAPABILITY answers now."""
        talk = self._talk
        return after_login(talk.settings, talk.output.compressed) if talk.signed_in else before_login(talk.settings)

    # --- where it stands ---

    @property
    def state(self) -> State:
        """Of the four states of RFC 9051 §3."""
        return self._talk.state

    @property
    def enabled(self) -> set[str]:
        """What is enabled, in upper case."""
        return self._talk.enabled

    @property
    def tag(self) -> str:
        """The tag of the command in hand, "" when there is none."""
        return self._talk.tag

    @property
    def idling(self) -> bool:
        """Whether the client is in IDLE."""
        return self._talk.idling

    @property
    def compressed(self) -> bool:
        """Whether COMPRESS is on."""
        return self._talk.output.compressed

    @property
    def closing(self) -> bool:
        """Hang up once the output is flushed."""
        return self._talk.state is State.LOGOUT

    @property
    def awaiting_answer(self) -> bool:
        """Whether the event given last is owed an answer."""
        return self._talk.owed is not None

    @property
    def buffered(self) -> int:
        """Octets that came and are not understood yet."""
        return len(self._talk.input) + len(self._talk.command)
