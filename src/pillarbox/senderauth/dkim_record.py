"""What does a key record say? RFC 6376 §3.6.1, with the keys of RFC 8301 (RSA) and RFC 8463 (Ed25519)."""

from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import load_der_public_key

from . import dkim_tags
from .dkim_tags import TagsError

PublicKey: TypeAlias = RSAPublicKey | Ed25519PublicKey
RECORD_MAX = 8192  # octets
# No honest key has more (65537 has 17); a larger one makes each look at a signature dear.
EXPONENT_BITS_MAX = 33
_PADDING = PKCS1v15()
_HASH = SHA256()


class RecordError(ValueError):
    """The record holds no key that can be used; the text says why."""


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """One key as its domain publishes it. ``testing``: t=y. ``exact``: t=s, no sub-domains in i=."""

    key: PublicKey
    kind: str
    bits: int
    testing: bool
    exact: bool

    def fits(self, octets: bytes, signature: bytes) -> bool:
        """Whether ``signature`` was made over ``octets`` with this key's other half."""
        try:
            if isinstance(self.key, RSAPublicKey):
                self.key.verify(signature, octets, _PADDING, _HASH)
            else:
                # RFC 8463 §3: PureEdDSA over the SHA-256 of what is signed.
                self.key.verify(signature, _sha256(octets))
        except InvalidSignature:
            return False
        return True


def _sha256(octets: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(octets)
    return digest.finalize()


@lru_cache(maxsize=1024)
def parse(record: bytes) -> KeyRecord:
    """The key of a TXT record (its strings joined); RecordError when there is none that can be used for mail."""
    if len(record) > RECORD_MAX:
        raise RecordError(f"the key record is longer than {RECORD_MAX} octets")
    try:
        tags = {name: tag.value for name, tag in dkim_tags.parse(record).items()}
    except TagsError as error:
        raise RecordError(f"the key record cannot be read: {error}") from error
    _check(tags)
    kind = tags.get(b"k", b"rsa")
    key = _key(kind, tags.get(b"p"))
    flags = dkim_tags.colon_list(tags.get(b"t", b""))
    bits = key.key_size if isinstance(key, RSAPublicKey) else 256
    return KeyRecord(key, kind.decode("ascii"), bits, b"y" in flags, b"s" in flags)


def _check(tags: dict[bytes, bytes]) -> None:
    # RFC 6376 §3.6.1: v= is not needed, but when it is there it stands first.
    if b"v" in tags and (tags[b"v"] != b"DKIM1" or next(iter(tags)) != b"v"):
        raise RecordError("the key record is of no version of DKIM that anybody knows")
    if b"h" in tags and b"sha256" not in dkim_tags.colon_list(tags[b"h"]):
        raise RecordError("the key may not be used with SHA-256")
    services = dkim_tags.colon_list(tags.get(b"s", b"*"))
    if b"*" not in services and b"email" not in services:
        raise RecordError("the key is not for mail")


def _key(kind: bytes, value: bytes | None) -> PublicKey:
    if value is None:
        raise RecordError("the key record holds no key")
    if not value:
        # RFC 6376 §3.6.1: "An empty value means that this public key has been revoked".
        raise RecordError("the key was revoked")
    try:
        octets = dkim_tags.base64(value)
    except TagsError as error:
        raise RecordError(f"the key in the key record {error}") from error
    if kind == b"rsa":
        return _rsa(octets)
    if kind == b"ed25519":
        return _ed25519(octets)
    raise RecordError("the key is of a kind that nobody knows")


def _rsa(octets: bytes) -> RSAPublicKey:
    """RFC 6376 §3.6.1: an RSAPublicKey of RFC 8017, or (what all publish: erratum 3017) a SubjectPublicKeyInfo."""
    try:
        key = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise RecordError("the key in the key record cannot be read") from error
    if not isinstance(key, RSAPublicKey):
        raise RecordError("the key in the key record is not for RSA, as the record says")
    if key.public_numbers().e.bit_length() > EXPONENT_BITS_MAX:
        raise RecordError("the key in the key record has an exponent beyond all use")
    return key


def _ed25519(octets: bytes) -> Ed25519PublicKey:
    """RFC 8463 §4: the 32 octets of the key, with nothing around them."""
    try:
        return Ed25519PublicKey.from_public_bytes(octets)
    except ValueError as error:
        raise RecordError("the key in the key record is not of the size that Ed25519 has") from error
