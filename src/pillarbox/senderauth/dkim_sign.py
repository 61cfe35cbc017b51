"""How does a domain sign a message? RFC 6376 §5: relaxed/relaxed, with one field for each of its keys.

What is signed once is signed as absent too: nobody can add a second From or Subject without breaking the signature
(oversigning, RFC 6376 §8.15).
"""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from . import dkim_keys
from .dkim_body import Body
from .dkim_header import Fields, relaxed_field
from .dkim_keys import PrivateKey

OVERSIGNED = (
    b"From", b"To", b"Cc", b"Reply-To", b"Subject", b"Date", b"Message-ID", b"In-Reply-To", b"References",
    b"MIME-Version", b"Content-Type", b"Content-Transfer-Encoding",
)  # fmt: skip
# RFC 6376 §5.4.1: worth signing when there; but mailing lists add them, so their absence is not signed.
SIGNED = (
    b"Sender", b"Content-Disposition", b"Content-ID", b"Content-Description", b"Resent-From", b"Resent-Sender",
    b"Resent-To", b"Resent-Cc", b"Resent-Date", b"Resent-Message-ID", b"List-Id", b"List-Help", b"List-Unsubscribe",
    b"List-Unsubscribe-Post", b"List-Subscribe", b"List-Post", b"List-Owner", b"List-Archive", b"Autocrypt",
)  # fmt: skip
BODY = Body()
"""How the body must be hashed for a signer: relaxed, all of it."""

_LINE = 76  # octets to which the field is folded


@dataclass(frozen=True, slots=True)
class SignSettings:
    """``lifetime``: seconds after which a signature is void (x=), or None: a queue may hold mail for days."""

    lifetime: int | None = None
    oversigned: tuple[bytes, ...] = OVERSIGNED
    signed: tuple[bytes, ...] = SIGNED


class UnsoundHeader(ValueError):
    """The header has a CR or LF that ends no line, or no From field: a signature of it would say nothing certain."""


class Signer:
    """Signs as one domain with one key. ``domain`` and ``selector`` in A-labels."""

    __slots__ = ("_key", "_settings", "_start", "domain", "selector")

    def __init__(self, domain: str, selector: str, key: PrivateKey, settings: SignSettings) -> None:
        self.domain = domain
        self.selector = selector
        self._key = key
        self._settings = settings
        self._start = (
            f"DKIM-Signature: v=1; a={dkim_keys.kind(key)}-sha256; c=relaxed/relaxed;\r\n"
            f"\td={domain}; s={selector};\r\n\t"
        ).encode("ascii")

    def field(self, header: bytes | Fields, body_hash: bytes, now: float) -> bytes:
        """The DKIM-Signature field with its line end, to stand above the header.

        ``header``: the fields as they will be sent; UnsoundHeader when they cannot be signed. ``body_hash``: the digest
        for BODY. ``now``: POSIX seconds.
        """
        fields = header if isinstance(header, Fields) else Fields(header)
        if not fields.sound or not fields.count(b"from"):
            raise UnsoundHeader("the header has no From field, or a line that does not end in CRLF")
        names = signed_names(fields, self._settings)
        until = f" x={int(now) + self._settings.lifetime};" if self._settings.lifetime is not None else ""
        hollow = (
            self._start
            + f"t={int(now)};{until}\r\n\th=".encode("ascii")
            + folded_names(names)
            + b";\r\n\tbh="
            + b64encode(body_hash)
            + b";\r\n\tb="
        )
        chosen = fields.chosen([name.lower() for name in names], relaxed=True)
        return hollow + folded_base64(sign(self._key, chosen + relaxed_field(hollow))) + b"\r\n"


def sign_all(signers: Sequence[Signer], header: bytes, body_hash: bytes, now: float) -> bytes:
    """The fields of all ``signers``, one above the other; the header is read once. UnsoundHeader as for each."""
    fields = Fields(header)
    return b"".join([signer.field(fields, body_hash, now) for signer in signers])


def signed_names(fields: Fields, settings: SignSettings) -> list[bytes]:
    """What h= names: each field as often as it stands there, and the oversigned ones once more."""
    names = [name for name in settings.oversigned for _ in range(fields.count(name.lower()) + 1)]
    return names + [name for name in settings.signed for _ in range(fields.count(name.lower()))]


def sign(key: PrivateKey, octets: bytes) -> bytes:
    """The signature over ``octets``: RSASSA-PKCS1-v1_5 with SHA-256, or PureEdDSA over the SHA-256 (RFC 8463 §3)."""
    if isinstance(key, RSAPrivateKey):
        return key.sign(octets, PKCS1v15(), SHA256())
    digest = Hash(SHA256())
    digest.update(octets)
    return key.sign(digest.finalize())


def folded_names(names: Sequence[bytes]) -> bytes:
    """The names with colons between them, folded before a line grows too long."""
    lines, line = [], b""
    for name in names:
        if line and len(line) + len(name) > _LINE - 4:
            lines.append(line)
            line = b""
        line += b":" + name if line else name
    return b":\r\n\t ".join([*lines, line])


def folded_base64(octets: bytes) -> bytes:
    """Base64, folded into lines."""
    text = b64encode(octets)
    return b"\r\n\t ".join([text[start : start + _LINE - 4] for start in range(0, len(text), _LINE - 4)])
