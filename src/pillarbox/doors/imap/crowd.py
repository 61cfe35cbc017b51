"""How many sessions has a user open? RFC 9051 sets no bound; a program that forgets its connections needs one."""


class Crowd:
    """Counts the sessions of each account, over all listeners; at most ``each`` of one."""

    __slots__ = ("_each", "_held", "total")

    def __init__(self, each: int) -> None:
        self._each = each
        self._held: dict[int, int] = {}
        self.total = 0

    def enter(self, account_id: int) -> bool:
        """Count one more session; False, and nothing counted, when there are enough of them."""
        held = self._held.get(account_id, 0)
        if held >= self._each:
            return False
        self._held[account_id] = held + 1
        self.total += 1
        return True

    def leave(self, account_id: int) -> None:
        """One session of the account is over."""
        self.total -= 1
        left = self._held[account_id] - 1
        if left:
            self._held[account_id] = left
        else:
            del self._held[account_id]
