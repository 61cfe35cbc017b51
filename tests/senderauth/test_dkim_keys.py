"""Can keys be made, kept and published, and does nothing else pass for one?"""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPrivateKey,
    RSAPrivateNumbers,
    RSAPublicNumbers,
    rsa_crt_dmp1,
    rsa_crt_dmq1,
    rsa_crt_iqmp,
)
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from pillarbox.senderauth import dkim
from pillarbox.senderauth.dkim import KeyUnusable, PrivateKey
from pillarbox.senderauth.dkim_sign import sign
from senderauth.letters import ed25519, rsa


@pytest.mark.parametrize("key", [rsa(), ed25519()])
def test_a_key_kept_is_the_same_key(key: PrivateKey) -> None:
    again = dkim.from_pem(dkim.pem(key))
    assert dkim.record(again) == dkim.record(key)
    published = dkim.read_record(dkim.record(key).encode())
    assert published.fits(b"x", sign(again, b"x"))
    assert not published.fits(b"y", sign(again, b"x"))


def test_the_old_form_of_rsa() -> None:
    old = rsa().private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert old.startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    assert dkim.record(dkim.from_pem(old)) == dkim.record(rsa())


def _encrypted() -> bytes:
    return rsa().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"x"))


def _elliptic() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("octets", "reason"),
    [
        (b"", "no private key"),
        (b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "no private key"),
        (_encrypted(), "encrypted"),
        (_elliptic(), "RSA and Ed25519 only"),
    ],
)
def test_what_is_no_key(octets: bytes, reason: str) -> None:
    with pytest.raises(KeyUnusable, match=reason):
        dkim.from_pem(octets)


def _short() -> RSAPrivateKey:
    """A key of 648 bits, of two well-known primes."""
    p, q, e = 2**521 - 1, 2**127 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    crt = rsa_crt_dmp1(d, p), rsa_crt_dmq1(d, q), rsa_crt_iqmp(p, q)
    return RSAPrivateNumbers(p, q, d, *crt, RSAPublicNumbers(e, p * q)).private_key()


def test_too_short() -> None:
    assert dkim.record(dkim.from_pem(dkim.pem(rsa(1024)))) == dkim.record(rsa(1024))
    with pytest.raises(KeyUnusable, match="648 bits is too short"):
        dkim.from_pem(dkim.pem(_short()))


def test_zone_text() -> None:
    text = dkim.record(rsa())
    written = dkim.zone_text(text)
    parts = written.split(" ")
    strings = written[1:-1].split('" "')
    assert len(text) > 255
    assert max(map(len, strings)) == 255
    assert "".join(strings) == text
    assert parts[0].startswith('"v=DKIM1;')
    assert dkim.zone_text("") == ""
