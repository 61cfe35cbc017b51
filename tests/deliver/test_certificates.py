"""A chain leads to an authority by valid signatures of those who may sign, in their time, for the right name."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pillarbox.deliver.certificates import Untrusted, is_for, public_key_info, verify_path

NOW = datetime(2026, 11, 23, tzinfo=UTC)
NAMES = ("mx.a.test", "a.test")


@dataclass(frozen=True)
class Made:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)


def made(
    name: str,
    issuer: Made | None = None,
    *,
    ca: bool = True,
    depth: int | None = None,
    hosts: tuple[str, ...] = (),
    signs: bool | None = None,
    days: int = 30,
    subject_of: Made | None = None,
) -> Made:
    """``issuer`` None: self-signed. ``subject_of``: only the issuer's name is that one's."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    named = subject_of or issuer
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(named.certificate.subject if named else subject)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(NOW - timedelta(days=60))
        .not_valid_after(NOW + timedelta(days=days))
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=depth), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(map(x509.DNSName, hosts))), critical=False)
    if signs is not None:
        usage = x509.KeyUsage(True, False, False, False, False, signs, False, False, False)
        builder = builder.add_extension(usage, critical=True)
    return Made(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def leaf(issuer: Made, **more: object) -> Made:
    return made("mx.a.test", issuer, ca=False, hosts=("mx.a.test",), **more)  # type: ignore[arg-type]


def verify(anchor: Made, *chain: Made) -> None:
    verify_path([one.der for one in chain], anchor.der, NAMES, NOW.timestamp())


def test_a_chain_in_any_order_leads_to_its_authority() -> None:
    root = made("root", depth=1, signs=True)
    middle = made("middle", root, depth=0)
    own = leaf(middle)
    verify(root, own, middle, root)
    verify(root, own, root, made("stranger"), middle)
    verify(middle, own, middle)


def refused(anchor: Made, *chain: Made) -> str:
    with pytest.raises(Untrusted) as caught:
        verify(anchor, *chain)
    return str(caught.value)


def test_a_name_alone_is_no_signature() -> None:
    root = made("root")
    assert "not issued by" in refused(root, leaf(made("other"), subject_of=root), root)


def test_who_is_no_authority_signs_nothing() -> None:
    root = made("root")
    for nobody in (made("neighbour", root, ca=False), made("neighbour", root, signs=False)):
        assert "not issued by" in refused(root, leaf(nobody), nobody, root)


def test_an_authority_says_how_far_it_reaches() -> None:
    root = made("root", depth=0)
    middle = made("middle", root)
    assert "not issued by" in refused(root, leaf(middle), middle, root)


def test_each_certificate_has_its_time() -> None:
    root = made("root")
    assert "expired on 2026-11-22" in refused(root, leaf(root, days=-1), root)
    old = made("root", days=-1)
    assert "expired on 2026-11-22" in refused(old, leaf(old), old)


def test_the_name_is_in_the_certificate() -> None:
    root = made("root")
    assert "is for www.a.test, not for mx.a.test or a.test" in refused(
        root, made("mx.a.test", root, ca=False, hosts=("www.a.test",)), root
    )
    verify(root, made("mx.a.test", root, ca=False), root)  # RFC 7672 §3.2.3: the common name, where nothing else is
    verify(root, made("x", root, ca=False, hosts=("*.a.test",)), root)


def test_rubbish_is_not_trusted() -> None:
    root = made("root")
    own = leaf(root)
    for der in (b"", b"\x30", own.der[:-1], own.der + b"x"):
        with pytest.raises(Untrusted):
            verify_path([der, root.der], root.der, NAMES, NOW.timestamp())


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("mx.a.test", "MX.a.test.", True),
        ("*.a.test", "mx.a.test", True),
        ("*.a.test", "a.test", False),
        ("*.a.test", "b.mx.a.test", False),
        ("m*.a.test", "mx.a.test", False),
        ("*", "test", False),
        ("*.test", "a.test", False),
    ],
)
def test_a_star_is_one_whole_label(pattern: str, name: str, fits: bool) -> None:
    assert is_for(pattern, name) is fits


@pytest.mark.parametrize(
    "key",
    [
        ec.generate_private_key(ec.SECP384R1()),
        rsa.generate_private_key(65_537, 2_048),
        ed25519.Ed25519PrivateKey.generate(),
    ],
    ids=["ec", "rsa", "ed25519"],
)
def test_the_public_key_as_it_stands_there(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey,
) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(NOW)
        .not_valid_after(NOW)
        .sign(made("signer").key, hashes.SHA256())
    )
    expected = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert public_key_info(certificate.public_bytes(Encoding.DER)) == expected
