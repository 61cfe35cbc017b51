"""What stands in a certificate, and does a chain lead to an authority? RFC 5280 as far as DANE needs it, RFC 6125 §6.4.

The chain is what a stranger sent: nothing in it is trusted before its signature is checked, and everything is bounded.
"""

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pillarbox.senderauth.tlsrpt import FailureType

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

DEPTH = 10
CHAIN = 20  # certificates of a chain that are looked at
_SEQUENCE, _VERSION = 0x30, 0xA0


class Untrusted(Exception):
    """A certificate is not to be trusted; ``result`` is the type of failure that RFC 8460 §4.3 has for it."""

    def __init__(self, words: str, result: str = FailureType.CERTIFICATE_NOT_TRUSTED) -> None:
        super().__init__(words)
        self.result = result


def public_key_info(certificate: bytes) -> bytes:
    """The SubjectPublicKeyInfo of a certificate, octet by octet as it stands there (RFC 5280 §4.1); ValueError."""
    at, _ = _enter(certificate, 0, _SEQUENCE)  # Certificate
    at, _ = _enter(certificate, at, _SEQUENCE)  # TBSCertificate
    if certificate[at : at + 1] == bytes([_VERSION]):
        at = _after(certificate, at)
    for _field in range(5):  # serialNumber, signature, issuer, validity, subject
        at = _after(certificate, at)
    _enter(certificate, at, _SEQUENCE)
    return certificate[at : _after(certificate, at)]


def _enter(der: bytes, at: int, tag: int) -> tuple[int, int]:
    """Where the contents of the element at ``at`` begin and end (X.690 §8.1)."""
    if at + 2 > len(der) or (tag and der[at] != tag):
        raise ValueError("this is no certificate")
    length, start = der[at + 1], at + 2
    if length & 0x80:
        count = length & 0x7F
        length, start = int.from_bytes(der[start : start + count], "big"), start + count
        if not 1 <= count <= 4:
            raise ValueError("this is no certificate")
    if start + length > len(der):
        raise ValueError("this is no certificate")
    return start, start + length


def _after(der: bytes, at: int) -> int:
    return _enter(der, at, 0)[1]


def verify_path(chain: Sequence[bytes], anchor: bytes, names: Sequence[str], now: float) -> None:
    """The first of ``chain`` is for one of ``names``, and signatures lead from it to ``anchor``; else Untrusted.

    ``now`` in POSIX seconds.
    """
    from cryptography import x509  # noqa: PLC0415  only hosts with DANE-TA need it, and it costs 60 ms
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415

    broken = (
        ValueError,
        UnsupportedAlgorithm,
        x509.InvalidVersion,
        x509.DuplicateExtension,
        x509.UnsupportedGeneralNameType,
    )
    try:
        *certificates, top = [_load(der) for der in (*chain[:CHAIN], anchor)]
        _check_name(certificates[0], names)
        _climb(certificates, top, datetime.fromtimestamp(now, UTC))
    except broken as error:
        raise Untrusted(f"a certificate cannot be read: {error}") from error


def _load(der: bytes) -> "Certificate":
    from cryptography import x509  # noqa: PLC0415

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what is odd about a stranger's certificate is no news for our operator
        return x509.load_der_x509_certificate(der)


def _climb(certificates: "list[Certificate]", top: "Certificate", now: datetime) -> None:
    current = certificates[0]
    _check_dates(current, now)
    for depth in range(DEPTH):
        issuer = next((c for c in [top, *certificates[1:]] if c != current and _issued(c, current, depth)), None)
        if issuer is None:
            break
        _check_dates(issuer, now)
        if issuer == top:
            return
        current = issuer
    raise Untrusted("the host's certificate was not issued by the authority that is published in signed DNS")


def _issued(issuer: "Certificate", certificate: "Certificate", below: int) -> bool:
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415

    if issuer.subject != certificate.issuer or not _is_authority(issuer, below):
        return False
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def _is_authority(certificate: "Certificate", below: int) -> bool:
    """RFC 5280 §4.2.1.9, §4.2.1.3: it may sign certificates, with ``below`` others between it and the host's own."""
    from cryptography import x509  # noqa: PLC0415

    try:
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except x509.ExtensionNotFound:
        return False
    try:
        may_sign = certificate.extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    except x509.ExtensionNotFound:
        may_sign = True
    return constraints.ca and may_sign and (constraints.path_length is None or below <= constraints.path_length)


def _check_dates(certificate: "Certificate", now: datetime) -> None:
    if certificate.not_valid_after_utc < now:
        raise Untrusted(
            f"a certificate expired on {certificate.not_valid_after_utc:%Y-%m-%d}", FailureType.CERTIFICATE_EXPIRED
        )
    if certificate.not_valid_before_utc > now:
        raise Untrusted(f"a certificate is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}")


def _check_name(certificate: "Certificate", names: Sequence[str]) -> None:
    shown = _names(certificate)
    if not any(is_for(pattern, name) for pattern in shown for name in names):
        told = ", ".join(shown[:5]) or "no host"
        raise Untrusted(
            f"the certificate is for {told}, not for {' or '.join(names)}", FailureType.CERTIFICATE_HOST_MISMATCH
        )


def _names(certificate: "Certificate") -> list[str]:
    """Its DNS names; where it has none, its common name (RFC 7672 §3.2.3, RFC 6125 §6.4.4)."""
    from cryptography import x509  # noqa: PLC0415

    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        found = alternative.get_values_for_type(x509.DNSName)
    except x509.ExtensionNotFound:
        found = []
    if found:
        return found
    common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return [str(attribute.value) for attribute in common[:1]]


def is_for(pattern: str, name: str) -> bool:
    """Whether a certificate's ``pattern`` covers ``name``: a star stands for one whole label, the first."""
    pattern, name = pattern.lower().rstrip("."), name.lower().rstrip(".")
    if not pattern.startswith("*."):
        return pattern == name
    _, dot, rest = name.partition(".")
    return bool(dot) and rest == pattern[2:] and "." in rest
