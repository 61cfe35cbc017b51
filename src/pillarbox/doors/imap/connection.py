"""How does a mail program work with mailboxes by IMAP? What each event of the conversation is answered with."""

from collections.abc import Callable
from functools import partial

from pillarbox.accounts.account import Account
from pillarbox.doors.signing_in import Refusal, SigningIn
from pillarbox.net.connection import Doorway
from pillarbox.proto.imap import commands, events
from pillarbox.proto.imap.completion import Completion
from pillarbox.proto.imap.server import ServerConnection
from pillarbox.proto.sasl import NeedVerifier
from pillarbox.proto.sasl_lines import Auth, AuthDone
from pillarbox.proto.scram import ScramVerifier

from . import appending, dispatch, general, refusals
from .appending import Uploading
from .pump import Pump
from .role import ImapRole


class ImapConnection(Pump):
    """One peer of an IMAP listener."""

    __slots__ = ("_signing_in", "_uploading")

    def __init__(self, role: ImapRole, doorway: Doorway, proxied: tuple[str, int] | None = None) -> None:
        super().__init__(role, doorway, proxied)
        self._uploading: Uploading | None = None

    def _answer(self, event: events.Event) -> None:
        _HANDLERS[type(event)](self, event)

    def _expects_more(self, proto: ServerConnection) -> bool:
        return self._uploading is not None or proto.buffered > 0

    async def _tell_news(self) -> None:
        await dispatch.tell_news(self._session)

    async def _leave(self) -> None:
        self._drop_upload()
        if self._visit.account is not None:
            self._role.services.crowd.leave(self._visit.account.id)
        await general.leave_all(self._session)

    # --- signing in ---

    def _forget_sign_ins(self) -> None:
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
        self._forget_sign_ins()
        self._move_deadline()

    def _idles(self, _: None) -> None:
        """RFC 9051 §6.3.13: from now on changes are told when they happen."""

    def _idle_done(self, _event: events.IdleDone) -> None:
        self._do(dispatch.end_idle(self._session), partial(self._complete, commands.Idle()))

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
