"""Who gets the next connection when there are not enough for all? Each destination that waits, in turn."""


class Slots:
    """Counts connections, and remembers which destinations want one (by key, in the order in which they asked)."""

    def __init__(self, connections: int) -> None:
        self._free = connections
        self._wanting: dict[str, None] = {}

    @property
    def is_short(self) -> bool:
        """True when somebody waits for a connection."""
        return bool(self._wanting)

    def take(self) -> bool:
        """Use one connection; False when none is free."""
        if self._free <= 0:
            return False
        self._free -= 1
        return True

    def give_back(self) -> None:
        """One connection less is in use."""
        self._free += 1

    def want(self, key: str) -> None:
        """Remember that ``key`` waits for a connection."""
        self._wanting.setdefault(key)

    def next_wanting(self) -> str | None:
        """Who waits longest, if a connection is free; it is forgotten and may ask again."""
        if self._free <= 0 or not self._wanting:
            return None
        key = next(iter(self._wanting))
        del self._wanting[key]
        return key
