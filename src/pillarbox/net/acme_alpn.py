"""How does an authority see in a TLS handshake that a name is ours? A certificate that says so. RFC 8737."""

import ssl
from collections.abc import Callable, MutableMapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from .acme_keys import load_key, make_key

PROTOCOL = "acme-tls/1"
DAYS = 7
_IDENTIFIER = x509.ObjectIdentifier("1.3.6.1.5.5.7.1.31")  # id-pe-acmeIdentifier, §6.1


class AlpnSolver:
    """``contexts``: by name, what is shown to whoever asks for that name and for the protocol acme-tls/1."""

    kind = "tls-alpn-01"

    def __init__(self, contexts: MutableMapping[str, ssl.SSLContext], now: Callable[[], float]) -> None:
        self._contexts = contexts
        self._now = now

    async def show(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        self._contexts[name] = _context(_proof(name, authorization, self._now()))

    async def hide(self, name: str, token: str, authorization: bytes) -> None:
        """See ``acme_order.Solver``."""
        self._contexts.pop(name, None)


def _proof(name: str, authorization: bytes, now: float) -> bytes:
    """§3: self-signed, for the name, with the digest of the key authorization; key and certificate as PEM."""
    pem = make_key()
    key, nobody = load_key(pem), x509.Name([])
    start = datetime.fromtimestamp(now, UTC) - timedelta(days=1)
    digest = b"\x04\x20" + sha256(authorization).digest()  # an OCTET STRING in DER
    made = (
        x509.CertificateBuilder()
        .subject_name(nobody)
        .issuer_name(nobody)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=True)
        .add_extension(x509.UnrecognizedExtension(_IDENTIFIER, digest), critical=True)
        .sign(key, hashes.SHA256())
    )
    return pem + made.public_bytes(serialization.Encoding.PEM)


def _context(pem: bytes) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols([PROTOCOL])
    with TemporaryDirectory() as folder:  # Python takes a key from files only; nobody else may enter this folder
        file = Path(folder) / "proof.pem"
        file.write_bytes(pem)
        context.load_cert_chain(file)
    return context
