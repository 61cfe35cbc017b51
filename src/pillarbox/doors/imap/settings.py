"""How patient and how open is an IMAP listener? Times in seconds, sizes in octets."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """The bounds of the door; those of the conversation are in proto.imap, those of a search in inbox.search."""

    idle_timeout: float = 1_800.0
    """Silence of somebody who is signed in, IDLE too, or of a reader who takes nothing. RFC 9051 §5.4: at least 30
    minutes."""
    login_timeout: float = 60.0
    """From the connection to the sign-in, TLS and all."""
    backlog: int = 65_536
    """Octets of commands that may wait while one is being answered."""
    slice: int = 65_536
    """Octets of answers that are collected before they are given to the socket."""
    user_connections: int = 50
    """Sessions of one user, over all listeners."""
    cleartext_login: str = "loopback"
    """Where a password may be sent without TLS: never, loopback or always."""
    progress_every: float = 10.0
    """How often a long command is told to be still at work (RFC 9585 §3: every 10 to 15 seconds)."""
    append_messages: int = 1_000
    """Messages of one APPEND (RFC 3502)."""
    append_octets: int = 256 * 1024 * 1024
    """Octets of all messages of one APPEND."""
    append_links: int = 1_000
    """URLs in one message that is put together (RFC 4469)."""
    notify_folders: int = 1_000
    """Folders that one NOTIFY watches; more is an overflow (RFC 5465 §5.8)."""
    searches: int = 20
    """Searches of one session that are kept up to date (RFC 5267 §4.3)."""
    search_folders: int = 1_000
    """Mailboxes that one ESEARCH looks through (RFC 7377)."""
