"""How does a mail program work with mailboxes by IMAP? The pump between a socket and the conversation of proto.imap.

Octets go into the conversation, its commands are answered one after the other in their order, its output goes to the
socket once a turn. No command is looked at that nobody reads the answer of.
"""

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any, TypeVar

from pillarbox.accounts.account import Account
from pillarbox.doors.signing_in import Refusal, SigningIn
from pillarbox.net.connection import Connection, Doorway
from pillarbox.proto.imap import commands, events
from pillarbox.proto.imap.completion import Completion
from pillarbox.proto.imap.server import ServerConnection
from pillarbox.proto.sasl import NeedVerifier
from pillarbox.proto.sasl_lines import Auth, AuthDone
from pillarbox.proto.scram import ScramVerifier

from . import appending, at_once, dispatch, general, refusals
from .appending import Uploading
from .role import ImapRole
from .session import Session
from .visit import Visit

T = TypeVar("T")
# How many events may be answered before their answers are sent.
_EVENTS_A_WRITE = 64


class ImapConnection(Connection):
    """One peer of an IMAP listener."""

    __slots__ = (
        "_answered", "_ended", "_farewell", "_leaving", "_lost", "_news", "_paused", "_proto", "_quit", "_reason",
        "_role", "_room", "_session", "_signing_in", "_since", "_stop_work", "_uploading", "_visit", "_waiting",
    )  # fmt: skip

    def __init__(self, role: ImapRole, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(doorway, proxied)
        self._role = role
        self._proto: ServerConnection | None = None
        self._waiting = False
        # What stops the work that is waited for.
        self._stop_work: Callable[[], object] | None = None
        self._room: asyncio.Future[None] | None = None
        self._uploading: Uploading | None = None
        # Something in the selected mailbox changed while a command was at work or nobody read.
        self._news = False
        # Said as soon as the command at work is done: the server stops, or the mailbox is gone.
        self._farewell = ""
        # Set when the server stops; when the peer has said all it will say; and when that was LOGOUT.
        self._leaving = self._ended = self._quit = False
        self._lost = self._paused = False
        # Whether what came last was answered.
        self._answered = False
        self._reason = ""
        self._since = 0.0

    # --- the life of a connection ---

    def opened(self) -> None:
        role = self._role
        self._visit = Visit(self.peer)
        self._since = self.doorway.clock.monotonic()
        self._proto = proto = ServerConnection(role.offers(self.peer, self.secure))
        self._session = Session(role, self._visit, proto, self)
        self._new_signing_in()
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
        if not (self._answered or self._waiting) and (self._uploading is not None or self._proto.buffered):
            self.acknowledge()  # more of it is to come, and some clients wait for this

    def drained(self) -> None:
        self._move_deadline()
        room, self._room = self._room, None
        if room is not None and not room.done():
            room.set_result(None)
        elif self._proto is not None and not self.closing:
            self._advance()

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

    def input_ended(self) -> bool:
        self._ended = True
        return self._waiting or not self.writable

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
        if self._uploading is not None:
            self._uploading.discard()
        self._aside(self._sign_out())
        self._role.note_closed(self._visit, self._since, self._reason)

    async def _sign_out(self) -> None:
        """Leave the mailbox and give back the place among the user's sessions."""
        account = self._visit.account
        if account is not None:
            self._role.services.crowd.leave(account.id)
        await general.leave_all(self._session)

    # --- the conversation ---

    def _advance(self) -> None:
        """Answer what can be answered, as long as somebody takes it, and send it."""
        proto = self._proto
        assert proto is not None
        count = 0
        while not self._waiting and self.writable and not self.closing:
            event = proto.next_event()
            if event is not None:
                _HANDLERS[type(event)](self, event)
                count += 1
                if count % _EVENTS_A_WRITE == 0:
                    self.flush()
            elif not self._send_output():
                break
        self.flush()
        if not (self._waiting or self.closing) and self.writable:
            self._rest(proto)
        self._breathe(proto)

    def _rest(self, proto: ServerConnection) -> None:
        """Nothing is left to answer."""
        if proto.closing or self._ended:
            self.finish(hear_out=not (self._ended or self._quit))
        elif self._news:
            self._tell_news()

    def flush(self) -> None:
        """Send what there is."""
        self._send_output()

    def _send_output(self) -> bool:
        assert self._proto is not None
        output = self._proto.take_output()
        if output:
            self._answered = True
            self.write(output)
        return bool(output)

    async def room(self) -> None:
        """Wait until the peer has taken most of what it was given."""
        if not self.writable:
            self.deadline = self.doorway.clock.monotonic() + self._role.settings.idle_timeout
            self._room = self.doorway.loop.create_future()
            await self._room
            self._move_deadline()

    def _breathe(self, proto: ServerConnection) -> None:
        """Commands that wait are not piled up."""
        crowded = proto.buffered > self._role.settings.backlog
        if crowded is self._paused or self.closing:
            return
        self._paused = crowded
        if crowded:
            self.transport.pause_reading()
        else:
            self.transport.resume_reading()

    def _do(self, work: Coroutine[Any, Any, T], give: Callable[[T], None]) -> None:
        """Do ``work`` and ``give`` what it came to: now when it does not wait, else the conversation stops until then.

        An error of ours ends the connection, and is logged.
        """
        try:
            begun = at_once.begin(work)
        except Exception as error:  # noqa: BLE001 - logged, and the client is told
            self._failed(error)
            return
        if isinstance(begun, at_once.Done):
            give(begun.result)
            return
        self._waiting = True
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
        elif not done.cancelled():
            self._waiting = False
            give(done.result())
            self._resume()

    def _resume(self) -> None:
        if self.closing:
            return
        self._move_deadline()
        if self._farewell:
            self._say_bye(self._farewell)
        else:
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

    # --- signing in ---

    def _new_signing_in(self) -> None:
        role = self._role
        self._signing_in = SigningIn(role.login, self.peer, "imap", role.note_login_refused, role.pause)

    def _auth(self, event: Auth | AuthDone) -> None:
        if isinstance(event, Auth) and isinstance(event.step, NeedVerifier):
            self._do(self._signing_in.verifier(event.step), self._give_verifier)
        else:
            self._do(self._signing_in.judge(event), self._give_account)

    def _give_verifier(self, verifier: ScramVerifier | Refusal) -> None:
        assert self._proto is not None
        if isinstance(verifier, Refusal):
            self._refuse_sign_in(verifier)
        elif not self.closing:
            self._proto.provide_verifier(verifier, self._role.nonce())

    def _give_account(self, result: Account | Refusal) -> None:
        assert self._proto is not None
        if isinstance(result, Refusal):
            self._refuse_sign_in(result)
        elif self.closing:
            return
        elif not self._role.services.crowd.enter(result.id):
            self._role.note_crowded(self._visit, result)
            self._proto.auth_refused(refusals.CROWDED)
        else:
            self._role.note_signed_in(self._visit, result)
            self._proto.signed_in()

    def _refuse_sign_in(self, refusal: Refusal) -> None:
        assert self._proto is not None
        if self.closing:
            return
        self._proto.auth_refused(refusals.of_sign_in(refusal))
        if refusal.lockout:
            self._reason = "too many failed sign-ins"
            self.hang_up(refusal.reason)

    def _start_tls(self, _event: events.StartTls) -> None:
        self.flush()
        self._waiting = True
        self.start_tls()

    # --- commands ---

    def _asked(self, event: events.Asked) -> None:
        self._session.begin()
        self._role.metrics.imap_commands += 1
        if isinstance(event.command, commands.Idle):
            self._do(dispatch.begin_idle(self._session), self._idles)
        else:
            self._do(dispatch.perform(self._session, event.command), partial(self._complete, event.command))

    def _complete(self, command: commands.Command, completion: Completion) -> None:
        assert self._proto is not None
        if self.closing:
            return
        self._proto.complete(completion)
        if completion.status != "OK":
            return
        if isinstance(command, commands.Logout):
            self._quit = True
        elif isinstance(command, commands.Compress):
            self._proto.compress()
        elif isinstance(command, commands.Unauthenticate):
            self._forget_user()

    def _forget_user(self) -> None:
        """RFC 8437 §3: as before the sign-in, but for TLS and compression."""
        assert self._proto is not None
        visit = self._visit
        self._role.note_signed_out(visit)
        self._role.services.crowd.leave(self._session.account.id)
        visit.account = None
        self._since = self.doorway.clock.monotonic()
        self._proto.unauthenticated()
        self._new_signing_in()
        self._move_deadline()

    def _idles(self, _: None) -> None:
        """RFC 9051 §6.3.13: from now on changes are told when they happen."""

    def _idle_done(self, _event: events.IdleDone) -> None:
        self._do(dispatch.end_idle(self._session), partial(self._complete, commands.Idle()))

    # --- news ---

    def changed(self) -> None:
        """Something is to be told, now or when the command at work is done."""
        self._news = True
        if not (self._waiting or self.closing) and self.writable:
            self._tell_news()

    def _tell_news(self) -> None:
        self._news = False
        self._do(dispatch.tell_news(self._session), self._told_news)

    def _told_news(self, _: None) -> None:
        self.flush()

    # --- messages that come in ---

    def _append_begins(self, event: events.AppendBegin) -> None:
        self._session.begin()
        self._do(appending.begin(self._session, event), self._begun)

    def _begun(self, uploading: Uploading | Completion) -> None:
        if isinstance(uploading, Completion):
            self._refuse_upload(uploading)
        else:
            self._uploading = uploading
            self._go_on(None)

    def _message_begins(self, event: events.MessageBegin) -> None:
        assert self._uploading is not None
        self._go_on(self._uploading.begin(event))

    def _message_data(self, event: events.MessageData) -> None:
        assert self._uploading is not None
        taken = self._uploading.write(event.data)
        if taken is not None:
            self._do(self._uploading.written(taken), _nothing)

    def _message_url(self, event: events.MessageUrl) -> None:
        assert self._uploading is not None
        self._do(self._uploading.link(event.url), self._go_on)

    def _message_ends(self, _event: events.MessageEnd) -> None:
        assert self._uploading is not None
        self._do(self._uploading.end(), _nothing)

    def _append_ends(self, _event: events.AppendEnd) -> None:
        uploading, self._uploading = self._uploading, None
        assert uploading is not None
        self._do(dispatch.perform_upload(self._session, uploading), self._upload_done)

    def _go_on(self, refusal: Completion | None) -> None:
        assert self._proto is not None
        if refusal is not None:
            self._refuse_upload(refusal)
        elif not self.closing:
            self._proto.go_on()

    def _refuse_upload(self, refusal: Completion) -> None:
        assert self._proto is not None
        self._drop_upload()
        if not self.closing:
            self._proto.complete(refusal)

    def _upload_done(self, completion: Completion) -> None:
        assert self._proto is not None
        if not self.closing:
            self._proto.complete(completion)

    def _drop_upload(self) -> None:
        if self._uploading is not None:
            self._uploading.discard()
            self._uploading = None

    # --- what is over ---

    def _wrong(self, event: events.ProtocolError) -> None:
        self._drop_upload()
        self._role.note_wrong(self._visit.peer, event.text, event.reply)

    def _closed(self, event: events.Closed) -> None:
        self._drop_upload()
        self._reason = self._reason or event.reason


def _nothing(_: None) -> None:
    """There is nothing to answer yet."""


_HANDLERS: dict[type[events.Event], Callable[..., None]] = {
    Auth: ImapConnection._auth,
    AuthDone: ImapConnection._auth,
    events.StartTls: ImapConnection._start_tls,
    events.Asked: ImapConnection._asked,
    events.IdleDone: ImapConnection._idle_done,
    events.AppendBegin: ImapConnection._append_begins,
    events.MessageBegin: ImapConnection._message_begins,
    events.MessageData: ImapConnection._message_data,
    events.MessageUrl: ImapConnection._message_url,
    events.MessageEnd: ImapConnection._message_ends,
    events.AppendEnd: ImapConnection._append_ends,
    events.ProtocolError: ImapConnection._wrong,
    events.Closed: ImapConnection._closed,
}
