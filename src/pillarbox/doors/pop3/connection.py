"""How does a mail program read an inbox by POP3? The pump between a socket and the conversation of proto.pop3.

Octets go into the conversation, its events are answered by accounts and inbox, its output goes to the socket. No slice
of a message is read before the socket has taken the one before, and no command is looked at that nobody reads the
answer of.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import TypeVar

from pillarbox.accounts.login import LoginRefused
from pillarbox.doors.paced import PacedConnection
from pillarbox.inbox.drop import Drop, MessageGoneError
from pillarbox.net.connection import Doorway
from pillarbox.proto.pop3 import events, replies
from pillarbox.proto.pop3.replies import Reply
from pillarbox.proto.pop3.server import ServerConnection
from pillarbox.proto.sasl import NeedVerifier
from pillarbox.proto.scram import ScramVerifier
from pillarbox.store.interface import StoreError

from .role import Pop3Role, Visit
from .signin import LockedOutError, SignIn

T = TypeVar("T")


class Pop3Connection(PacedConnection[ServerConnection]):
    """One peer of a POP3 listener."""

    __slots__ = ("_drop", "_leaving", "_quit", "_role", "_signin", "_stop_work", "_visit")

    def __init__(self, role: Pop3Role, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(doorway, proxied)
        self._role = role
        self._drop: Drop | None = None
        # What stops the work that is waited for.
        self._stop_work: Callable[[], object] | None = None
        # Set when the server stops: go as soon as what is under way is done.
        self._leaving = False
        # Set when the peer has said QUIT.
        self._quit = False

    # --- the life of a connection ---

    def opened(self) -> None:
        role = self._role
        self._visit = Visit(self.peer)
        self._signin = SignIn(role, self._visit)
        self._since = self.doorway.clock.monotonic()
        self._proto = ServerConnection(role.offers(self.peer, self.secure))
        role.metrics.sessions += 1
        role.note_connected(self._visit.peer)
        if self.secure:
            role.note_tls()
        self._move_deadline()
        locked = role.login.locked_out(self.peer)
        if locked is not None:
            self._proto.refuse(_temporary(locked))
        else:
            self._proto.greet()
        self._advance()

    def refused(self, reason: str) -> bytes:
        self._role.note_refused(self.peer, reason)
        return replies.TOO_MANY_CONNECTIONS.encode()

    def upgraded(self) -> None:
        assert self._proto is not None
        self._role.note_tls()
        self._proto.start_tls_done()
        self._proto.update(self._role.offers(self.peer, self.secure))
        self._waiting = self._paused = False

    def received(self, data: bytes) -> None:
        assert self._proto is not None
        self._proto.receive_data(data)
        self._move_deadline()
        self._advance()

    def closed(self, error: Exception | None) -> None:
        if self._proto is None:  # TLS never came up
            return
        self._lost = True
        if error is not None:
            self._reason = str(error)
        if self._stop_work is None:
            self._gone()
        elif not self._proto.updating:  # a removal is waited for, so that it can be told how it went
            self._stop_work()

    def deadline_passed(self) -> None:
        # RFC 1939 §3: the session does not enter the UPDATE state, and nothing is sent.
        if self.closing or not self.writable:
            self.abort()
            return
        self._reason = "timeout"
        self._go()

    def shutting_down(self) -> None:
        self._leaving = True
        if not self._waiting:
            self._leave()

    def _leave(self) -> None:
        # In the middle of a listing that nobody reads, a farewell would look like a part of it.
        if self.writable:
            self.write(replies.SHUTTING_DOWN.encode())
        self._reason = "the server stops"
        self._go()

    def _go(self, *, hear_out: bool = False) -> None:
        """Close; the inbox is free from now on, not only when the peer has noticed."""
        if self._drop is not None and not self._waiting:
            self._drop.close()
        self.finish(hear_out=hear_out)

    def _gone(self) -> None:
        if self._drop is not None:
            self._drop.close()
        self._role.note_closed(self._visit, self._since, self._reason)

    # --- the conversation ---

    def _advance(self) -> None:
        """Answer what can be answered, and send it as long as somebody takes it."""
        proto = self._proto
        assert proto is not None
        while not self._waiting and self.writable:
            event = proto.next_event()
            wrote = self._send_output()
            if event is not None:
                _HANDLERS[type(event)](self, event)
            elif not wrote:
                break
        if self._waiting or self.closing or not self.writable:
            self._breathe(self._role.settings.backlog)
        elif proto.closing or self._ended:
            self._go(hear_out=not (self._quit or self._ended))
        else:
            self._breathe(self._role.settings.backlog)

    def _wait_for(self, answer: Awaitable[T], give: Callable[[T], None]) -> None:
        """Stop the conversation until ``answer`` is there; an error of ours ends it, and is logged."""
        self._waiting = True
        future = asyncio.ensure_future(answer, loop=self.doorway.loop)
        self._stop_work = future.cancel

        def arrived(done: "asyncio.Future[T]") -> None:
            self._stop_work = None
            error = None if done.cancelled() else done.exception()
            if error is not None:
                self._failed(error)
            elif not done.cancelled():
                give(done.result())
                self._resume()
            if self._lost:
                self._gone()

        future.add_done_callback(arrived)

    def _resume(self) -> None:
        self._waiting = False
        if self.closing:
            return
        self._move_deadline()
        if self._leaving:
            self._send_output()
            self._leave()
        else:
            self._advance()

    def _failed(self, error: BaseException) -> None:
        """Somebody who guessed too much is sent away; anything else is a fault of ours."""
        assert self._proto is not None
        self._waiting = False
        reply = error.reply if isinstance(error, LockedOutError) else replies.UNAVAILABLE
        if not isinstance(error, LockedOutError):
            self._role.note_error(self._visit.peer, error)
        if self._proto.sending:  # a text in the middle of a message would become a part of it
            self.abort()
        elif not self.closing:
            self.write(reply.encode())
            self._go(hear_out=True)

    def _move_deadline(self) -> None:
        settings = self._role.settings
        if self.closing:
            return
        if self._drop is None:
            self.deadline = self._since + settings.login_timeout
        else:
            self.deadline = self.doorway.clock.monotonic() + settings.idle_timeout

    # --- what each event asks for ---

    def _start_tls(self, _event: events.StartTls) -> None:
        self._send_output()
        self._waiting = True
        self.start_tls()

    def _auth(self, event: events.Auth | events.AuthDone) -> None:
        if isinstance(event, events.Auth) and isinstance(event.step, NeedVerifier):
            self._wait_for(self._signin.verifier(event.step), self._give_verifier)
        else:
            self._wait_for(self._signin.judge(event), self._give_drop)

    def _give_verifier(self, verifier: ScramVerifier | Reply) -> None:
        assert self._proto is not None
        if self.closing:
            return
        if isinstance(verifier, Reply):
            self._proto.reply(verifier)
        else:
            self._proto.provide_verifier(verifier, self._role.nonce())

    def _give_drop(self, drop: Drop | Reply) -> None:
        assert self._proto is not None
        if isinstance(drop, Reply):
            if not self.closing:
                self._proto.reply(drop)
        elif self.closing:
            drop.close()
        else:
            self._drop = drop
            self._proto.signed_in(drop)

    def _retrieve(self, event: events.Retrieve) -> None:
        self._wait_for(self._send(event), _nothing)

    async def _send(self, event: events.Retrieve) -> None:
        """A message, slice by slice, as fast as it is taken."""
        proto, drop = self._proto, self._drop
        assert proto is not None
        assert drop is not None
        async with aclosing(drop.read(event.number)) as pieces:
            try:
                piece = await anext(pieces, b"")
            except MessageGoneError:
                proto.reply(replies.MESSAGE_GONE)
                return
            except StoreError as error:
                self._role.note_failed(self._visit, "read", error)
                proto.reply(replies.UNAVAILABLE)
                return
            octets = await self._send_pieces(proto, piece, pieces)
        if octets is not None:
            drop.was_read(event.number, seen=event.lines is None)
            self._role.note_read(self._visit, drop.message_id(event.number), octets)

    async def _send_pieces(
        self, proto: ServerConnection, piece: bytes, rest: AsyncGenerator[bytes, None]
    ) -> int | None:
        """``piece``, then as much of the rest as is wanted; the octets of the message when that was all of it."""
        octets = 0
        proto.begin_message()
        while piece:
            octets += len(piece)
            proto.message_data(piece)
            if not proto.message_wanted:
                break
            await self._make_room()
            piece = await anext(rest, b"")
        whole = proto.message_wanted
        proto.message_end()
        return octets if whole else None

    async def _make_room(self) -> None:
        """Send what is there, and wait until the peer has taken most of it."""
        self._send_output()
        self._move_deadline()
        if not self.writable:
            await self._until_taken()

    def _update(self, event: events.Update) -> None:
        assert self._proto is not None
        self._quit = True
        self._wait_for(self._remove(event.deleted), self._proto.reply)

    async def _remove(self, deleted: list[int]) -> Reply:
        drop = self._drop
        assert drop is not None
        try:
            self._visit.deleted = await drop.commit(deleted)
        except StoreError as error:
            self._role.note_failed(self._visit, "remove", error)
            return replies.NOT_REMOVED
        return replies.ok(f"Bye, {self._visit.deleted} removed") if deleted else replies.BYE

    def _wrong(self, event: events.ProtocolError) -> None:
        self._role.note_wrong(self._visit.peer, event.text, event.reply)

    def _quit_said(self, _event: events.Quit) -> None:
        self._quit = True

    def _told(self, _event: events.Closed) -> None:
        """The conversation has answered already."""


def _nothing(_: None) -> None:
    """The answer is on its way already."""


def _temporary(refused: LoginRefused) -> Reply:
    return replies.error(refused.reason, "SYS/TEMP")


_HANDLERS: dict[type[events.Event], Callable[..., None]] = {
    events.Auth: Pop3Connection._auth,
    events.AuthDone: Pop3Connection._auth,
    events.StartTls: Pop3Connection._start_tls,
    events.Retrieve: Pop3Connection._retrieve,
    events.Update: Pop3Connection._update,
    events.ProtocolError: Pop3Connection._wrong,
    events.Quit: Pop3Connection._quit_said,
    events.Closed: Pop3Connection._told,
}
