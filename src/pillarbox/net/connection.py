"""What is the same for every protocol's connection? The gate, deadlines, TLS, back-pressure and an orderly end.

A door derives its connection from ``Connection`` and answers four questions: what to do when the peer is there
(``opened``), with octets (``received``), when it was silent for too long (``deadline_passed``), and when it is gone
(``closed``).
"""

import asyncio
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from typing import cast

from .clock import Clock
from .deadlines import Deadlines
from .gate import Gate

NEVER = float("inf")
_QUICK_ACK: int | None = getattr(socket, "TCP_QUICKACK", None)


def _nobody_counts(_peer: str, _error: Exception) -> None:
    """Handshakes that fail are nobody's concern."""


@dataclass(slots=True)
class Doorway:
    """What all connections of one listener share.

    ``tls`` gives the context of the moment (certificates are replaced while the server runs), None when there is none.
    ``handshake_timeout`` bounds a TLS handshake, ``linger`` the flushing of the last octets, in seconds.
    ``tls_failed`` hears of every handshake that came to nothing: the peer's address and why.
    """

    name: str
    loop: asyncio.AbstractEventLoop
    clock: Clock
    deadlines: Deadlines
    gate: Gate
    tls: Callable[[], ssl.SSLContext] | None = None
    implicit_tls: bool = False
    trusted: tuple[IPv4Network | IPv6Network, ...] = ()
    handshake_timeout: float = 30.0
    linger: float = 5.0
    tls_failed: Callable[[str, Exception], None] = _nobody_counts
    open: dict[int, "Connection"] = field(default_factory=dict)
    idle: asyncio.Event = field(default_factory=asyncio.Event)


class Connection(asyncio.Protocol):
    """One peer. ``peer`` and ``peer_port`` are its address; ``secure`` tells whether TLS protects the stream."""

    __slots__ = (
        "_admitted",
        "_closing",
        "_early",
        "_first_octets",
        "_task",
        "deadline",
        "doorway",
        "peer",
        "peer_port",
        "secure",
        "transport",
        "writable",
    )

    transport: asyncio.Transport

    def __init__(self, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        self.doorway = doorway
        self.peer, self.peer_port = proxied or ("", 0)
        self.deadline = NEVER
        self.secure = False
        self.writable = True
        self._admitted = False
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        # What was decrypted before we heard that the handshake is over; None when no handshake runs.
        self._early: bytearray | None = None
        # Where TLS begins with the first octet: what came before the handshake was there to take it.
        self._first_octets = b""

    # --- what a door answers ---

    def opened(self) -> None:
        """The peer is let in, and TLS is up when the listener begins with it."""
        raise NotImplementedError

    def refused(self, reason: str) -> bytes:
        """What the peer is told when the gate refuses it."""
        raise NotImplementedError

    def received(self, data: bytes) -> None:
        """Octets came."""
        raise NotImplementedError

    def upgraded(self) -> None:
        """TLS is up after ``start_tls``."""
        raise NotImplementedError

    def deadline_passed(self) -> None:
        """``deadline`` is over."""
        raise NotImplementedError

    def shutting_down(self) -> None:
        """The server stops: say goodbye now when nothing is under way, else soon."""
        raise NotImplementedError

    def closed(self, error: Exception | None) -> None:
        """The peer is gone; ``error`` says why when it did not simply close."""
        raise NotImplementedError

    def input_ended(self) -> bool:
        """The peer will say no more. True: an answer is still owed, the door closes when it is given."""
        return False

    def drained(self) -> None:
        """The peer has read what filled the transport's buffer; a door that waited may write again."""

    def tls_context(self) -> ssl.SSLContext:
        """What the handshake shows. A door that knows what the peer asks for may choose."""
        assert self.doorway.tls is not None
        return self.doorway.tls()

    # --- what a door uses ---

    @property
    def closing(self) -> bool:
        """No more can be written."""
        return self._closing

    def write(self, data: bytes) -> None:
        """Send octets."""
        if not self._closing:
            self.transport.write(data)

    def acknowledge(self) -> None:
        """Acknowledge what came now, without an answer to carry it, where the system can be told to (Linux).

        Many clients write the octets of a message and the line end behind them in two pieces; theirs waits with the
        second until the first is acknowledged (Nagle), and ours would wait 40 ms for something to say.
        """
        if _QUICK_ACK is not None and not self._closing:
            with suppress(OSError):  # the peer is gone; that is told in another way
                self.transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, _QUICK_ACK, 1)

    def start_tls(self) -> None:
        """Begin a TLS handshake behind what was written; ``upgraded`` follows, or the connection ends."""
        self.transport.pause_reading()
        self._task = self.doorway.loop.create_task(self._handshake())

    def finish(self, *, hear_out: bool = False) -> None:
        """Close after what was written has left, at most ``linger`` seconds from now.

        ``hear_out``: the peer may still be talking. Closing on octets that nobody read resets the connection, and a
        reset can overtake our last words; so what still comes is read and dropped until the peer closes too.
        """
        if self._closing:
            return
        self._closing = True
        self.deadline = self.doorway.clock.monotonic() + self.doorway.linger
        if hear_out and self._admitted and self.transport.can_write_eof():
            try:
                self.transport.write_eof()
            except OSError:  # the peer is gone already
                self.transport.abort()
            else:
                self.transport.resume_reading()
        else:
            self.transport.close()

    def abort(self) -> None:
        """Close at once; what was not sent is lost."""
        self._closing = True
        self.transport.abort()

    # --- asyncio's side ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast(asyncio.Transport, transport)
        if not self.peer:
            self.peer, self.peer_port = (transport.get_extra_info("peername") or ("", 0))[:2]
        if not self.peer:  # gone before we looked
            self._closing = True
            self.transport.abort()
            return
        reason = self.doorway.gate.admit(self.peer)
        if reason is not None:
            self.write(self.refused(reason) if not self.doorway.implicit_tls else b"")
            self.finish()
            return
        self._admitted = True
        self.doorway.open[id(self)] = self
        self.doorway.deadlines.join(self)
        if self.doorway.implicit_tls:
            self.start_tls()
        else:
            self.opened()

    def data_received(self, data: bytes) -> None:
        if self._early is not None:
            self._early += data
        elif self._task is not None:
            # A pause in connection_made holds asyncio's loop but not uvloop's. Where TLS follows a plain start, what
            # comes between the pause and the handshake came in clear: dropped.
            if self.doorway.implicit_tls:
                self._first_octets += data
        elif not self._closing:
            self.received(data)

    def eof_received(self) -> bool:
        # A peer that has only stopped talking may still listen; over TLS that cannot be told apart.
        return not self._closing and not self.secure and self.input_ended()

    def pause_writing(self) -> None:
        self.writable = False

    def resume_writing(self) -> None:
        self.writable = True
        self.drained()

    def connection_lost(self, exc: Exception | None) -> None:
        cut, self._closing = self._closing, True
        if not self._admitted:
            return
        self._admitted = False
        doorway = self.doorway
        doorway.gate.leave(self.peer)
        doorway.deadlines.leave(self)
        doorway.open.pop(id(self), None)
        if self._task is not None:
            self._task.cancel()
            self._task = None
            # Some loops tell that the peer is gone before they tell that the handshake came to nothing.
            if not cut:
                doorway.tls_failed(self.peer, exc or ConnectionResetError("the peer left in the middle of it"))
        self.closed(exc)
        if not doorway.open:
            doorway.idle.set()

    def _hand_over(self) -> None:
        """Give the handshake the octets that came before it."""
        octets, self._first_octets = memoryview(self._first_octets), b""
        handshake = cast(asyncio.BufferedProtocol, self.transport.get_protocol())
        while octets:
            buffer = memoryview(handshake.get_buffer(len(octets)))
            count = min(len(buffer), len(octets))
            buffer[:count] = octets[:count]
            handshake.buffer_updated(count)
            octets = octets[count:]

    async def _handshake(self) -> None:
        doorway = self.doorway
        # From the next line on, whatever reaches ``data_received`` went through TLS.
        self._early = early = bytearray()
        if self._first_octets:
            doorway.loop.call_soon(self._hand_over)  # runs when start_tls has put its protocol in our place
        try:
            upgraded = await doorway.loop.start_tls(
                self.transport,
                self,
                self.tls_context(),
                server_side=True,
                ssl_handshake_timeout=doorway.handshake_timeout,
            )
        except (TimeoutError, OSError) as error:  # ssl.SSLError is an OSError
            self._task = None
            self._closing = True
            self.transport.abort()
            doorway.tls_failed(self.peer, error)
            self.connection_lost(error)
            return
        self._task = self._early = None
        if upgraded is None or self._closing or upgraded.is_closing():
            # A transport that was closed in the middle of a handshake does not tell its protocol.
            self.transport.abort()
            self.connection_lost(None)
            return
        self.transport = upgraded
        self.secure = True
        self.writable = True
        if doorway.implicit_tls:
            self.opened()
        else:
            self.upgraded()
        if early:
            self.data_received(bytes(early))
