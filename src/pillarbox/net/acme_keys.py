"""How does an ACME client sign, and how does it name its key? JWS with ES256. RFC 7515, RFC 7518 §3.4, RFC 7638."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

Json: TypeAlias = str | int | float | bool | Sequence["Json"] | Mapping[str, "Json"] | None
_COORDINATE = 32  # octets of P-256


def b64(octets: bytes) -> str:
    """Base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def make_key() -> bytes:
    """A new P-256 key as PEM."""
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def load_key(pem: bytes) -> ec.EllipticCurvePrivateKey:
    """The P-256 key in ``pem``; ValueError when it is none."""
    key = serialization.load_pem_private_key(pem, None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise ValueError("it is no P-256 key")
    return key


class Account:
    """The key that an authority knows us by."""

    def __init__(self, pem: bytes) -> None:
        self._key = load_key(pem)
        numbers = self._key.public_key().public_numbers()
        # In the order that RFC 7638 §3.2 wants.
        self.jwk = {
            "crv": "P-256",
            "kty": "EC",
            "x": b64(numbers.x.to_bytes(_COORDINATE, "big")),
            "y": b64(numbers.y.to_bytes(_COORDINATE, "big")),
        }
        self.thumbprint = b64(sha256(_json(self.jwk)).digest())

    def sign(self, header: Mapping[str, Json], payload: Json) -> bytes:
        """A JWS of ``payload``, flattened JSON (RFC 8555 §6.2); a payload of None is empty: "POST-as-GET"."""
        protected = b64(_json({"alg": "ES256", **header}))
        content = "" if payload is None else b64(_json(payload))
        der = self._key.sign(f"{protected}.{content}".encode("ascii"), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        signature = r.to_bytes(_COORDINATE, "big") + s.to_bytes(_COORDINATE, "big")
        return _json({"protected": protected, "payload": content, "signature": b64(signature)})

    def authorization(self, token: str) -> bytes:
        """What a challenge wants to see (RFC 8555 §8.1)."""
        return f"{token}.{self.thumbprint}".encode("ascii")


def request(pem: bytes, names: Sequence[str]) -> bytes:
    """A certificate signing request (RFC 2986) for ``names``, as DER. No common name: authorities want none."""
    alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    signed = builder.add_extension(alternative, critical=False).sign(load_key(pem), hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.DER)


def certificate_id(chain: bytes) -> str | None:
    """How ACME names the first certificate of a PEM chain (RFC 9773 §4.1); None when it does not say who issued it."""
    leaf = x509.load_pem_x509_certificates(chain)[0]
    try:
        issuer = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    except x509.ExtensionNotFound:
        return None
    if issuer is None:
        return None
    serial = leaf.serial_number
    return f"{b64(issuer)}.{b64(serial.to_bytes(serial.bit_length() // 8 + 1, 'big'))}"


def _json(value: Json) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
