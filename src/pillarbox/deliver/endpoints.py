"""Which addresses may be asked, and in which order? Never those where no other machine can be. RFC 8305 §4."""

from collections.abc import Iterable
from itertools import zip_longest

from pillarbox.net.dns import Address


def in_turn(addresses: Iterable[Address]) -> list[Address]:
    """IPv6 and IPv4 in turn (RFC 8305 §4), so that a family that does not work costs only every second try."""
    listed = list(addresses)
    six = [address for address in listed if address.version == 6]
    four = [address for address in listed if address.version == 4]
    return [address for pair in zip_longest(six, four) for address in pair if address is not None]


def is_forbidden(address: Address) -> bool:
    """No other machine can be there: loopback, 0.0.0.0/8, multicast, reserved."""
    plain = (address.ipv4_mapped or address) if address.version == 6 else address
    this_network = plain.version == 4 and int(plain) >> 24 == 0
    broadcast_or_reserved = plain.version == 4 and plain.is_reserved
    return plain.is_loopback or plain.is_unspecified or plain.is_multicast or this_network or broadcast_or_reserved


def is_own(address: Address, port: int, endpoints: frozenset[tuple[str, int]]) -> bool:
    """We listen exactly there. What listens on every address is noticed once connected: see ``opening``."""
    plain = (address.ipv4_mapped or address) if address.version == 6 else address
    return (str(plain), port) in endpoints
