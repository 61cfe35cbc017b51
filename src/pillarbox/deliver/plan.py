"""Where will a domain's mail be tried, and under which name is that limited? The plan of one destination."""

from dataclasses import dataclass, field

from pillarbox.mail.envelope import TlsWish
from pillarbox.mail.route import Credentials, Tls
from pillarbox.net.dns import Address

from .dane import Dane
from .mta_sts import Policy


@dataclass(frozen=True, slots=True)
class Target:
    """One address of one host; ``dane``: what signed DNS says of its certificate, where it says something."""

    host: str
    address: Address
    port: int
    dane: Dane | None = None

    def __str__(self) -> str:
        place = f"[{self.address}]:{self.port}"
        return place if self.host.strip("[]") == str(self.address) else f"{self.host} {place}"


@dataclass(frozen=True, slots=True)
class Safety:
    """What is known of a destination as a whole; ``safety.level_of`` makes of it what mail to a host needs.

    ``domain``: whose wishes these are, as A-labels. ``is_secure``: DNSSEC, or an administrator, vouches for the names
    of the hosts. ``sts``: the MTA-STS policy, enforced or testing. ``wish``: what the message says (RFC 8689).
    """

    domain: str = ""
    is_secure: bool = False
    sts: Policy | None = None
    wish: TlsWish | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """``key`` is equal for all domains that share their mail hosts and what must be safe on the way there: what
    connections are counted and kept under.

    ``groups``: host names, those of one preference together, the best first. ``is_direct``: found by DNS, so the
    rules against sending to ourselves apply.
    """

    key: str
    groups: tuple[tuple[str, ...], ...]
    port: int
    tls: Tls
    is_direct: bool = True
    credentials: Credentials | None = None
    auth_in_clear: bool = False
    lmtp: bool = False
    safety: Safety = field(default_factory=Safety)
