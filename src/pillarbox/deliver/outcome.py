"""What became of one attempt, for each recipient? Delivered, deferred or refused, with the words that say why."""

from collections.abc import Sequence
from dataclasses import dataclass

from pillarbox.mail.envelope import Recipient
from pillarbox.mail.reply import Reply


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recipient's part of an attempt.

    ``reply`` is the remote's, verbatim, when ``is_remote``; else our own words in the form of a reply. ``host`` and
    ``address`` say who was spoken to, "" when nobody was. ``command``: what the reply answers ("RCPT TO", …), or "".
    """

    recipient: Recipient
    reply: Reply
    host: str = ""
    address: str = ""
    command: str = ""
    is_remote: bool = False

    @property
    def status(self) -> str:
        """The enhanced status (RFC 3463); where the remote gave none, the plainest of its class."""
        return self.reply.status or f"{self.reply.code // 100}.0.0"

    @property
    def text(self) -> str:
        """In words: who said what, in reply to what."""
        if not self.is_remote:
            return str(self.reply)
        known = not self.address or self.host.strip("[]") == self.address
        place = self.host if known else f"{self.host} [{self.address}]"
        reply_to = f" (in reply to {self.command})" if self.command else ""
        return f"{place} said: {self.reply}{reply_to}"


@dataclass(frozen=True, slots=True)
class Delivered(Outcome):
    """The remote has taken responsibility. ``dsn_passed_on``: it speaks RFC 3461, so a success report is its task."""

    dsn_passed_on: bool = False


@dataclass(frozen=True, slots=True)
class Deferred(Outcome):
    """Try again later. ``at_once``: nothing was decided because a kept-open connection had ended; a new one may do."""

    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Refused(Outcome):
    """Trying again would change nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """No connection came about, for all recipients alike. ``reply`` is the last remote's when ``is_remote``."""

    reply: Reply
    host: str = ""
    address: str = ""
    is_remote: bool = False

    @property
    def is_permanent(self) -> bool:
        """5xx: trying again would change nothing."""
        return self.reply.code >= 500

    @property
    def words(self) -> str:
        """The reason in words."""
        return f"{self.host} said: {self.reply}" if self.is_remote else self.reply.text

    def outcomes(self, recipients: Sequence[Recipient]) -> list[Outcome]:
        """The failure as each recipient's outcome."""
        kind = Refused if self.is_permanent else Deferred
        return [kind(r, self.reply, self.host, self.address, "", self.is_remote) for r in recipients]


def judge(outcome: Outcome, dsn: bool) -> Outcome:
    """``outcome`` as the class that its reply code makes it; 2xx counts only after the end of data."""
    fields = (
        outcome.recipient,
        outcome.reply,
        outcome.host,
        outcome.address,
        outcome.command,
        outcome.is_remote,
    )
    if outcome.reply.code < 300:
        return Delivered(*fields, dsn)
    return Refused(*fields) if outcome.reply.code >= 500 else Deferred(*fields)
