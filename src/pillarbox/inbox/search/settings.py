"""How much may one search cost? Every bound with its default."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """Times in seconds, sizes in octets."""

    search_time: float = 60.0
    """How long one search may take."""
    search_octets: int = 256 * 1024 * 1024
    """Octets of messages that one search may read, because only a part of their text is in the index."""
    search_message: int = 64 * 1024 * 1024
    """Octets of one message that are looked through then."""
    search_batch: int = 1024 * 1024
    """Octets of messages that are looked through at a time."""
    search_slice: int = 10_000
    """Messages that the store is asked for at a time, so that others are answered in between."""
    search_turn: float = 0.01
    """How long one search keeps all others waiting."""
