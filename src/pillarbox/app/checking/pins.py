"""Which public keys does the server show, now and next? Their SHA-256, as TLSA 3 1 1 has them (RFC 6698 §2.1)."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from pillarbox.app.acme_files import NEXT_KEY, folder_of
from pillarbox.app.config import Loaded
from pillarbox.app.ground import certificate_paths


def pins(loaded: Loaded) -> tuple[bytes, ...]:
    """Of the certificate in use, then of the next key; those that are not there yet are left out."""
    return tuple(_found(certificate_paths(loaded).certificate, folder_of(loaded.data) / NEXT_KEY))


def _found(certificate: Path, next_key: Path) -> Iterator[bytes]:
    from cryptography import x509  # noqa: PLC0415 - 60 ms that only these commands pay
    from cryptography.hazmat.primitives.serialization import (  # noqa: PLC0415
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    if certificate.exists():
        public = x509.load_pem_x509_certificates(certificate.read_bytes())[0].public_key()
        yield sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    if next_key.exists():
        key = load_pem_private_key(next_key.read_bytes(), None)
        yield sha256(key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
