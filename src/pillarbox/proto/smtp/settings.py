"""What is a server conversation told from outside: whom it plays, what it offers, where its bounds are?"""

from dataclasses import dataclass

from .roles import Role


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Sizes in octets. What the conversation may offer changes with it: see ``ServerConnection.update``."""

    hostname: str
    role: Role = Role.MX
    message_size: int = 50 * 1024 * 1024
    """Largest message; announced with SIZE (RFC 1870). A larger one gets 552."""
    starttls: bool = False
    """STARTTLS is offered now."""
    requiretls: bool = False
    """REQUIRETLS is offered now: only over TLS (RFC 8689 §2)."""
    auth: tuple[str, ...] = ()
    """The mechanisms offered now, the best first."""
    smtputf8: bool = True
    chunking: bool = True
    """CHUNKING and BINARYMIME."""
    dsn: bool = True
    future_release: int = 0
    """How many seconds ahead a message may be held (RFC 4865), submission only; 0 = not offered."""
    xclient: bool = False
    """XCLIENT is taken from this peer: only ever for addresses that the operator named."""
    repair_line_ends: bool = False
    """Bare CR and LF become CRLF, for submission by careless programs; else they are refused."""
    recipients: int = 1_000
    """Recipients of one message; announced with LIMITS (RFC 9422). More get 452. RFC 5321 §4.5.3.1.8: at least 100."""
    messages: int = 10_000
    """Messages on one connection; announced with LIMITS. 0 = no bound."""
    command_line: int = 2_048
    """A command line with its end. RFC 5321 §4.5.3.1.4 asks for 512 and more for extensions."""
    auth_line: int = 12_288
    """A line of AUTH (RFC 4954 §4)."""
    text_line: int = 65_536
    """A line of the message. RFC 5321 §4.5.3.1.6 says 1,000; newsletters that are one line of HTML are real mail.
    0 = no bound."""
    overrun: int = 64 * 1024 * 1024
    """How much of a message that is too big is read and dropped to answer it in good order, before we hang up."""
    line_overrun: int = 65_536
    """How much of a command line that is too long is read and dropped, before we hang up."""
    errors: int = 20
    """Commands that were wrong or refused, since the last accepted message; then 421."""
    refused_recipients: int = 100
    """Recipients refused for good since the last accepted message; then 421."""
    idle_commands: int = 100
    """NOOP, RSET, VRFY, HELP and repeated EHLO since the last accepted message; then 421."""
