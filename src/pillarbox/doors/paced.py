"""How does a conversation keep pace with its peer? Nothing is made that nobody takes, nothing that came piles up."""

import asyncio
from typing import Generic, Protocol, TypeVar

from pillarbox.net.connection import Connection, Doorway


class Conversation(Protocol):
    """What is alike in the server's side of protocols."""

    @property
    def buffered(self) -> int:
        """Octets that came and are not understood yet."""

    def take_output(self) -> bytes:
        """What is to be sent."""


C = TypeVar("C", bound=Conversation)


class PacedConnection(Connection, Generic[C]):
    """A peer that reads more than it writes; who derives from it says when to go on (``_advance``) and how long a
    silence may last (``_move_deadline``)."""

    __slots__ = ("_ended", "_lost", "_paused", "_proto", "_reason", "_room", "_since", "_waiting")

    def __init__(self, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(doorway, proxied)
        self._proto: C | None = None
        # Whether an event is being answered.
        self._waiting = False
        self._room: asyncio.Future[None] | None = None
        # Set when the peer has said all it will say, and when it is gone.
        self._ended = self._lost = False
        self._paused = False
        # Why the connection ends, for the log, and since when it stands.
        self._reason = ""
        self._since = 0.0

    def _advance(self) -> None:
        """Answer what can be answered, and send it as long as somebody takes it."""
        raise NotImplementedError

    def _move_deadline(self) -> None:
        """Something happened: silence counts from now."""
        raise NotImplementedError

    def drained(self) -> None:
        self._move_deadline()
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
        elif self._proto is not None and not self.closing:
            self._advance()

    def input_ended(self) -> bool:
        self._ended = True
        return self._waiting or not self.writable

    async def _until_taken(self) -> None:
        """Wait until the peer has taken most of what it was given."""
        self._room = self.doorway.loop.create_future()
        await self._room

    def _send_output(self) -> bool:
        """Send what there is; whether there was something."""
        assert self._proto is not None
        output = self._proto.take_output()
        if output:
            self.write(output)
        return bool(output)

    def _breathe(self, backlog: int) -> None:
        """Commands that wait are not piled up beyond so many octets."""
        assert self._proto is not None
        crowded = self._proto.buffered > backlog
        if crowded is self._paused or self.closing:
            return
        self._paused = crowded
        if crowded:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()
