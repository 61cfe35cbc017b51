"""Has this peer had enough? What a conversation counts against its bounds, and the last word when one is passed."""

from pillarbox.mail.reply import TOO_MANY_ERRORS, Reply

from .replies import TOO_MANY_COMMANDS
from .settings import ServerSettings


class Tally:
    """Counters. ``accepted`` and ``excess`` recipients are of this transaction; ``messages`` of the connection; the
    others since the last accepted message, so that a peer with much mail and some errors is not cut off."""

    __slots__ = ("accepted", "errors", "excess", "idle", "messages", "refused")

    def __init__(self) -> None:
        self.accepted = self.excess = self.messages = 0
        self.errors = self.refused = self.idle = 0

    def message_accepted(self) -> None:
        """A message was taken: the peer is honest."""
        self.messages += 1
        self.errors = self.refused = self.idle = 0

    def transaction_over(self) -> None:
        """A transaction ended, well or not."""
        self.accepted = self.excess = 0

    def verdict(self, settings: ServerSettings) -> Reply | None:
        """What to say before hanging up, or None."""
        if self.errors >= settings.errors or self.refused >= settings.refused_recipients:
            return TOO_MANY_ERRORS
        return TOO_MANY_COMMANDS if self.idle >= settings.idle_commands else None
