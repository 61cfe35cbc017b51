"""What is an IMAP conversation told from outside: what it offers, where its bounds are?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Offers:
    """What may be offered at this moment; it changes with TLS."""

    starttls: bool = False
    """STARTTLS is offered now."""
    mechanisms: tuple[str, ...] = ()
    """The SASL mechanisms offered now, the best first."""
    login_disabled: bool = False
    """LOGIN is refused now (LOGINDISABLED)."""


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Sizes in octets. What may be offered changes with TLS: see ``ServerConnection.update``."""

    hostname: str
    offers: Offers = Offers()
    withheld: frozenset[str] = frozenset()
    """Capabilities that are not announced, by their names up to a "="."""
    append_limit: int = 50 * 1024 * 1024
    """The largest message taken, announced with APPENDLIMIT (RFC 7889)."""
    message_limit: int | None = None
    """How many messages a command may be about, announced with MESSAGELIMIT (RFC 9738); None: as many as there are."""
    line_before_login: int = 8_192
    """A command before sign-in, with its literals and all line ends."""
    literal_before_login: int = 1_024
    """A literal before sign-in: a name or a password."""
    command: int = 65_536
    """A command after sign-in, with its literals and all line ends, but without messages."""
    literal: int = 8_192
    """A literal in a command after sign-in."""
    long_literal: int = 61_440
    """A literal in a search or of metadata, which may be texts."""
    overrun: int = 1_048_576
    """How much of a refused command is read and dropped before we hang up; refused messages apart."""
    message_overrun: int = 256 * 1024 * 1024
    """A refused message that came unasked (LITERAL+) is dropped up to this size; for a larger one we hang up."""
    bad_commands: int = 20
    """Commands that were unknown, malformed or out of place, one after the other; then we hang up."""
    login_failures: int = 5
    """Sign-ins that failed on one connection; then we hang up."""
    commands_before_login: int = 50
    """Commands before signing in; then we hang up."""
    search_depth: int = 20
    """How deep search keys may be nested."""
    search_keys: int = 1_000
    """How many search keys a command may have."""
    event_groups: int = 100
    """How many groups of events NOTIFY may have (RFC 5465)."""
    inflate_step: int = 16_384
    """Octets that are decompressed at a time (RFC 4978)."""
    inflate_ratio: int = 100
    """Commands that become so many times larger by decompression are an attack; then we hang up."""
    inflate_grace: int = 262_144
    """Octets of decompressed commands before the ratio is looked at."""
