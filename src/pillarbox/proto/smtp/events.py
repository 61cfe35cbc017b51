"""What does the other side want? What ``ServerConnection.next_event`` gives, in the order in which it came.

Events that are *owed* an answer stop the conversation until ``reply`` is called; the others are for the story.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from pillarbox.mail.envelope import Envelope, Recipient
from pillarbox.mail.reply import Reply
from pillarbox.proto.sasl_lines import Auth, AuthDone

from .replies import BARE_LINE_END, MESSAGE_TOO_BIG, NUL_IN_TEXT, TEXT_LINE_TOO_LONG

__all__ = [
    "Auth", "AuthDone", "Body", "Closed", "DataRequested", "Defect", "Event", "Hello", "Mail", "ProtocolError", "Quit",
    "Rcpt", "Reset", "StartTls", "Vrfy", "Xclient",
]  # fmt: skip


class Defect(Enum):
    """Why a message may not be taken; when there are several, the last in this list is told."""

    NUL = NUL_IN_TEXT
    LINE_TOO_LONG = TEXT_LINE_TOO_LONG
    TOO_BIG = MESSAGE_TOO_BIG
    BARE_LINE_END = BARE_LINE_END

    @property
    def reply(self) -> Reply:
        """The answer it deserves."""
        return self.value


class Hello(NamedTuple):
    """Owed. ``name`` is what the peer calls itself, however odd; ``extended``: EHLO or LHLO, not HELO.

    A positive reply is sent as the list of what we offer. An earlier transaction is over.
    """

    name: str
    extended: bool
    lmtp: bool


class Mail(NamedTuple):
    """Owed. A transaction begins. The conversation keeps no hold on ``envelope``: adding recipients is the door's."""

    envelope: Envelope


class Rcpt(NamedTuple):
    """Owed. One more recipient is wished for."""

    recipient: Recipient


class DataRequested(NamedTuple):
    """Owed: START_INPUT, or a refusal. ``chunked``: it comes by BDAT, START_INPUT is then not sent (RFC 3030)."""

    chunked: bool


class Body(NamedTuple):
    """A slice of the message, as the sender had it; owed when ``last``.

    ``octets`` so far, this slice included. Once ``defect`` is set no more ``data`` comes, what came is void, and with
    ``last`` the answer is ``defect.reply``.
    """

    data: bytes
    last: bool
    defect: Defect | None
    octets: int


@dataclass(frozen=True, slots=True)
class Reset:
    """RSET was answered; the transaction is void."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """220 was answered and all that came behind STARTTLS dropped (RFC 3207 §4.2). After the output is flushed:
    the handshake, then ``start_tls_done``."""


@dataclass(frozen=True, slots=True)
class Vrfy:
    """Somebody asked whether ``text`` is an address here, and was told to send and see."""

    text: str


@dataclass(frozen=True, slots=True)
class Xclient:
    """Owed. A trusted proxy says who its client really is: NAME, ADDR ...; None for what it does not know.

    A positive reply is sent as a new greeting, and the conversation is back at its start.
    """

    attributes: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Quit:
    """QUIT was answered; the connection is closing."""


@dataclass(frozen=True, slots=True)
class ProtocolError:
    """``text``, what came, was wrong, and ``reply`` was answered."""

    text: str
    reply: Reply


@dataclass(frozen=True, slots=True)
class Closed:
    """The last event: the conversation is over; flush the output and hang up."""


Event = (
    Hello | Mail | Rcpt | DataRequested | Body | Reset | StartTls | Auth | AuthDone | Vrfy | Xclient | Quit
    | ProtocolError | Closed
)  # fmt: skip
