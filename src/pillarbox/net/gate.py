"""Who may open one more connection? Caps on what one address, one network and everybody hold and open.

Loopback addresses and trusted networks are counted only in the total: they are ours. Counting by address alone would
let one /24 (or one IPv6 /48) take what an address may not (docs/limits.md).
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from .clock import Clock

IPAddress: TypeAlias = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class GateSettings:
    """Connections held at a time (``total``, ``per_address``, ``per_network``) and opened in a minute (``rate_*``).

    An address is an IPv4 /32 or IPv6 /64, a network an IPv4 /24 or IPv6 /48. ``remembered`` bounds the tables.
    """

    total: int = 10_000
    per_address: int = 50
    per_network: int = 200
    rate_address: int = 300
    rate_network: int = 900
    remembered: int = 50_000


class Gate:
    """Counts connections; ``admit`` says why one may not come in, ``leave`` gives its place back."""

    def __init__(self, settings: GateSettings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._held: dict[str, int] = {}
        self._opened: OrderedDict[str, int] = OrderedDict()
        self._minute = 0.0
        self.total = 0

    def admit(self, peer: str) -> str | None:
        """None when ``peer`` (an IP address) is let in, and counted; else what there is too much of."""
        settings = self._settings
        if self.total >= settings.total:
            return f"{self.total} connections are open in all"
        keys = prefixes(peer)
        if keys is not None:
            reason = self._refusal(*keys)
            if reason is not None:
                return reason
            for key in keys:
                self._held[key] = self._held.get(key, 0) + 1
        self.total += 1
        return None

    def is_crowded(self, share: float) -> bool:
        """True when more than ``share`` of all connections that may be open are."""
        return self.total > self._settings.total * share

    def leave(self, peer: str) -> None:
        """The connection of ``peer`` that was admitted is gone."""
        self.total -= 1
        for key in prefixes(peer) or ():
            left = self._held.get(key, 1) - 1
            if left:
                self._held[key] = left
            else:
                self._held.pop(key, None)

    def _refusal(self, address: str, network: str) -> str | None:
        settings = self._settings
        if self._held.get(address, 0) >= settings.per_address:
            return f"{settings.per_address} connections from {address} are open"
        if self._held.get(network, 0) >= settings.per_network:
            return f"{settings.per_network} connections from {network} are open"
        if self._count(address) > settings.rate_address:
            return f"{address} opened more than {settings.rate_address} connections within a minute"
        if self._count(network) > settings.rate_network:
            return f"{network} opened more than {settings.rate_network} connections within a minute"
        return None

    def _count(self, key: str) -> int:
        now = self._clock.monotonic()
        if now - self._minute >= 60:
            self._opened.clear()
            self._minute = now
        opened = self._opened.get(key, 0) + 1
        self._opened[key] = opened
        if len(self._opened) > self._settings.remembered:
            self._opened.popitem(last=False)
        return opened


@lru_cache(maxsize=4096)
def canonical(peer: str) -> IPAddress:
    """The address without an IPv6 zone, and an IPv4-mapped one as IPv4."""
    address = ip_address(peer.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


@lru_cache(maxsize=4096)
def prefixes(peer: str) -> tuple[str, str] | None:
    """The address and the network under which ``peer`` is counted; None for loopback."""
    address = canonical(peer)
    if address.is_loopback:
        return None
    if isinstance(address, IPv4Address):
        return str(address), f"{address}".rpartition(".")[0] + ".0/24"
    number = int(address)
    return f"{IPv6Address(number >> 64 << 64)}/64", f"{IPv6Address(number >> 80 << 80)}/48"
