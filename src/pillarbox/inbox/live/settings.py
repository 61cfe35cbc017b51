"""How much of the folders that people look at stays in memory, and for how long?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LiveSettings:
    """Bounds of ``LiveMailboxes``; times in seconds."""

    linger: float = 300.0
    """How long a folder stays in memory after the last session has left it."""
    linger_folders: int = 500
    """Folders that may linger at a time; the one left longest ago goes first."""
    linger_rows: int = 200_000
    """Messages, 70 octets each, of all folders that linger."""
    journal: int = 20_000
    """Changed messages a folder remembers for sessions that have not looked yet; who lags further compares all."""
    retry: float = 2.0
    """The pause before a folder is read again when the store could not."""
