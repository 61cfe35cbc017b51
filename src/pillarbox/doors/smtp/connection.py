"""How does an SMTP, submission or LMTP peer come in? The pump between a socket and the conversation of proto.smtp.

Octets go into the conversation, its events are answered by intake, its output goes to the socket. An answer that must
be waited for stops the conversation, not the server.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

from pillarbox.mail import reply as replies
from pillarbox.mail.reply import Reply
from pillarbox.net.connection import NEVER, Connection, Doorway
from pillarbox.proto.sasl import NeedVerifier
from pillarbox.proto.scram import ScramVerifier
from pillarbox.proto.smtp import events
from pillarbox.proto.smtp.server import ServerConnection

from .role import SmtpRole
from .signin import LOCKED, SignIn
from .transaction import Incoming

Answer: TypeAlias = Reply | Awaitable[Reply]
T = TypeVar("T")


class SmtpConnection(Connection):
    """One peer of an SMTP listener."""

    __slots__ = (
        "_body_since", "_ended", "_greeting", "_incoming", "_last", "_proto", "_quit", "_role", "_signin", "_since",
        "_stopping", "_waiting", "session",
    )  # fmt: skip

    def __init__(self, role: SmtpRole, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(doorway, proxied)
        self._role = role
        self._waiting = False
        self._quit = False
        self._ended = False
        self._greeting: asyncio.TimerHandle | None = None
        self._body_since = 0.0
        self._since = 0.0
        self._last = NEVER
        self._stopping = False

    # --- the life of a connection ---

    def opened(self) -> None:
        role = self._role
        self.session = role.session(self.peer, self.peer_port, self._cipher())
        self._proto = ServerConnection(role.offers(self.session), self.doorway.clock.now)
        self._incoming = Incoming(role, self.session)
        self._signin: SignIn | None = None
        self._since = self.doorway.clock.monotonic()
        self._last = self._since + role.settings.session_timeout
        role.metrics.sessions += 1
        self._move_deadline()
        wait = role.greet_wait(self.session)
        if role.is_locked_out(self.session):
            role.note_refused(self.peer, LOCKED.text)
            self._proto.refuse(LOCKED)
            self._flush()
        elif wait:
            self._greeting = self.doorway.loop.call_later(wait, self._greet)
        else:
            self._greet()

    def _greet(self) -> None:
        self._greeting = None
        self._proto.greet()
        self._flush()

    def refused(self, reason: str) -> bytes:
        self._role.note_refused(self.peer, reason)
        return replies.TOO_MANY_CONNECTIONS.encode()

    def upgraded(self) -> None:
        # RFC 3207 §4.2: what was known before the handshake is forgotten.
        self.session.cipher = self._cipher()
        self.session.hello = ""
        self._role.note_tls(self.session)
        self._proto.start_tls_done()
        self._proto.update(self._role.offers(self.session))
        self._waiting = False
        self._move_deadline()

    def received(self, data: bytes) -> None:
        if self._greeting is not None:
            self._talked_early()
            return
        self._proto.receive_data(data)
        if not self._waiting:
            self.advance()
        elif self._proto.buffered > self._role.settings.backlog:
            self.transport.pause_reading()

    def closed(self, error: Exception | None) -> None:
        if self._greeting is not None:
            self._greeting.cancel()
        if hasattr(self, "session"):
            self._incoming.drop()
            self._role.note_gone(self.session.peer, self._since, str(error) if error is not None else "")

    def deadline_passed(self) -> None:
        if self.closing:
            self.abort()
            return
        self._end(replies.TIMED_OUT)

    def input_ended(self) -> bool:
        self._ended = True
        return self._waiting

    def shutting_down(self) -> None:
        # A message whose octets are all here is committed and answered first; everything else ends now.
        self._stopping = True
        if not self._waiting:
            self._say_goodbye()

    def _say_goodbye(self) -> None:
        self.write(replies.SHUTTING_DOWN.encode())
        self.finish()

    # --- the conversation ---

    def advance(self) -> None:
        """Answer what can be answered, then send it."""
        proto = self._proto
        handlers = _HANDLERS
        event = None
        while not self._waiting and (following := proto.next_event()) is not None:
            event = following
            handlers[type(event)](self, event)
        # Whole commands prolong the peer's time, drops of one do not; a body has a clock of its own.
        if event is not None and not self._waiting and type(event) is not events.Body:
            self._move_deadline()
        self._flush()

    def answer(self, answer: Answer) -> None:
        """Give the conversation its answer, now or when it is there."""
        if isinstance(answer, Reply):
            self._proto.reply(answer)
            return
        self._wait_for(answer, self._proto.reply)

    def _wait_for(self, answer: Awaitable[T], give: Callable[[T], None]) -> None:
        """Stop the conversation until ``answer`` is there; an error of ours is told as one, and logged."""
        self._waiting = True
        self.deadline = NEVER
        future = asyncio.ensure_future(answer, loop=self.doorway.loop)

        def arrived(done: "asyncio.Future[T]") -> None:
            if done.cancelled():
                return
            error = done.exception()
            if error is not None:
                self._role.note_error(self.session.peer, error)
            if self.closing:
                return
            if error is None:
                give(done.result())
            else:
                self._proto.reply(replies.INTERNAL_ERROR)
            self._resume()

        future.add_done_callback(arrived)

    def _resume(self) -> None:
        self._waiting = False
        self._move_deadline()
        self.advance()
        if self._waiting or self.closing:
            return
        if self._stopping:
            self._say_goodbye()
        elif self._ended:
            self.finish()
        else:
            self.transport.resume_reading()

    def _flush(self) -> None:
        output = self._proto.take_output()
        if output:
            self.write(output)
        if self._proto.closing and not self._waiting:
            self.finish(hear_out=not self._quit)

    def _end(self, reply: Reply) -> None:
        self.write(reply.encode())
        self.finish(hear_out=True)

    def _move_deadline(self) -> None:
        self.deadline = min(self.doorway.clock.monotonic() + self._role.patience(), self._last)

    def _cipher(self) -> str:
        ssl_object = self.transport.get_extra_info("ssl_object")
        if ssl_object is None:
            return ""
        return f"{ssl_object.version()}, {(ssl_object.cipher() or ('?',))[0]}"

    def _talked_early(self) -> None:
        """RFC 5321 §3.1: a client waits for the greeting. Those that do not are nearly all made to send spam."""
        if self._greeting is not None:
            self._greeting.cancel()
            self._greeting = None
        self._role.note_early(self.session)
        self._end(replies.EARLY_TALKER)

    # --- what each event asks for ---

    def _hello(self, event: events.Hello) -> None:
        self._incoming.drop()
        self.answer(self._role.hello(self.session, event.name, event.extended))

    def _mail(self, event: events.Mail) -> None:
        self.answer(self._incoming.sender(event.envelope))

    def _rcpt(self, event: events.Rcpt) -> None:
        self.answer(self._incoming.recipient(event.recipient))

    def _data(self, _event: events.DataRequested) -> None:
        self._body_since = self.doorway.clock.monotonic()
        self.answer(replies.START_INPUT)

    def _body(self, event: events.Body) -> None:
        if event.last:
            answer = self._incoming.finish(event.data, event.defect.reply if event.defect is not None else None)
            if isinstance(answer, Reply):
                self._give_final(answer)
            else:
                self._wait_for(answer, self._give_final)
            return
        if not self._fast_enough(event.octets):
            self._incoming.drop()
            self._end(replies.TIMED_OUT)
            self._waiting = True
            return
        pending = self._incoming.take(event.data) if event.defect is None else None
        if pending is not None:
            self._hold_until(pending)

    def _fast_enough(self, octets: int) -> bool:
        """A body may come slowly, not drop by drop: after a while its average counts. Moves the deadline when it is."""
        now = self.doorway.clock.monotonic()
        elapsed = now - self._body_since
        settings = self._role.settings
        self.deadline = now + settings.data_timeout
        return elapsed < settings.slow_after or octets >= elapsed * settings.slowest

    def _hold_until(self, pending: "asyncio.Future[None]") -> None:
        """Read no more before the octets are in their file: the network must not fill the memory."""
        self._waiting = True
        self.transport.pause_reading()

        def written(done: "asyncio.Future[None]") -> None:
            if self.closing or done.cancelled():
                return
            if (error := done.exception()) is not None:
                self._incoming.spoilt(error)
            self._resume()

        pending.add_done_callback(written)

    def _give_final(self, reply: Reply) -> None:
        """RFC 2033 §4.2: LMTP answers once for each recipient; all share one commit, so all get the same answer."""
        recipients = self._incoming.recipients
        if self._role.is_lmtp and recipients:
            self._proto.reply_each([reply] * recipients)
        else:
            self._proto.reply(reply)

    def _reset(self, _event: events.Reset) -> None:
        self._incoming.drop()

    def _start_tls(self, _event: events.StartTls) -> None:
        self._incoming.drop()
        self._waiting = True
        self.write(self._proto.take_output())
        self.deadline = NEVER  # the handshake has its own
        self.start_tls()

    def _auth(self, event: events.Auth) -> None:
        if self._signin is None:
            self._signin = SignIn(self._role, self.session)
        if isinstance(event.step, NeedVerifier):
            self._wait_for(self._signin.verifier(event.step), self._give_verifier)
        else:
            self.answer(self._signin.judge(event))

    def _give_verifier(self, verifier: ScramVerifier | Reply) -> None:
        if isinstance(verifier, Reply):
            self._proto.reply(verifier)
        else:
            self._proto.provide_verifier(verifier, self._role.nonce())

    def _auth_done(self, event: events.AuthDone) -> None:
        assert self._signin is not None
        self.answer(self._signin.judge(event))

    def _xclient(self, event: events.Xclient) -> None:
        self._role.xclient(self.session, event.attributes)
        self._signin = None  # guesses are counted for the peer that makes them
        self.answer(replies.OK)

    def _wrong(self, event: events.ProtocolError) -> None:
        self._role.note_wrong(self.session.peer, event.text, event.reply)

    def _told(self, _event: object) -> None:
        """Nothing to do: the conversation has answered."""

    def _quit_said(self, _event: events.Quit) -> None:
        self._quit = True


_HANDLERS: dict[type[events.Event], Callable[..., None]] = {
    events.Hello: SmtpConnection._hello,
    events.Mail: SmtpConnection._mail,
    events.Rcpt: SmtpConnection._rcpt,
    events.DataRequested: SmtpConnection._data,
    events.Body: SmtpConnection._body,
    events.Reset: SmtpConnection._reset,
    events.StartTls: SmtpConnection._start_tls,
    events.Auth: SmtpConnection._auth,
    events.AuthDone: SmtpConnection._auth_done,
    events.Xclient: SmtpConnection._xclient,
    events.ProtocolError: SmtpConnection._wrong,
    events.Vrfy: SmtpConnection._told,
    events.Quit: SmtpConnection._quit_said,
    events.Closed: SmtpConnection._told,
}
