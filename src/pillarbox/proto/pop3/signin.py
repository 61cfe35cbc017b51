"""How does a SASL exchange travel over POP3? RFC 5034 §4: "+ " and base64, "=" for an empty first response, "*"."""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from typing import NamedTuple

from pillarbox.proto.sasl import Challenge, CheckPassword, Failed, NeedVerifier, Verified, exchange
from pillarbox.proto.scram import ScramVerifier

from .commands import RefusedError
from .events import Auth, AuthDone
from .replies import AUTH_CANCELLED, BAD_BASE64


class ChallengeLine(NamedTuple):
    """What the client is asked, as it goes over the wire."""

    octets: bytes


Outcome = ChallengeLine | Auth | AuthDone
"""A challenge line to send, or what the door must be asked."""


class SigningIn:
    """One AUTH command, up to the moment when the door decides."""

    __slots__ = ("_exchange", "_mechanism", "_verified")

    def __init__(self, mechanism: str) -> None:
        self._mechanism = mechanism
        self._exchange = exchange(mechanism)
        self._verified: Verified | None = None

    def start(self, initial: str | None) -> Outcome:
        """The first step; RefusedError when ``initial`` is not base64."""
        if initial is None:
            return self._next(self._exchange.start(None))
        return self._next(self._exchange.start(b"" if initial == "=" else _decode(initial.encode())))

    def respond(self, line: bytes) -> Outcome:
        """The step after the client's ``line``; RefusedError when it gives up or sends no base64."""
        text = line.strip()
        if text == b"*":
            raise RefusedError(AUTH_CANCELLED)
        response = _decode(text)
        if self._verified is not None:
            user, authzid, _ = self._verified
            return AuthDone(self._mechanism, user, authzid)
        return self._next(self._exchange.respond(response))

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Outcome:
        """The step after NeedVerifier."""
        return self._next(self._exchange.provide(verifier, nonce))

    def _next(self, step: Challenge | CheckPassword | NeedVerifier | Verified | Failed) -> Outcome:
        match step:
            case Challenge(data):
                return _challenge(data)
            case Verified(final=final):
                # RFC 5034 §4: +OK carries no data, so the server's last word is one more challenge.
                self._verified = step
                return _challenge(final)
            case _:
                return Auth(self._mechanism, step)


def _challenge(data: bytes) -> ChallengeLine:
    return ChallengeLine(b"+ " + b64encode(data) + b"\r\n")


def _decode(text: bytes) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except Base64Error as error:
        raise RefusedError(BAD_BASE64) from error
