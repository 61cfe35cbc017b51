"""Where will a domain's mail be tried, and under which name is that limited? The plan of one destination."""

from dataclasses import dataclass

from pillarbox.mail.route import Credentials, Tls
from pillarbox.net.dns import Address


@dataclass(frozen=True, slots=True)
class Target:
    """One address of one host."""

    host: str
    address: Address
    port: int

    def __str__(self) -> str:
        place = f"[{self.address}]:{self.port}"
        return place if self.host.strip("[]") == str(self.address) else f"{self.host} {place}"


@dataclass(frozen=True, slots=True)
class Plan:
    """``key`` is equal for all domains that share their best mail hosts: what connections are counted and kept under.

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
