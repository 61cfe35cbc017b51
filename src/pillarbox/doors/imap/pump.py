"""How do octets, commands and answers flow between a socket and the conversation of proto.imap?

Octets go into the conversation, its events are answered one after the other in their order, its output goes to the
socket once a turn. No command is looked at that nobody reads the answer of, and none while another is at work.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from pillarbox.doors.paced import PacedConnection
from pillarbox.net.connection import Doorway
from pillarbox.proto.imap.events import Event
from pillarbox.proto.imap.server import ServerConnection

from . import at_once, refusals
from .role import ImapRole
from .session import Session
from .visit import Visit

T = TypeVar("T")
# How many events may be answered before their answers are sent.
_EVENTS_A_WRITE = 64


class Pump(PacedConnection[ServerConnection]):
    """One peer of an IMAP listener; who derives from it says how events are answered."""

    __slots__ = (
        "_answered", "_farewell", "_leaving", "_news", "_quit", "_role", "_session", "_stop_work", "_visit",
    )  # fmt: skip

    def __init__(self, role: ImapRole, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(doorway, proxied)
        self._role = role
        # What stops the work that is waited for when the peer is gone.
        self._stop_work: Callable[[], object] | None = None
        # Something is to be told that no command asked for, as soon as none is at work and somebody reads.
        self._news = False
        # Said as soon as the command at work is done: the server stops, or the mailbox is gone.
        self._farewell = ""
        # Set when the server stops, and when the peer has said LOGOUT.
        self._leaving = self._quit = False
        # Whether what came last was answered.
        self._answered = False

    # --- what is answered otherwise ---

    def _answer(self, event: Event) -> None:
        """Answer an event of the conversation, now or by ``_do``."""
        raise NotImplementedError

    def _forget_sign_ins(self) -> None:
        """Nobody is signed in, and nobody has tried."""
        raise NotImplementedError

    def _expects_more(self, proto: ServerConnection) -> bool:
        """Whether what came is a part of something."""
        raise NotImplementedError

    async def _tell_news(self) -> None:
        """Say what no command asked for."""
        raise NotImplementedError

    async def _leave(self) -> None:
        """The peer is gone: let go of all that is held for it."""
        raise NotImplementedError

    # --- the life of a connection ---

    def opened(self) -> None:
        role = self._role
        self._visit = Visit(self.peer)
        self._since = self.doorway.clock.monotonic()
        self._proto = proto = ServerConnection(role.offers(self.peer, self.secure))
        self._session = Session(role, self._visit, proto, self)
        self._forget_sign_ins()
        role.metrics.sessions += 1
        role.note_connected(self.peer)
        if self.secure:
            role.note_tls()
        self._move_deadline()
        locked = role.login.locked_out(self.peer)
        if locked is not None:
            proto.refuse(locked.reason)
        else:
            proto.greet()
        self._advance()

    def refused(self, reason: str) -> bytes:
        self._role.note_refused(self.peer, reason)
        return refusals.TOO_MANY_CONNECTIONS

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
        self._answered = False
        self._advance()
        if not (self._answered or self._waiting) and self._expects_more(self._proto):
            self.acknowledge()  # some clients wait for this before they send the rest

    def closed(self, error: Exception | None) -> None:
        if self._proto is None:  # TLS never came up
            return
        self._lost = True
        if error is not None:
            self._reason = str(error)
        if self._stop_work is None:
            self._gone()
        else:
            self._stop_work()

    def deadline_passed(self) -> None:
        if self.closing or not self.writable:
            self.abort()
        elif self._waiting and self._visit.account is not None:  # the client waits for us, not we for it
            if not self._session.in_line:
                self._session.progress()
            self._move_deadline()
        else:
            self._reason = "timeout"
            self._say_bye(refusals.IDLE_TOO_LONG if self._visit.account is not None else refusals.LOGIN_TOO_LONG)

    def shutting_down(self) -> None:
        self._leaving = True
        self._reason = "the server stops"
        self.hang_up(refusals.SHUTTING_DOWN)

    def hang_up(self, text: str) -> None:
        """Say BYE and go, as soon as the command at work is done."""
        self._farewell = text
        if not self._waiting:
            self._say_bye(text)

    def _say_bye(self, text: str) -> None:
        assert self._proto is not None
        if not self.writable:  # in the middle of an answer nobody reads, a farewell would look like a part of it
            self.abort()
            return
        self._proto.refuse(text)
        self.flush()
        # Whoever was silent, or is to be gone soon, is not heard out.
        self.finish(hear_out=not (self._leaving or self._reason == "timeout"))

    def _gone(self) -> None:
        self._lost = True
        self._aside(self._leave())
        self._role.note_closed(self._visit, self._since, self._reason)

    # --- the conversation ---

    def _advance(self) -> None:
        """Answer what can be answered, as long as somebody takes it, and send it."""
        proto = self._proto
        assert proto is not None
        count = 0
        while not (self._waiting or self._farewell or self.closing) and self.writable:
            event = proto.next_event()
            if event is not None:
                self._answer(event)
                count += 1
                if count % _EVENTS_A_WRITE == 0:
                    self.flush()
            elif self._news:
                self._news = False
                self._do(self._tell_news(), self._told_news)
            elif not self._send_output():
                break
        self.flush()
        if not (self._waiting or self.closing) and self.writable:
            self._rest(proto)
        self._breathe(self._role.settings.backlog)

    def _rest(self, proto: ServerConnection) -> None:
        """Nothing is left to answer now."""
        if self._farewell:
            self._say_bye(self._farewell)
        elif proto.closing or self._ended:
            self.finish(hear_out=not (self._ended or self._quit))

    def flush(self) -> None:
        """Send what there is."""
        self._send_output()

    def _send_output(self) -> bool:
        sent = super()._send_output()
        self._answered = self._answered or sent
        return sent

    async def room(self) -> None:
        """Wait until the peer has taken most of what it was given."""
        if not self.writable:
            self.deadline = self.doorway.clock.monotonic() + self._role.settings.idle_timeout
            await self._until_taken()
            self._move_deadline()

    def _do(self, work: Coroutine[Any, Any, T], give: Callable[[T], None]) -> None:
        """Do ``work`` and ``give`` what it came to: now when it does not wait, else the conversation stops until then.

        An error of ours ends the connection, and is logged.
        """
        self._waiting = True  # whatever happens meanwhile is told later
        try:
            begun = at_once.begin(work)
        except Exception as error:  # noqa: BLE001 - logged, and the client is told
            self._failed(error)
            return
        if isinstance(begun, at_once.Done):
            self._waiting = False
            give(begun.result)
            return
        self._move_deadline()
        task = self.doorway.loop.create_task(begun.rest)
        self._stop_work = task.cancel
        task.add_done_callback(partial(self._worked, give))

    def _worked(self, give: Callable[[T], None], done: "asyncio.Task[T]") -> None:
        self._stop_work = None
        error = None if done.cancelled() else done.exception()
        if self._lost:
            if error is not None and not isinstance(error, ConnectionError):
                self._role.note_error(self._visit.peer, error)
            self._gone()
        elif error is not None:
            self._failed(error)
        elif done.cancelled():  # by what it waited for: nobody will answer
            self.abort()
        else:
            self._waiting = False
            give(done.result())
            self._resume()

    def _resume(self) -> None:
        if self.closing:
            return
        self._move_deadline()
        self._advance()

    def _failed(self, error: BaseException) -> None:
        """A fault of ours: what the client would be told next cannot be trusted any more."""
        self._waiting = False
        self._role.note_error(self._visit.peer, error)
        if self._session.in_line or not self.writable:  # a BYE in the middle of a line would become a part of it
            self.abort()
        elif not self.closing:
            self._reason = "an error of ours"
            self._say_bye(refusals.BROKEN)

    def _aside(self, work: Coroutine[Any, Any, None]) -> None:
        """Do ``work`` that nothing waits for; an error is logged."""
        try:
            begun = at_once.begin(work)
        except Exception as error:  # noqa: BLE001 - logged
            self._role.note_error(self.peer, error)
            return
        if isinstance(begun, at_once.Waits):
            task = self.doorway.loop.create_task(begun.rest)
            task.add_done_callback(self._aside_done)

    def _aside_done(self, done: "asyncio.Task[None]") -> None:
        error = None if done.cancelled() else done.exception()
        if error is not None:
            self._role.note_error(self.peer, error)

    def _move_deadline(self) -> None:
        settings = self._role.settings
        if self.closing:
            return
        if self._visit.account is None:
            self.deadline = self._since + settings.login_timeout
        else:
            patience = settings.progress_every if self._waiting else settings.idle_timeout
            self.deadline = self.doorway.clock.monotonic() + patience

    # --- news ---

    def changed(self) -> None:
        """Something is to be told that no command asked for, now or when the command at work is done."""
        self._news = True
        if not (self._waiting or self.closing) and self.writable:
            self._advance()

    def _told_news(self, _: None) -> None:
        self.flush()
