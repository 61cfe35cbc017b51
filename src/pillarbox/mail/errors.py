"""Which failures does a mail conversation know? Each carries the reply it deserves and hides its reason.

MailError             public ``reply``, private ``reason``
├── TemporaryError    4xx: the same request may succeed later
└── PermanentError    5xx: it will not
"""

from .reply import Reply


class MailError(Exception):
    """A refusal. ``reply`` is for the peer; ``reason`` is for the log and the story, never for the wire."""

    def __init__(self, reply: Reply, reason: str = "") -> None:
        super().__init__(reason or str(reply))
        self.reply = reply
        self.reason = reason or str(reply)


class TemporaryError(MailError):
    """The same request may succeed later."""


class PermanentError(MailError):
    """The same request will be refused again."""
