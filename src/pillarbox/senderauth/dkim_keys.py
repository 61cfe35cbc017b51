"""How is a signing key made, kept and published? RFC 6376 §3.6, RFC 8301 §3.2, RFC 8463 §4."""

from base64 import b64encode
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

PrivateKey: TypeAlias = RSAPrivateKey | Ed25519PrivateKey
RSA_BITS = 2048  # RFC 8301 §3.2: at least 2048 is what signers should use; more does not fit every DNS answer
_RSA_BITS_MIN = 1024
_STRING_MAX = 255  # RFC 1035 §3.3: octets of one character-string


class KeyUnusable(ValueError):
    """This is no key to sign mail with; the text says why."""


def make_rsa(bits: int = RSA_BITS) -> RSAPrivateKey:
    """A new RSA key; takes a while (0.1 s of CPU and more)."""
    return generate_private_key(65537, bits)


def make_ed25519() -> Ed25519PrivateKey:
    """A new Ed25519 key."""
    return Ed25519PrivateKey.generate()


def pem(key: PrivateKey) -> bytes:
    """The key as PKCS #8 in PEM, not encrypted: who reads it signs as its domain."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def from_pem(octets: bytes) -> PrivateKey:
    """The key in a PEM file (PKCS #8, or RSA's own form); KeyUnusable when there is none to sign mail with."""
    try:
        key = load_pem_private_key(octets, password=None)
    except TypeError as error:
        raise KeyUnusable("the key is encrypted with a password") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise KeyUnusable("this is no private key in PEM") from error
    if not isinstance(key, RSAPrivateKey | Ed25519PrivateKey):
        raise KeyUnusable("DKIM signs with RSA and Ed25519 only")
    if isinstance(key, RSAPrivateKey) and key.key_size < _RSA_BITS_MIN:
        # RFC 8301 §3.2: "Signers MUST use RSA keys of at least 1024 bits for all keys."
        raise KeyUnusable(f"an RSA key of {key.key_size} bits is too short: receivers take {_RSA_BITS_MIN} at least")
    return key


def kind(key: PrivateKey) -> str:
    """What k= says of it: rsa or ed25519."""
    return "rsa" if isinstance(key, RSAPrivateKey) else "ed25519"


def record(key: PrivateKey) -> str:
    """The text of its TXT record, in one piece."""
    return f"v=DKIM1; k={kind(key)}; p={b64encode(_public(key)).decode()}"


def _public(key: PrivateKey) -> bytes:
    if isinstance(key, RSAPrivateKey):
        return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def zone_text(text: str) -> str:
    """``text`` as a zone file writes it: quoted strings of at most 255 octets, which readers join (RFC 6376 §3.6.2.2).

    ``text`` is printable ASCII without quotes and backslashes, as every record made here.
    """
    parts = [text[start : start + _STRING_MAX] for start in range(0, len(text), _STRING_MAX)]
    return " ".join([f'"{part}"' for part in parts])
