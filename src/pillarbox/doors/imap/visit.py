"""What is a connection known by? Who came from where, and what they did."""

from dataclasses import dataclass

from pillarbox.accounts.account import Account


@dataclass(slots=True)
class Visit:
    """``program`` is what the client says of itself (RFC 2971), the numbers are messages."""

    peer: str
    account: Account | None = None
    program: str = ""
    read: int = 0
    appended: int = 0
    expunged: int = 0

    @property
    def user(self) -> str:
        """The account's address, "" before somebody has signed in."""
        return self.account.address if self.account is not None else ""
