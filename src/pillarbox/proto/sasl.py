"""How does a client sign in, step by step? SASL, RFC 4422: PLAIN (RFC 4616), LOGIN, SCRAM-SHA-256 (RFC 7677).

The steps are raw octets; how they are coded and framed (334 in SMTP, "+ " in POP3) is each protocol's own.
Passwords are handed on as they came: whoever hashes them calls ``scram.prepare`` first.
"""

from typing import NamedTuple, Protocol

from .scram import ClientFirst, ScramError, ScramServer, ScramVerifier, decoy_verifier

MECHANISMS = ("SCRAM-SHA-256", "PLAIN", "LOGIN")
"""What can be offered, the best first."""


class Challenge(NamedTuple):
    """``data`` goes to the client, who answers through ``respond``."""

    data: bytes


class CheckPassword(NamedTuple):
    """The client says to be ``user`` and to know ``password``; ``authzid`` is whom it wants to act for, or ""."""

    user: str
    password: str
    authzid: str

    def __repr__(self) -> str:
        return f"CheckPassword(user={self.user!r}, password=..., authzid={self.authzid!r})"


class NeedVerifier(NamedTuple):
    """The verifier of ``user`` must be given through ``provide``."""

    user: str


class Verified(NamedTuple):
    """The client has proved to be ``user``. ``final`` is still to be sent as a challenge; its answer is empty."""

    user: str
    authzid: str
    final: bytes


class Failed(NamedTuple):
    """It came to nothing. ``reason`` is for the log; ``user`` is whom the client said to be, or ""."""

    reason: str
    user: str = ""


Step = Challenge | CheckPassword | NeedVerifier | Verified | Failed


class Exchange(Protocol):
    """One attempt to sign in."""

    def start(self, initial: bytes | None) -> Step:
        """The first step, with the client's initial response if it sent one."""
        ...

    def respond(self, response: bytes) -> Step:
        """The step after the client answered a Challenge."""
        ...

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Step:
        """The step after NeedVerifier. ``nonce`` is random. An unknown user deserves a ``decoy_verifier``; None takes
        one that a stranger could recompute."""
        ...


def exchange(mechanism: str) -> Exchange:
    """A new attempt with ``mechanism``, one of MECHANISMS; KeyError for any other."""
    return _EXCHANGES[mechanism]()


class _Plain:
    """RFC 4616 §2: message = [authzid] NUL authcid NUL passwd."""

    __slots__ = ()

    def start(self, initial: bytes | None) -> Step:
        return Challenge(b"") if initial is None else self.respond(initial)

    def respond(self, response: bytes) -> Step:
        parts = response.split(b"\0")
        if len(parts) != 3:
            return Failed("PLAIN needs a name and a password, parted by NUL")
        authzid, user, password = map(_text, parts)
        if authzid is None or not user or not password:
            return Failed("a name or a password is missing or not UTF-8")
        return CheckPassword(user, password, authzid)

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Step:
        return Failed("PLAIN needs no verifier")


class _Login:
    """draft-murchison-sasl-login: two questions. Old, and still what many programs and devices speak."""

    __slots__ = ("_user",)

    def __init__(self) -> None:
        self._user: str | None = None

    def start(self, initial: bytes | None) -> Step:
        return Challenge(b"Username:") if initial is None else self.respond(initial)

    def respond(self, response: bytes) -> Step:
        text = _text(response)
        if not text:
            return Failed("a name or a password is missing or not UTF-8", self._user or "")
        if self._user is None:
            self._user = text
            return Challenge(b"Password:")
        return CheckPassword(self._user, text, "")

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Step:
        return Failed("LOGIN needs no verifier")


class _Scram:
    """RFC 5802 §5: the client's first message, ours, the client's last, ours."""

    __slots__ = ("_client", "_server")

    def __init__(self) -> None:
        self._client: ClientFirst | None = None
        self._server: ScramServer | None = None

    def start(self, initial: bytes | None) -> Step:
        return Challenge(b"") if initial is None else self.respond(initial)

    def respond(self, response: bytes) -> Step:
        try:
            return self._prove(response) if self._server else self._greet(response)
        except ScramError as error:
            return Failed(str(error), self._client.user if self._client else "")

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Step:
        if self._client is None:
            return Failed("a verifier came before the client's first message")
        self._server = ScramServer(self._client, verifier or decoy_verifier(self._client.user, b""), nonce)
        return Challenge(self._server.challenge)

    def _greet(self, response: bytes) -> Step:
        self._client = ClientFirst.parse(response)
        return NeedVerifier(self._client.user)

    def _prove(self, response: bytes) -> Step:
        assert self._client is not None
        assert self._server is not None
        final = self._server.verify(response)
        return Verified(self._client.user, self._client.authzid, final)


_EXCHANGES: dict[str, type[_Plain | _Login | _Scram]] = {
    "SCRAM-SHA-256": _Scram,
    "PLAIN": _Plain,
    "LOGIN": _Login,
}


def _text(octets: bytes) -> str | None:
    """``octets`` as text, or None when they are none that a name or a password may be."""
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    return None if any(c < " " or c == "\x7f" for c in text) else text
