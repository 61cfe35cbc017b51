"""What does a client have in hand? Its selected mailbox, the result of its last search, and the way answers take."""

from typing import Protocol

from pillarbox.accounts.account import Account
from pillarbox.inbox.live.view import View
from pillarbox.proto.imap.codes import in_progress
from pillarbox.proto.imap.commands import EventGroup
from pillarbox.proto.imap.completion import ok
from pillarbox.proto.imap.server import ServerConnection

from .role import ImapRole
from .selected import Selected
from .visit import Visit

SERVICE = "IMAP"
"""What stories call this door."""


class Line(Protocol):
    """The connection that a session speaks through."""

    def flush(self) -> None:
        """Give the socket what was said."""
        ...

    async def room(self) -> None:
        """Wait until the peer has taken most of what it was given."""
        ...

    def hang_up(self, text: str) -> None:
        """Say BYE and end the connection when what is under way is done."""
        ...

    def abort(self) -> None:
        """End the connection at once: an answer cannot be brought to its end."""
        ...

    def changed(self) -> None:
        """Something is to be told that no command asked for."""
        ...


class Watching(Protocol):
    """What NOTIFY asked for (RFC 5465). ``selected`` is its group for the selected mailbox, None when there is none."""

    selected: EventGroup | None

    @property
    def at_once(self) -> bool:
        """Whether the selected mailbox is told of as soon as something happens in it."""
        ...

    async def tell(self) -> None:
        """Say what has happened elsewhere."""
        ...

    async def absorb(self) -> None:
        """The client has changed the tree itself: it need not be told."""
        ...

    def end(self) -> None:
        """Listen no more."""
        ...


class Session:
    """One client. ``selected`` is None when no mailbox is; ``saved`` are the UIDs of "$" (RFC 5182)."""

    __slots__ = (
        "_line", "_since", "_slice", "_told", "_unsent", "conversation", "in_line", "role", "said", "saved", "selected",
        "visit", "watching",
    )  # fmt: skip

    def __init__(self, role: ImapRole, visit: Visit, conversation: ServerConnection, line: Line) -> None:
        self.role = role
        self.visit = visit
        self.conversation = conversation
        self._line = line
        self._slice = role.settings.slice
        self._unsent = 0
        self._since = self._told = 0.0
        # Whether the command in hand has said anything yet.
        self.said = False
        # Whether a line has begun and not ended: then nothing else may be said.
        self.in_line = False
        self.selected: Selected | None = None
        self.saved: list[int] = []
        # What NOTIFY asked for; None when nothing did.
        self.watching: Watching | None = None

    @property
    def account(self) -> Account:
        """Who is signed in."""
        assert self.visit.account is not None
        return self.visit.account

    @property
    def view(self) -> View | None:
        """What is seen of the selected mailbox."""
        return self.selected.view if self.selected is not None else None

    def wants(self, name: str) -> bool:
        """Whether the client has enabled an extension, by its name in upper case."""
        return name in self.conversation.enabled

    @property
    def utf8(self) -> bool:
        """Whether names of mailboxes go out as UTF-8 (RFC 9051 §5.1, RFC 9755)."""
        enabled = self.conversation.enabled
        return "IMAP4REV2" in enabled or "UTF8=ACCEPT" in enabled

    def send(self, data: bytes) -> None:
        """Say ``data``: whole lines, or the next piece of one that has begun."""
        self.conversation.untagged(data)
        self.said = True
        self._unsent += len(data)
        if self._unsent >= self._slice:
            self.flush()

    def flush(self) -> None:
        """Give the socket what was said."""
        self._unsent = 0
        self._line.flush()

    async def room(self) -> None:
        """Wait until the peer has taken most of what was said: between the pieces of a long answer."""
        self.flush()
        await self._line.room()

    def hang_up(self, text: str) -> None:
        """Say BYE and end the connection when what is under way is done."""
        self._line.hang_up(text)

    def abort(self) -> None:
        """End the connection at once: an answer cannot be brought to its end."""
        self._line.abort()

    def changed(self) -> None:
        """Something is to be told that no command asked for: now, or when the command in hand is done."""
        self._line.changed()

    def begin(self) -> None:
        """A command begins."""
        self._since = self._told = self.role.clock.monotonic()
        self.said = False

    def progress(self, done: int | None = None, total: int | None = None) -> None:
        """Tell that the command in hand goes on (RFC 9585), if it is time to. Never inside a line."""
        now = self.role.clock.monotonic()
        if now - self._told < self.role.settings.progress_every:
            return
        self._told = now
        code = in_progress(self.conversation.tag, done, total)
        text = f"Still at work after {round(now - self._since)} seconds"
        self.conversation.untagged(ok(text, code).encode("*"))
        self.flush()
