"""What do we offer in the answer to EHLO? Keyword, RFC and condition of each extension, in one table."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache

from pillarbox.mail.reply import Reply

from .roles import Role
from .settings import ServerSettings

_Offer = Callable[[ServerSettings], str]
"""The line for these settings, or "" where the extension is not offered."""


def _auth(settings: ServerSettings) -> str:
    return " ".join(("AUTH", *settings.auth)) if settings.auth else ""


def _auth_of_old(settings: ServerSettings) -> str:
    # Outlook Express and its time read "AUTH=LOGIN", which an early draft had; they know two mechanisms.
    known = [mechanism for mechanism in settings.auth if mechanism in {"LOGIN", "PLAIN"}]
    return f"AUTH={' '.join(known)}" if known else ""


def _limits(settings: ServerSettings) -> str:
    messages = f" MAILMAX={settings.messages}" if settings.messages else ""
    return f"LIMITS RCPTMAX={settings.recipients}{messages}"


OFFERS: tuple[_Offer, ...] = (
    lambda s: "PIPELINING",  # RFC 2920
    lambda s: f"SIZE {s.message_size}",  # RFC 1870
    lambda s: "8BITMIME",  # RFC 6152
    lambda s: "SMTPUTF8" if s.smtputf8 else "",  # RFC 6531
    lambda s: "ENHANCEDSTATUSCODES",  # RFC 2034
    lambda s: "DSN" if s.dsn else "",  # RFC 3461
    lambda s: "CHUNKING" if s.chunking else "",  # RFC 3030
    lambda s: "BINARYMIME" if s.chunking else "",  # RFC 3030
    lambda s: "STARTTLS" if s.starttls else "",  # RFC 3207
    lambda s: "REQUIRETLS" if s.requiretls else "",  # RFC 8689
    _auth,  # RFC 4954
    _auth_of_old,
    _limits,  # RFC 9422
    lambda s: "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT" if s.xclient else "",
    lambda s: "HELP",  # RFC 5321 §4.1.1.8
)


@lru_cache(maxsize=64)
def greeting_lines(settings: ServerSettings) -> tuple[str, ...]:
    """The lines of the answer to EHLO that depend on nothing but ``settings``; the first is our name."""
    return (settings.hostname, *filter(None, (offer(settings) for offer in OFFERS)))


def ehlo_reply(settings: ServerSettings, now: float | None) -> Reply:
    """The answer to EHLO or LHLO at ``now``. It carries no enhanced status (RFC 2034 §3)."""
    lines = greeting_lines(settings)
    if now is not None and holds_messages(settings):
        latest = datetime.fromtimestamp(int(now) + settings.future_release, UTC)
        lines = (*lines, f"FUTURERELEASE {settings.future_release} {latest:%Y-%m-%dT%H:%M:%SZ}")  # RFC 4865 §2
    return Reply(250, "", lines)


def holds_messages(settings: ServerSettings) -> bool:
    """Whether FUTURERELEASE is offered: for submission only (RFC 4865 §3)."""
    return settings.future_release > 0 and settings.role is Role.SUBMISSION
