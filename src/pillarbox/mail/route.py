"""By which way does a recipient's mail leave? The values that routing decides and delivery obeys."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from .envelope import TlsWish


class Tls(Enum):
    """How safe a hop must be.

    OPPORTUNISTIC encrypts where the peer can and goes on in plain text where it cannot (RFC 7435); it proves nothing
    about who the peer is. STARTTLS and IMPLICIT demand TLS and a certificate that is valid for the host's name.
    """

    NONE = "none"
    OPPORTUNISTIC = "opportunistic"
    STARTTLS = "starttls"
    IMPLICIT = "implicit"

    @property
    def is_demanded(self) -> bool:
        """True when nothing may leave unless the peer's certificate was verified."""
        return self in {Tls.STARTTLS, Tls.IMPLICIT}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A login. ``password`` is asked at each sign-in, so that a changed file counts at once; it is in no repr."""

    username: str
    password: Callable[[], str] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Direct:
    """To the hosts that DNS names for the recipient's domain (RFC 5321 §5). ``why`` is for people.

    ``wish``: what the message says of TLS (RFC 8689), above what the route says.
    """

    why: str = "no route matches: directly to the domain's mail hosts"
    tls: Tls = Tls.OPPORTUNISTIC
    wish: TlsWish | None = None


@dataclass(frozen=True, slots=True)
class SmartHost:
    """To one host, whatever the domain. ``host`` is a name or an IP address; ``lmtp`` speaks RFC 2033 there.

    ``auth_in_clear`` lets the password leave over a connection without TLS to another machine.
    """

    host: str
    port: int = 587
    tls: Tls = Tls.STARTTLS
    credentials: Credentials | None = None
    why: str = ""
    lmtp: bool = False
    auth_in_clear: bool = False
    wish: TlsWish | None = None


Route: TypeAlias = Direct | SmartHost
