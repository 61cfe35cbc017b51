"""How does a server converse in SMTP and LMTP? RFC 5321, RFC 2033. Octets in, events out; replies in, octets out.

    connection.greet()
    connection.receive_data(octets)
    while (event := connection.next_event()) is not None:
        ...                                 # an event that is owed an answer: connection.reply(...), now or later
    transport.write(connection.take_output())

It does no I/O, knows no time but what it is handed, and gives the same events however the octets were cut.
"""

from collections.abc import Callable, Sequence

from pillarbox.mail.reply import Reply
from pillarbox.proto.sasl_lines import Ask
from pillarbox.proto.scram import ScramVerifier

from .answers import ANSWERS, answer_body, copies
from .events import Event
from .reading import STEPS
from .roles import Role
from .session import Session
from .settings import ServerSettings
from .states import State

__all__ = ["Role", "ServerConnection", "ServerSettings"]


class ServerConnection:
    """One conversation, from the greeting to QUIT.

    ``now`` gives POSIX seconds and is asked only for FUTURERELEASE, which is not offered without it.
    """

    __slots__ = ("_session",)

    def __init__(self, settings: ServerSettings, now: Callable[[], float] | None = None) -> None:
        self._session = Session(settings, now)

    def greet(self) -> None:
        """Queues the banner; until then nothing that came is looked at."""
        self._session.greet()

    def refuse(self, reply: Reply) -> None:
        """Queues ``reply``, whatever goes on, and closes: instead of the banner, or when time is up."""
        self._session.leave(reply)

    def close(self) -> None:
        """Nothing more is read; what is queued is still to be flushed."""
        self._session.close()

    def update(self, settings: ServerSettings) -> None:
        """Goes on with other offers or bounds."""
        self._session.settings = settings

    def start_tls_done(self) -> None:
        """The handshake succeeded: all that was said before is void (RFC 3207 §4.2)."""
        self._session.restart()

    def receive_data(self, data: bytes) -> None:
        """Takes in what came; ``next_event`` makes sense of it."""
        session = self._session
        if session.state is not State.CLOSED and session.state is not State.TLS:
            session.input.feed(data)

    def next_event(self) -> Event | None:
        """The next event; None when more octets are needed, or an answer is owed, or all is over."""
        session = self._session
        while session.owed is None:
            event = STEPS[session.state](session)
            if event is False:
                return None
            if event is not True:
                return event
        return None

    def reply(self, reply: Reply) -> None:
        """The answer to the event that is owed one; RuntimeError when none is. A 421 closes.

        In LMTP the answer to a message goes out once per recipient.
        """
        event = self._take_owed()
        ANSWERS[type(event)](self._session, event, reply)
        if reply.code == 421:
            self._session.close()

    def reply_each(self, replies: Sequence[Reply]) -> None:
        """The answers to an LMTP message, one per accepted recipient in their order (RFC 2033 §4.2)."""
        event = self._take_owed()
        session = self._session
        if len(replies) != session.tally.accepted:
            raise RuntimeError(f"{session.tally.accepted} recipients were accepted, {len(replies)} answers given")
        answer_body(session, event, replies[: copies(session)])

    def provide_verifier(self, verifier: ScramVerifier | None, nonce: bytes) -> None:
        """The answer to an Auth with NeedVerifier. ``nonce`` is random; unknown users get a ``decoy_verifier``."""
        self._take_owed()
        session = self._session
        assert session.signing_in is not None
        step = session.signing_in.provide(verifier, nonce)
        assert isinstance(step, Ask)
        session.challenge(step.text)

    def take_output(self) -> bytes:
        """What is to be written; it is forgotten here."""
        output = self._session.output
        octets = b"".join(output)
        output.clear()
        return octets

    @property
    def buffered(self) -> int:
        """Octets that came and are not understood yet; pause reading above a bound."""
        return len(self._session.input)

    @property
    def closing(self) -> bool:
        """Hang up once the output is flushed."""
        return self._session.state is State.CLOSED

    @property
    def awaiting_reply(self) -> bool:
        """Whether the event given last is owed an answer."""
        return self._session.owed is not None

    def _take_owed(self) -> Event:
        event = self._session.owed
        if event is None:
            raise RuntimeError("no answer is owed")
        self._session.owed = None
        return event
