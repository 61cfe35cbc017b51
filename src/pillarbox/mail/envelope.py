"""Who sends a message to whom, and with which wishes? RFC 5321 §2.3.1, RFC 3461, RFC 6152, RFC 3030, RFC 6531."""

from dataclasses import dataclass, field
from enum import Enum, Flag, auto

from .address import Address


class BodyType(Enum):
    """What octets the body may hold: BODY= of RFC 6152 and RFC 3030."""

    SEVEN_BIT = "7BIT"
    EIGHT_BIT = "8BITMIME"
    BINARY = "BINARYMIME"


class Notify(Flag):
    """When the sender wants to hear of a recipient: NOTIFY= of RFC 3461 §4.1."""

    NEVER = auto()
    SUCCESS = auto()
    FAILURE = auto()
    DELAY = auto()


class TlsWish(Enum):
    """What the sender of a message says of encryption on its way (RFC 8689): REQUIRETLS, or ``TLS-Required: No``."""

    REQUIRED = "required"
    OPTIONAL = "optional"


class Return(Enum):
    """How much of the message a failure report carries: RET= of RFC 3461 §4.3."""

    FULL = "FULL"
    HEADERS = "HDRS"


@dataclass(frozen=True, slots=True)
class Recipient:
    """One forward-path. ``notify`` is None when the sender did not say; ``original`` is the decoded ORCPT
    ("rfc822;user@example.org") or None."""

    address: Address
    notify: Notify | None = None
    original: str | None = None


@dataclass(slots=True)
class Envelope:
    """One mail transaction. ``sender`` None is the null reverse-path ``<>`` of reports.

    ``declared_size`` is SIZE= in octets (RFC 1870); ``hold_until`` is a POSIX time (RFC 4865); ``envelope_id`` is the
    decoded ENVID (RFC 3461 §4.4). ``require_tls``: REQUIRETLS was said (RFC 8689 §2).
    """

    sender: Address | None
    recipients: list[Recipient] = field(default_factory=list)
    body: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
    ret: Return | None = None
    envelope_id: str | None = None
    declared_size: int | None = None
    hold_until: float | None = None
    require_tls: bool = False

    @property
    def sender_text(self) -> str:
        """The reverse-path without brackets; empty for the null one."""
        return "" if self.sender is None else str(self.sender)
