"""How does one prove to know a password without sending it? SCRAM-SHA-256, RFC 5802 and RFC 7677.

The server keeps a verifier that lets it check a proof, and not log in elsewhere. Random nonces are handed in.
Channel binding is not offered: there is no -PLUS, a client that demands it ("p=") is refused.
"""

import re
import unicodedata
from base64 import b64encode
from binascii import Error as Base64Error
from binascii import a2b_base64
from dataclasses import dataclass
from hashlib import pbkdf2_hmac, sha256
from hmac import compare_digest, digest

# RFC 7677 §4: at least 4096. The client pays for it at each login; old telephones are clients too.
ITERATIONS = 15_000
ITERATIONS_MIN = 4_096
# What a remote server may make us compute: about a quarter of a second.
ITERATIONS_MAX = 600_000
SALT_SIZE = 16
NONCE_SIZE = 18

# RFC 5802 §7: printable = %x21-2B / %x2D-7E
_PRINTABLE = rb"[\x21-\x2b\x2d-\x7e]+"
# client-first-message = gs2-cbind-flag "," [authzid] "," username "," nonce ["," extensions]
_CLIENT_FIRST = re.compile(
    rb"(([ny]|p=[^,]*),(?:a=([^,]+))?,)(n=([^,]+),r=(" + _PRINTABLE + rb")(?:,[A-Za-z]=[^,]+)*)\Z"
)
# client-final-message = channel-binding "," nonce ["," extensions] "," proof
_CLIENT_FINAL = re.compile(rb"(c=([A-Za-z0-9+/=]+),r=(" + _PRINTABLE + rb")(?:,[A-Za-z]=[^,]+)*),p=([A-Za-z0-9+/=]+)\Z")
# server-first-message = nonce "," salt "," iteration-count ["," extensions]
_SERVER_FIRST = re.compile(rb"r=(" + _PRINTABLE + rb"),s=([A-Za-z0-9+/=]+),i=([1-9][0-9]{0,8})(?:,[A-Za-z]=[^,]+)*\Z")
_SERVER_FINAL = re.compile(rb"v=([A-Za-z0-9+/=]+)(?:,[A-Za-z]=[^,]+)*\Z")
# In a saslname, "," is written =2C and "=" is written =3D; no other = may be there.
_ESCAPE = re.compile(r"=(2C|3D)?")


class ScramError(ValueError):
    """The other side broke the protocol or could not prove itself; ``str(error)`` says how."""


@dataclass(frozen=True, slots=True)
class ScramVerifier:
    """What a server keeps of a password (RFC 5802 §3): enough to check a proof."""

    salt: bytes
    iterations: int
    stored_key: bytes
    server_key: bytes


def prepare(password: str) -> str:
    """The one spelling under which a password is hashed: OpaqueString of RFC 8265 §4.2. ScramError when it has none."""
    if password.isascii():
        text = password
    else:
        spaced = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
        text = unicodedata.normalize("NFC", spaced)
    if not text or any(unicodedata.category(c) in {"Cc", "Cs"} for c in text):
        raise ScramError("a password is not empty and holds no control character")
    return text


def derive_verifier(password: str, salt: bytes, iterations: int = ITERATIONS) -> ScramVerifier:
    """The verifier of ``password``. ``salt`` is random, SALT_SIZE octets. Costs ``iterations`` hashes: off the loop."""
    salted = pbkdf2_hmac("sha256", prepare(password).encode(), salt, iterations)
    stored_key = sha256(digest(salted, b"Client Key", "sha256")).digest()
    return ScramVerifier(salt, iterations, stored_key, digest(salted, b"Server Key", "sha256"))


def decoy_verifier(user: str, secret: bytes, iterations: int = ITERATIONS) -> ScramVerifier:
    """A verifier that no password fits, always the same for ``user``: an unknown name looks like a known one."""
    name = user.encode("utf-8", "surrogatepass")
    salt = digest(secret, b"salt" + name, "sha256")[:SALT_SIZE]
    keys = (digest(secret, kind + name, "sha256") for kind in (b"stored", b"server"))
    return ScramVerifier(salt, iterations, next(keys), next(keys))


@dataclass(frozen=True, slots=True)
class ClientFirst:
    """The first message of a client, taken apart."""

    header: bytes
    authzid: str
    bare: bytes
    user: str
    nonce: bytes

    @classmethod
    def parse(cls, message: bytes) -> "ClientFirst":
        """ScramError when ``message`` is none, or demands channel binding."""
        match = _CLIENT_FIRST.match(message)
        if match is None:
            raise ScramError("this is no first message of SCRAM")
        header, flag, authzid, bare, user, nonce = match.groups()
        if flag.startswith(b"p="):
            raise ScramError("channel binding is not offered here")
        return cls(header, _name(authzid or b""), bare, _name(user), nonce)


class ScramServer:
    """One exchange, the server's side: ``challenge`` answers the client's first message, ``verify`` its last."""

    __slots__ = ("_client", "_message", "_nonce", "_verifier")

    def __init__(self, client: ClientFirst, verifier: ScramVerifier, nonce: bytes) -> None:
        self._client = client
        self._verifier = verifier
        self._nonce = client.nonce + b64encode(nonce)
        salt = b64encode(verifier.salt)
        self._message = b"r=%b,s=%b,i=%d" % (self._nonce, salt, verifier.iterations)

    @property
    def challenge(self) -> bytes:
        """The server's first message: nonce, salt and iteration count."""
        return self._message

    def verify(self, message: bytes) -> bytes:
        """The server's last message, which proves it to the client; ScramError when the client's proof is wrong."""
        match = _CLIENT_FINAL.match(message)
        if match is None:
            raise ScramError("this is no last message of SCRAM")
        without_proof, binding, nonce, proof = match.groups()
        # RFC 5802 §7: c= repeats the first message's header, so that nobody in between can change it.
        if _base64(binding) != self._client.header or nonce != self._nonce:
            raise ScramError("channel binding or nonce do not fit the first message")
        text = b",".join((self._client.bare, self._message, without_proof))
        signature = digest(self._verifier.stored_key, text, "sha256")
        client_key = _xor(_base64(proof), signature)
        if not compare_digest(sha256(client_key).digest(), self._verifier.stored_key):
            raise ScramError("the proof is wrong")
        return b"v=" + b64encode(digest(self._verifier.server_key, text, "sha256"))


class ScramClient:
    """One exchange, from the client's side: send ``first``, then ``final(server's first)``, then ``check(its last)``.

    ``nonce`` is random, NONCE_SIZE octets, never used before.
    """

    __slots__ = ("_bare", "_nonce", "_password", "_signature")

    def __init__(self, user: str, password: str, nonce: bytes) -> None:
        self._nonce = b64encode(nonce)
        self._password = prepare(password)
        name = user.replace("=", "=3D").replace(",", "=2C").encode()
        self._bare = b"n=%b,r=%b" % (name, self._nonce)
        self._signature = b""

    @property
    def first(self) -> bytes:
        """The client's first message."""
        return b"n,," + self._bare

    def final(self, server_first: bytes) -> bytes:
        """The client's last message; ScramError when the server's is malformed or asks for too little or too much."""
        match = _SERVER_FIRST.match(server_first)
        if match is None or not match[1].startswith(self._nonce) or match[1] == self._nonce:
            raise ScramError("the server's first message is malformed or answers somebody else")
        iterations = int(match[3])
        if not ITERATIONS_MIN <= iterations <= ITERATIONS_MAX:
            raise ScramError(f"{iterations} iterations are not within {ITERATIONS_MIN} to {ITERATIONS_MAX}")
        salted = pbkdf2_hmac("sha256", self._password.encode(), _base64(match[2]), iterations)
        client_key = digest(salted, b"Client Key", "sha256")
        without_proof = b"c=biws,r=" + match[1]
        text = b",".join((self._bare, server_first, without_proof))
        proof = _xor(client_key, digest(sha256(client_key).digest(), text, "sha256"))
        self._signature = digest(digest(salted, b"Server Key", "sha256"), text, "sha256")
        return without_proof + b",p=" + b64encode(proof)

    def check(self, server_final: bytes) -> None:
        """ScramError unless ``server_final`` proves that the server knows the verifier too."""
        match = _SERVER_FINAL.match(server_final)
        if match is None or not self._signature or not compare_digest(_base64(match[1]), self._signature):
            raise ScramError("the server could not prove that it knows the password")


def _name(octets: bytes) -> str:
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise ScramError("a name is not UTF-8") from error
    if any(found[1] is None for found in _ESCAPE.finditer(text)) or "\0" in text:
        raise ScramError("a name holds an = that is no =2C or =3D, or a NUL")
    return text.replace("=2C", ",").replace("=3D", "=")


def _base64(text: bytes) -> bytes:
    try:
        return a2b_base64(text, strict_mode=True)
    except Base64Error as error:
        raise ScramError("a value is not base64") from error


def _xor(left: bytes, right: bytes) -> bytes:
    if len(left) != len(right):
        raise ScramError("the proof has the wrong length")
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).to_bytes(len(left), "big")
