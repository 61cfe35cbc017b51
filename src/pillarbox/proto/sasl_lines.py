"""How does a SASL exchange travel in lines of text? RFC 4954 §4, RFC 5034 §4: base64, "=" for nothing, "*" to give up.

The mark in front of a challenge ("334 ", "+ ") and the words of a refusal are each protocol's own.
"""

from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from .sasl import Challenge, CheckPassword, Failed, NeedVerifier, Step, Verified, exchange
from .scram import ScramVerifier


@dataclass(frozen=True, slots=True)
class Auth:
    """Owed: a verdict for CheckPassword, a refusal for Failed, ``provide_verifier`` for NeedVerifier.

    ``mechanism`` is a SASL mechanism, or "USER" for USER and PASS of POP3.
    """

    mechanism: str
    step: CheckPassword | NeedVerifier | Failed


@dataclass(frozen=True, slots=True)
class AuthDone:
    """Owed: a verdict. ``user`` has proved itself by SCRAM; ``authzid`` is whom it wants to act for, or ""."""

    mechanism: str
    user: str
    authzid: str


class Ask(NamedTuple):
    """``text`` goes to the client behind the protocol's mark; its next line answers it."""

    text: str


class Spoilt(Enum):
    """Why the attempt is over before anybody was asked."""

    GIVEN_UP = "*"
    NOT_BASE64 = "?"


Outcome = Ask | Auth | AuthDone | Spoilt


class SigningIn:
    """One AUTH command with ``mechanism``, one of sasl.MECHANISMS, up to the moment when the door decides."""

    __slots__ = ("_exchange", "_mechanism", "_verified")

    def __init__(self, mechanism: str) -> None:
        self._mechanism = mechanism
        self._exchange = exchange(mechanism)
        self._verified: Verified | None = None

    def start(self, initial: str | None) -> Outcome:
        """The first step, with the initial response that stood in the command, if one did."""
        if initial is None:
            return self._told(self._exchange.start(None))
        response = b"" if initial == "=" else _decode(initial.encode())
        return Spoilt.NOT_BASE64 if response is None else self._told(self._exchange.start(response))

    def respond(self, line: bytes) -> Outcome:
        """The step after the client's ``line``."""
        text = line.strip()
        if text == b"*":
            return Spoilt.GIVEN_UP
        response = _decode(text)
        if response is None:
            return Spoilt.NOT_BASE64
        if self._verified is not None:
            return AuthDone(self._mechanism, self._verified.user, self._verified.authzid)
        return self._told(self._exchange.respond(response))

    def provide(self, verifier: ScramVerifier | None, nonce: bytes) -> Outcome:
        """The step after NeedVerifier."""
        return self._told(self._exchange.provide(verifier, nonce))

    def _told(self, step: Step) -> Outcome:
        match step:
            case Challenge(data):
                return _ask(data)
            case Verified(final=final):
                # RFC 4954 §4, RFC 5034 §4: a success carries no data, so the server's last word is one more challenge.
                self._verified = step
                return _ask(final)
            case _:
                return Auth(self._mechanism, step)


def _ask(data: bytes) -> Ask:
    return Ask(b64encode(data).decode("ascii"))


def _decode(text: bytes) -> bytes | None:
    try:
        return a2b_base64(text, strict_mode=True)
    except Base64Error:
        return None
