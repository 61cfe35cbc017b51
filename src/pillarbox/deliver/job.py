"""What is one attempt asked to do? One message for recipients at one destination."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import TypeAlias

from pillarbox.mail.envelope import BodyType, Recipient, Return

# Gives the content from its first octet, in slices; may be called again to read it again.
ContentSource: TypeAlias = Callable[[], AsyncIterator[bytes]]


@dataclass(slots=True)
class Job:
    """``sender`` is "" for the null reverse-path, ``size`` counts octets of ``content``, ``message_id`` names it."""

    message_id: int
    sender: str
    recipients: list[Recipient]
    size: int
    content: bytes | ContentSource
    body_type: BodyType = BodyType.SEVEN_BIT
    smtputf8: bool = False
    ret: Return | None = None
    envelope_id: str | None = None
    require_tls: bool = False
