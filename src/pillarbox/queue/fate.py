"""What became of one recipient, as a report to the sender tells it? RFC 3464 §2.3."""

from dataclasses import dataclass
from enum import Enum

from pillarbox.mail.reply import Reply


class Action(Enum):
    """The Action field of RFC 3464 §2.3.3. One report speaks of one of them."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Fate:
    """One recipient's fate. ``reply`` are the last words: the remote's when ``remote`` names its host, else our own.

    ``status`` is the enhanced code (RFC 3463); ``original`` the decoded ORCPT; ``tries`` counts attempts, 0 where the
    word fits nothing; times are POSIX seconds.
    """

    recipient: str
    action: Action
    status: str
    reply: Reply | None = None
    remote: str = ""
    original: str | None = None
    tries: int = 0
    last_try: float | None = None
    retry_until: float | None = None
    expired: bool = False


# A remote's reply may be long and hostile: this much of it goes into a report.
REPLY_LINES = 20
REPLY_LINE = 400


def words(reply: Reply) -> list[str]:
    """The lines of ``reply``, bounded, without characters that could steer a screen or add a field."""
    return [printable(line[:REPLY_LINE]) for line in reply.lines[:REPLY_LINES]] or [""]


def printable(text: str) -> str:
    """``text`` with each control character, line ends too, as a space."""
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def status_of(reply: Reply | None, action: Action, *, expired: bool = False) -> str:
    """The enhanced code of ``reply``, or the plainest one that says ``action`` (RFC 3463 §3.1: x.0.0).

    ``expired``: the time was over (§3.5: x.4.7), which says more than what stood in the way last, unless that was the
    mailbox itself.
    """
    if expired and not (reply is not None and reply.status.startswith("4.2.")):
        return "5.4.7"
    wanted = {Action.FAILED: "5", Action.DELAYED: "4"}.get(action, "2")
    if reply is not None and reply.status.startswith(wanted):
        return reply.status
    # The class must fit the action (RFC 3464 §2.3.4): a 4.2.2 that waited too long is reported as 5.2.2.
    if reply is not None and reply.status and wanted == "5":
        return "5" + reply.status[1:]
    return f"{wanted}.0.0"
