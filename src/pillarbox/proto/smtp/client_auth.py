"""How does a client sign in? PLAIN, LOGIN and SCRAM-SHA-256 from the other side. RFC 4954, RFC 4616, RFC 7677."""

from typing import Protocol

from pillarbox.proto.scram import ScramClient

# The order in which we choose: SCRAM shows the password to nobody, not even to the server.
PREFERRED = ("SCRAM-SHA-256", "PLAIN", "LOGIN")


class Dialogue(Protocol):
    """One sign-in. ``initial`` goes with AUTH itself; None: the mechanism has no initial response.

    ``is_satisfied``: a 235 may be believed, the server has proved what the mechanism makes it prove.
    """

    initial: bytes | None

    @property
    def mechanism(self) -> str:
        """Its name in EHLO."""

    @property
    def is_satisfied(self) -> bool:
        """See the class."""

    def respond(self, challenge: bytes) -> bytes:
        """The response to a challenge; ValueError when the challenge makes no sense or the server's proof is wrong."""


def choose(offered: tuple[str, ...], user: str, password: str, nonce: bytes) -> Dialogue | None:
    """The best mechanism that both sides know; None when there is none.

    ``nonce``: scram.NONCE_SIZE random octets. ValueError: the password holds a control character (RFC 8265 §4.2).
    """
    name = next((name for name in PREFERRED if name in offered), None)
    if name == "SCRAM-SHA-256":
        return Scram(user, password, nonce)
    if name == "PLAIN":
        return Plain(user, password)
    return Login(user, password) if name == "LOGIN" else None


class Plain:
    """RFC 4616: everything in one response."""

    mechanism = "PLAIN"
    is_satisfied = True

    def __init__(self, user: str, password: str) -> None:
        self.initial: bytes | None = b"\0" + user.encode() + b"\0" + password.encode()

    def respond(self, challenge: bytes) -> bytes:
        """PLAIN has no challenges."""
        raise ValueError("the server asks for more than PLAIN has to give")


class Login:
    """The old two-question form: the user, then the password, whatever the questions say."""

    mechanism = "LOGIN"
    is_satisfied = True

    def __init__(self, user: str, password: str) -> None:
        self.initial: bytes | None = None
        self._answers = [password.encode(), user.encode()]

    def respond(self, challenge: bytes) -> bytes:
        """The user, then the password."""
        if not self._answers:
            raise ValueError("the server asks a third question, LOGIN has two")
        return self._answers.pop()


class Scram:
    """RFC 5802: proves that both sides know the password; the server's proof is checked before 235 is believed."""

    mechanism = "SCRAM-SHA-256"

    def __init__(self, user: str, password: str, nonce: bytes) -> None:
        self._exchange = ScramClient(user, password, nonce)
        self.initial: bytes | None = self._exchange.first
        self._is_proof_sent = False
        self.is_satisfied = False

    def respond(self, challenge: bytes) -> bytes:
        """Our proof for the server's first message, nothing for its last (RFC 5802 §5)."""
        if not self._is_proof_sent:
            self._is_proof_sent = True
            return self._exchange.final(challenge)
        self._exchange.check(challenge)
        self.is_satisfied = True
        return b""
