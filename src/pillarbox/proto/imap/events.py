"""What does the conversation tell the door? RFC 9051.

Each event that says "owed" is answered with one call of the ServerConnection; no other event comes before.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from pillarbox.proto.sasl_lines import Auth, AuthDone

from .commands import Command

__all__ = [
    "AppendBegin", "AppendEnd", "Asked", "Auth", "AuthDone", "Closed", "Event", "IdleDone", "MessageBegin",
    "MessageData", "MessageEnd", "MessageUrl", "ProtocolError", "StartTls",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """A command. Owed: ``complete``."""

    tag: str
    command: Command


@dataclass(frozen=True, slots=True)
class IdleDone:
    """The client ended IDLE. Owed: ``complete`` for the Idle command."""


@dataclass(frozen=True, slots=True)
class StartTls:
    """The OK is in the output. Owed: ``start_tls_done`` when TLS is up."""


@dataclass(frozen=True, slots=True)
class AppendBegin:
    """APPEND, or REPLACE of message ``replaces`` (a UID when ``uid``; RFC 8508). Owed: ``go_on``, or ``complete`` with
    a refusal, behind which the rest of the command is dropped."""

    tag: str
    mailbox: str
    replaces: int | None = None
    uid: bool = False


@dataclass(frozen=True, slots=True)
class MessageBegin:
    """One message of an APPEND begins. ``size`` is its octets, None when it is put together by CATENATE (RFC 4469).
    ``binary``: it came as literal8 (RFC 3516); ``utf8``: in UTF8 (…) (RFC 9755). Owed: ``go_on`` or ``complete``."""

    flags: tuple[str, ...]
    date: datetime | None
    size: int | None
    binary: bool = False
    utf8: bool = False


@dataclass(frozen=True, slots=True)
class MessageData:
    """Octets of the message."""

    data: bytes


@dataclass(frozen=True, slots=True)
class MessageUrl:
    """The octets of an IMAP URL belong here (CATENATE). Owed: ``go_on`` or ``complete``."""

    url: str


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """The message is whole."""


@dataclass(frozen=True, slots=True)
class AppendEnd:
    """The command is whole. Owed: ``complete``."""


@dataclass(frozen=True, slots=True)
class ProtocolError:
    """A line that cannot be; the conversation has answered."""

    text: str
    reply: str


@dataclass(frozen=True, slots=True)
class Closed:
    """The conversation is over: LOGOUT, too many mistakes, or an overrun."""

    reason: str


Event: TypeAlias = (
    Asked | IdleDone | StartTls | Auth | AuthDone | AppendBegin | MessageBegin | MessageData | MessageUrl | MessageEnd
    | AppendEnd | ProtocolError | Closed
)  # fmt: skip
