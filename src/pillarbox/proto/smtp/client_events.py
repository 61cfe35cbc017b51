"""What can happen in a conversation with a remote server? The events of ``client.ClientConnection``."""

from typing import NamedTuple, TypeAlias

from pillarbox.mail.reply import Reply

from .client_offers import Offers


class Greeted(NamedTuple):
    """The remote opened the conversation (220) or refused to (4xx, 5xx)."""

    reply: Reply


class Welcomed(NamedTuple):
    """The answer to EHLO, or to HELO where EHLO was not known; ``offers`` is empty after HELO or a refusal."""

    reply: Reply
    offers: Offers


class TlsAnswered(NamedTuple):
    """The answer to STARTTLS: after a 220 the handshake begins."""

    reply: Reply


class AuthAnswered(NamedTuple):
    """The last answer to AUTH: 235, or why not."""

    reply: Reply


class BodyWanted(NamedTuple):
    """The remote took ``accepted`` recipients and waits for the content."""

    accepted: int


class ChunkTaken(NamedTuple):
    """A BDAT chunk that was not the last was taken."""


class Verdict(NamedTuple):
    """What the remote said about one recipient, and in reply to which ``command``: MAIL, RCPT, DATA or END_OF_DATA."""

    reply: Reply
    command: str

    @property
    def is_delivered(self) -> bool:
        """The remote has taken the message for this recipient (RFC 5321 §4.2.5)."""
        return self.command == END_OF_DATA and self.reply.code // 100 == 2


class Answered(NamedTuple):
    """The transaction is over: one verdict per recipient, in their order."""

    verdicts: tuple[Verdict, ...]


class Ended(NamedTuple):
    """The answer to QUIT."""

    reply: Reply


class Broken(NamedTuple):
    """The remote does not keep to the protocol; ``reason`` says how. Nothing more will come."""

    reason: str


Event: TypeAlias = Greeted | Welcomed | TlsAnswered | AuthAnswered | BodyWanted | ChunkTaken | Answered | Ended | Broken

MAIL, RCPT, DATA, END_OF_DATA = "MAIL FROM", "RCPT TO", "DATA", "end of data"
