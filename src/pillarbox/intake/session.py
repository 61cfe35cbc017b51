"""What do we know of the peer? Who it is, what it called itself, how it is protected, as whom it signed in.

The events of a session come before those of each message that it brings, so that every story begins with who came.
"""

from dataclasses import dataclass, field
from enum import Enum

from pillarbox.accounts.account import Account
from pillarbox.mail.envelope import Envelope, Recipient
from pillarbox.observe.story import Chapter, Event
from pillarbox.route.routed import Routed

from .spool import Spool
from .verdicts import Begun


class Service(Enum):
    """What a listener is for: RFC 5321, RFC 6409, RFC 2033."""

    MX = "smtp"
    SUBMISSION = "submission"
    LMTP = "lmtp"


@dataclass(slots=True)
class Session:
    """One connection. ``trusted``: the peer's address may relay without signing in. ``cipher``: "TLSv1.3, …" or ""."""

    service: Service
    listener: str
    peer: str
    peer_port: int
    trusted: bool = False
    hello: str = ""
    extended: bool = False
    cipher: str = ""
    account: Account | None = None
    mechanism: str = ""
    unknown_recipients: int = 0
    events: list[Event] = field(default_factory=list)

    @property
    def may_relay(self) -> bool:
        """Mail to anywhere is taken from those who signed in, and from addresses that are trusted."""
        return self.account is not None or self.trusted

    @property
    def is_submission(self) -> bool:
        """The peer is one of our users."""
        return self.account is not None or self.service is Service.SUBMISSION

    @property
    def protocol(self) -> str:
        """The ``with`` clause of Received: RFC 5321 §4.4, RFC 3848."""
        if self.service is Service.LMTP:
            name = "LMTP"
        elif not self.extended:
            return "SMTP"
        else:
            name = "ESMTP"
        return name + ("S" if self.cipher else "") + ("A" if self.account is not None else "")


@dataclass(slots=True)
class Transaction:
    """One mail transaction on its way in: envelope, where each recipient goes, the octets so far, the story so far.

    ``begun`` are the checks that need no octet of the message; None where there are none."""

    envelope: Envelope
    chapter: Chapter
    spool: Spool
    routed: list[tuple[Recipient, Routed]] = field(default_factory=list)
    begun: Begun | None = None
