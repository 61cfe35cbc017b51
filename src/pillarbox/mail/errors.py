"""Which failures does a mail conversation know? Each carries the reply it deserves and hides its reason.

MailError             public ``reply``, private ``reason``
└── PermanentError    5xx: the same request will not succeed later
"""

from .reply import Reply


class MailError(Exception):
    """A refusal. ``reply`` is for the peer; ``reason`` is for the log and the story, never for the wire."""

    def __init__(self, reply: Reply, reason: str = "") -> None:
        super().__init__(reason or str(reply))
        self.reply = reply
        self.reason = reason or str(reply)


class PermanentError(MailError):
    """The same request will be refused again."""
