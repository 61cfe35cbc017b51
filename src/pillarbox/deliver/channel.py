"""How do octets travel between a socket and the client protocol? One asyncio protocol, one future at a time, no timer.

A message of some kilobytes costs two writes and two awaited futures here. Deadlines are numbers that one sweep for all
connections compares (``net.deadlines``).
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable

from pillarbox.net.clock import Clock
from pillarbox.net.deadlines import Deadlines
from pillarbox.proto.smtp.client import ClientConnection
from pillarbox.proto.smtp.client_events import Broken, Event

from .dial import Dialer
from .peer_chain import presented

NEVER = float("inf")


class Lost(Exception):
    """The conversation ended before its time; ``str(error)`` says why, ``status`` is the enhanced status for it."""

    def __init__(self, words: str, status: str = "4.4.2") -> None:
        super().__init__(words)
        self.status = status


class Channel(asyncio.Protocol):
    """The wire of one ``client``. ``on_idle_end`` is called when an idle connection ends by itself or is kept too long.

    ``limit`` is a moment (monotonic seconds) that no wait goes beyond.
    """

    def __init__(self, client: ClientConnection, deadlines: Deadlines, clock: Clock) -> None:
        self.client = client
        self.deadline = NEVER
        self.limit = NEVER
        self.on_idle_end: Callable[[], None] | None = None
        self.tls: str = ""  # version and cipher once TLS is up
        self._deadlines = deadlines
        self._clock = clock
        self._transport: asyncio.Transport | None = None
        self._events: deque[Event] = deque()
        self._waiter: asyncio.Future[Event] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._lost: Lost | None = None
        self._phase = 0.0
        self._what = ""
        self._replies = 0

    # --- for the conversation ---------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Octets can still go both ways."""
        return self._lost is None and self._transport is not None

    def flush(self) -> None:
        """Write what the client has to say."""
        out = self.client.take_output()
        if out and self._lost is None and self._transport is not None:
            self._transport.write(out)

    async def event(self, patience: float, what: str) -> Event:
        """What happens next; ``patience`` seconds for each reply. Lost when it does not, ``what`` names it then."""
        self.flush()
        if self._events:
            return self._sane(self._events.popleft())
        if self._lost is not None:
            raise Lost(f"{self._lost}, while waiting for {what}", self._lost.status)
        self._phase, self._what = patience, what
        self.deadline = min(self._clock.monotonic() + patience, self.limit)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            return self._sane(await self._waiter)
        finally:
            self._waiter = None
            self.deadline = NEVER

    def poll(self) -> Event | None:
        """What happened already, without waiting."""
        return self._sane(self._events.popleft()) if self._events else None

    async def drain(self, patience: float) -> None:
        """Wait until the remote has taken enough of what was written; Lost when it does not."""
        self.flush()
        if self._writable is None or self._lost is not None:
            return
        self._phase, self._what = patience, "the remote to take the content"
        self.deadline = min(self._clock.monotonic() + patience, self.limit)
        try:
            await self._writable
        finally:
            self.deadline = NEVER
        if self._lost is not None and not self._events:
            raise self._lost

    @property
    def certificates(self) -> list[bytes]:
        """What the remote showed in the TLS handshake, as DER, its own certificate first."""
        return presented(self.socket_info("ssl_object"))

    async def start_tls(self, dialer: Dialer, context: ssl.SSLContext, name: str, patience: float) -> None:
        """TLS from here on; OSError (or ValueError for ``name``) when it fails, and the channel is closed then."""
        assert self._transport is not None
        try:
            self._transport = await dialer.start_tls(self._transport, self, context, name, patience)
        except BaseException:
            self.abort()
            raise
        cipher = self._transport.get_extra_info("cipher")
        self.tls = f"{cipher[1]} {cipher[0]}" if cipher else "TLS"

    def idle(self, keep: float) -> None:
        """Nothing is awaited: keep the connection for ``keep`` seconds."""
        self.deadline = self._clock.monotonic() + keep

    def abort(self) -> None:
        """Close at once."""
        self._lose(Lost("the connection was closed by us"))
        if self._transport is not None:
            self._transport.abort()

    def socket_info(self, name: str) -> object:
        """The transport's extra information, as asyncio names it."""
        return None if self._transport is None else self._transport.get_extra_info(name)

    def _sane(self, event: Event) -> Event:
        if isinstance(event, Broken):
            self.abort()
            raise Lost(f"the remote broke the protocol: {event.reason}", "4.5.0")
        return event

    # --- asyncio's side ---------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio. uvloop's transports are no subclasses of asyncio's, so nothing can be asserted of them."""
        self._transport = transport  # type: ignore[assignment]
        self._deadlines.join(self)

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        client = self.client
        client.receive_data(data)
        while (event := client.next_event()) is not None:
            self._happen(event)
        self.flush()
        if client.replies != self._replies:
            self._replies = client.replies
            if self.deadline != NEVER:
                self.deadline = min(self._clock.monotonic() + self._phase, self.limit)

    def _happen(self, event: Event) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(event)
        else:
            self._events.append(event)
            self._end_idle()
            if self._writable is not None and not self._writable.done():
                self._writable.set_result(None)  # the remote breaks off: nobody need wait for it to read on

    def pause_writing(self) -> None:
        """See asyncio."""
        self._writable = asyncio.get_running_loop().create_future()

    def resume_writing(self) -> None:
        """See asyncio."""
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def deadline_passed(self) -> None:
        """The sweep's word: the remote was silent for too long, or was kept long enough."""
        if self._waiter is None and self._writable is None:
            self.deadline = NEVER
            self._end_idle()
            return
        over = "the whole took too long" if self.deadline == self.limit else f"no answer within {self._phase:g} seconds"
        self._lose(Lost(f"{over}, while waiting for {self._what}"))
        if self._transport is not None:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio."""
        reason = f"the connection was lost ({exc})" if exc else "the remote closed the connection"
        waiting = f", while waiting for {self._what}" if self._waiter is not None else ""
        self._lose(Lost(reason + waiting))

    def _lose(self, lost: Lost) -> None:
        self._deadlines.leave(self)
        if self._lost is not None:
            return
        self._lost = lost
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(lost)
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
        self._end_idle()

    def _end_idle(self) -> None:
        if self.on_idle_end is not None and self._waiter is None:
            on_idle_end, self.on_idle_end = self.on_idle_end, None
            on_idle_end()
