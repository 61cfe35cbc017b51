"""What does a signed-in client have in hand? Its selected mailbox, its last search, and the way answers take to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from pillarbox.accounts.account import Account
from pillarbox.proto.imap.completion import ok

if TYPE_CHECKING:
    from pillarbox.inbox.live.view import View
    from pillarbox.proto.imap.server import ServerConnection

    from .role import ImapRole

SERVICE = "IMAP"
"""What stories call this door."""


@dataclass(slots=True)
class Visit:
    """What a connection is known by: who came from where, and what they did."""

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


class Line(Protocol):
    """The connection that a session speaks through."""

    def flush(self) -> bool:
        """Give the socket what was said; whether there was something."""
        ...

    async def room(self) -> None:
        """Wait until the peer has taken most of what it was given."""
        ...

    def hang_up(self, text: str) -> None:
        """Say BYE and end the connection."""
        ...


class Session:
    """One client. ``view`` is None when nothing is selected; ``rights`` are the user's in what is."""

    __slots__ = (
        "_line", "_since", "_slice", "_told", "_unsent", "command_sent", "conversation", "name", "on_leave", "rights",
        "role", "saved", "told_read", "view", "visit",
    )  # fmt: skip

    def __init__(self, role: "ImapRole", visit: Visit, conversation: "ServerConnection", line: Line) -> None:
        self.role = role
        self.visit = visit
        self.conversation = conversation
        self._line = line
        self._slice = role.settings.slice
        self._unsent = 0
        self._since = self._told = 0.0
        self.command_sent = False
        self.forget()

    def forget(self) -> None:
        """Nothing is selected any more; whoever selected it closes the view."""
        self.view: View | None = None
        self.name = ""
        self.rights = ""
        self.saved: list[int] = []
        self.told_read: set[int] = set()
        # What is to be undone when the mailbox is left: live searches and the like.
        self.on_leave: list[Callable[[], None]] = []

    @property
    def account(self) -> Account:
        """Who is signed in."""
        assert self.visit.account is not None
        return self.visit.account

    def wants(self, name: str) -> bool:
        """Whether the client has enabled an extension, by its name in upper case."""
        return name in self.conversation.enabled

    def send(self, data: bytes) -> None:
        """Say ``data``: whole lines, or the next piece of one that has begun."""
        self.conversation.untagged(data)
        self.command_sent = True
        self._unsent += len(data)
        if self._unsent >= self._slice:
            self.flush()

    def flush(self) -> None:
        """Give the socket what was said."""
        self._unsent = 0
        self._line.flush()

    async def room(self) -> None:
        """Wait until the peer has taken most of what was said. Between the pieces of a long answer."""
        self.flush()
        await self._line.room()

    def hang_up(self, text: str) -> None:
        """Say BYE and end the connection when what is under way is done."""
        self._line.hang_up(text)

    # --- progress ---

    def begin(self) -> None:
        """A command begins."""
        self._since = self._told = self.role.clock.monotonic()
        self.command_sent = False

    def progress(self, done: int | None = None, total: int | None = None) -> None:
        """Tell that the command in hand goes on (RFC 9585), if it is time to. Never inside a line."""
        now = self.role.clock.monotonic()
        if now - self._told < self.role.settings.progress_every:
            return
        self._told = now
        tag = self.conversation.tag.replace("\\", "\\\\").replace('"', '\\"')
        steps = " ".join("NIL" if value is None else str(value) for value in (done, total))
        seconds = round(now - self._since)
        answer = ok(f"Still at work after {seconds} seconds", f'INPROGRESS ("{tag}" {steps})')
        self.conversation.untagged(answer.encode("*"))
        self.flush()

    # --- leaving ---

    async def leave(self) -> None:
        """Close what is selected."""
        view, undo = self.view, self.on_leave
        self.forget()
        for step in undo:
            step()
        if view is not None:
            self.conversation.selected(False)
            await view.close()


