"""Which certificate and which TLS do we speak as a server? RFC 8996 (no TLS below 1.2), RFC 9325.

A certificate that is not given is made: self-signed, so that STARTTLS works from the first minute; senders that do not
verify are protected against listeners, and ``pillarbox doctor`` says what is missing for the others.
"""

import os
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

SELF_SIGNED_DAYS = 3650


@dataclass(frozen=True, slots=True)
class CertificatePaths:
    """PEM files: the certificate with its chain, and the private key."""

    certificate: Path
    key: Path


def server_context(paths: CertificatePaths, minimum: str = "1.2") -> ssl.SSLContext:
    """A context for listeners; ``minimum`` is "1.2" or "1.3". OSError or ssl.SSLError when the files cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3 if minimum == "1.3" else ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM")
    context.options |= ssl.OP_NO_COMPRESSION | ssl.OP_NO_RENEGOTIATION | ssl.OP_CIPHER_SERVER_PREFERENCE
    context.load_cert_chain(paths.certificate, paths.key)
    return context


class Certificates:
    """The context of the moment; ``reload`` reads the files anew while connections go on with what they have."""

    def __init__(self, paths: CertificatePaths, minimum: str = "1.2") -> None:
        self._paths = paths
        self._minimum = minimum
        self._context = server_context(paths, minimum)

    def context(self) -> ssl.SSLContext:
        """The context for the next handshake."""
        return self._context

    def use(self, paths: CertificatePaths) -> None:
        """Show another certificate from the next handshake on; the old one stays when it cannot be used (OSError,
        ssl.SSLError)."""
        self._context = server_context(paths, self._minimum)
        self._paths = paths

    def reload(self) -> None:
        """Read certificate and key anew; the old ones stay when the new ones cannot be used (OSError, ssl.SSLError)."""
        self._context = server_context(self._paths, self._minimum)


def why_broken(error: Exception) -> str:
    """Why a connection or a handshake came to nothing, without what only programmers read."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not to be trusted: {error.verify_message.rstrip('.')}"
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.replace("_", " ").lower()
    if isinstance(error, OSError) and error.errno and not isinstance(error, ssl.SSLError):
        return os.strerror(error.errno).lower()
    return str(error) or type(error).__name__


def make_self_signed(hostname: str, now: float) -> tuple[bytes, bytes]:
    """Certificate and key as PEM for ``hostname``, ECDSA P-256, valid from a day before ``now`` (POSIX seconds)."""
    # Imported here because only the first start ever needs it, and it costs 60 ms.
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, hostname[:64])])
    start = datetime.fromtimestamp(now, UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=SELF_SIGNED_DAYS))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(hostname)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return (
        certificate.public_bytes(serialization.Encoding.PEM),
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
    )
