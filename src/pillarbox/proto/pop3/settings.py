"""What is a POP3 conversation told from outside: what it offers, where its bounds are?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Sizes in octets. What may be offered changes with TLS: see ``ServerConnection.update``."""

    hostname: str
    stls: bool = False
    """STLS is offered now."""
    user: bool = True
    """USER and PASS are taken now."""
    auth: tuple[str, ...] = ()
    """The SASL mechanisms offered now, the best first."""
    expire_days: int | None = None
    """Announced with EXPIRE: days that read mail stays at least; None says NEVER."""
    login_delay: int = 0
    """Announced with LOGIN-DELAY: seconds between two sign-ins; 0 = not announced."""
    command_line: int = 2_048
    """A command line with its end. RFC 2449 §4 asks for 255; long passwords need more."""
    auth_line: int = 12_288
    """A line of AUTH: what RFC 5034 §4 calls the maximum of the mechanisms."""
    line_overrun: int = 65_536
    """How much of a line that is too long is read and dropped, before we hang up."""
    errors: int = 20
    """Commands that were unknown, malformed or out of order; then we hang up."""
    login_failures: int = 5
    """Sign-ins that failed on one connection; then we hang up."""
    commands_before_login: int = 50
    """Commands before signing in; then we hang up."""
    output: int = 65_536
    """Octets of answers that may wait to be taken before the next command is looked at."""
