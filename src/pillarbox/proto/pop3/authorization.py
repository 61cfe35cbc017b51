"""What do the commands of the AUTHORIZATION state do? RFC 1939 §7; AUTH of RFC 5034, STLS of 2595, UTF8 of 6856."""

from collections.abc import Callable

from pillarbox.proto.sasl import MECHANISMS, CheckPassword
from pillarbox.proto.sasl_lines import Ask, SigningIn, Spoilt
from pillarbox.proto.sasl_lines import Outcome as Step
from pillarbox.proto.scram import ScramVerifier

from . import commands, replies
from .commands import Command, RefusedError
from .events import Auth, AuthDone, StartTls
from .output import Listing
from .replies import Reply
from .settings import ServerSettings

Outcome = Reply | Listing | Ask | Auth | AuthDone | StartTls


class Authorization:
    """A session that is nobody's yet."""

    __slots__ = ("_signing_in", "_user")

    def __init__(self) -> None:
        self._user = ""
        self._signing_in: SigningIn | None = None

    def do(self, command: Command, settings: ServerSettings) -> Outcome:
        """What ``command`` comes to; RefusedError when it cannot be done."""
        return _COMMANDS[command.verb](self, command.argument, settings)

    def respond(self, line: bytes) -> Outcome:
        """What the client's answer to a challenge comes to; RefusedError when it ends the attempt."""
        assert self._signing_in is not None
        return _unspoilt(self._signing_in.respond(line))

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Outcome:
        """What a verifier comes to, after NeedVerifier."""
        assert self._signing_in is not None
        return _unspoilt(self._signing_in.provide(verifier, nonce))

    def forget(self) -> None:
        """The attempt is over."""
        self._signing_in = None

    def _name(self, argument: str, settings: ServerSettings) -> Reply:
        if not settings.user:
            raise RefusedError(replies.TLS_REQUIRED if settings.stls else replies.NO_LOGIN)
        self._user = commands.word(argument)
        # RFC 1939 §13: whether there is such a user is told to nobody.
        return replies.NAME_TAKEN

    def _pass(self, argument: str, _settings: ServerSettings) -> Auth:
        if not argument:
            raise RefusedError(replies.BAD_SYNTAX)
        # RFC 1939 §7: spaces belong to the password.
        return Auth("USER", CheckPassword(self._user, argument, ""))

    def _auth(self, argument: str, settings: ServerSettings) -> Listing | Ask | Auth | AuthDone:
        if not argument.strip():
            # Older than RFC 5034, and asked by programs to this day: which mechanisms are there?
            return Listing.of("Ways to sign in", settings.auth)
        mechanism, initial = commands.auth(argument)
        if mechanism not in settings.auth:
            needs_tls = settings.stls and mechanism in MECHANISMS
            raise RefusedError(replies.TLS_REQUIRED if needs_tls else replies.UNKNOWN_MECHANISM)
        self._signing_in = SigningIn(mechanism)
        return _unspoilt(self._signing_in.start(initial))

    def _apop(self, _argument: str, _settings: ServerSettings) -> Reply:
        raise RefusedError(replies.NO_APOP)

    def _stls(self, argument: str, settings: ServerSettings) -> StartTls:
        commands.nothing(argument)
        if not settings.stls:
            raise RefusedError(replies.NO_TLS)
        return StartTls()

    def _utf8(self, argument: str, _settings: ServerSettings) -> Reply:
        """RFC 6856 §2.1. Nothing changes: names, passwords and texts are UTF-8 here in any case, and a message goes
        out as it is stored whether this was said or not."""
        commands.nothing(argument)
        return replies.UTF8_ON


def _unspoilt(step: Step) -> Ask | Auth | AuthDone:
    """``step``; RefusedError when the client spoilt it."""
    if isinstance(step, Spoilt):
        raise RefusedError(replies.AUTH_CANCELLED if step is Spoilt.GIVEN_UP else replies.BAD_BASE64)
    return step


_COMMANDS: dict[str, Callable[[Authorization, str, ServerSettings], Outcome]] = {
    "USER": Authorization._name,
    "PASS": Authorization._pass,
    "AUTH": Authorization._auth,
    "APOP": Authorization._apop,
    "STLS": Authorization._stls,
    "UTF8": Authorization._utf8,
}
