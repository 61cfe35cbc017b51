"""What does the other side want? What ``ServerConnection.next_event`` gives, in the order in which it came.

Events that are *owed* an answer stop the conversation until it is given; the others are for the log.
"""

from dataclasses import dataclass

from pillarbox.proto.sasl_lines import Auth, AuthDone

from .replies import Reply

__all__ = [
    "Auth", "AuthDone", "Closed", "Event", "ProtocolError", "Quit", "Retrieve", "StartTls", "Update",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class StartTls:
    """+OK was answered and all that came behind STLS dropped (RFC 2595 §4). After the output is flushed: the
    handshake, then ``start_tls_done``."""


@dataclass(frozen=True, slots=True)
class Retrieve:
    """Owed: ``begin_message``, ``message_data`` as often as need be, ``message_end``; or ``reply``.

    ``lines`` is None for RETR (all of it), for TOP the lines of the body that are wanted. ``announcement`` is what
    ``begin_message`` answers.
    """

    number: int
    lines: int | None
    announcement: Reply


@dataclass(frozen=True, slots=True)
class Update:
    """Owed: ``reply``. QUIT came; the messages with these numbers, rising, are to be removed. Then it is closing."""

    deleted: list[int]


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT came before signing in and was answered; the connection is closing."""


@dataclass(frozen=True, slots=True)
class ProtocolError:
    """``text``, what came, was wrong, and ``reply`` was answered."""

    text: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Closed:
    """The last event: the conversation is over; flush the output and hang up."""


Event = Auth | AuthDone | StartTls | Retrieve | Update | Quit | ProtocolError | Closed
