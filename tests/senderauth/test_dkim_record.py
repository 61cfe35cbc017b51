"""Is a key record read as RFC 6376 §3.6.1 says, and no other key taken?"""

from base64 import b64encode
from itertools import count

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from pillarbox.senderauth import dkim
from pillarbox.senderauth.dkim import RecordError, read_record
from senderauth.letters import ed25519, rsa

RSA = dkim.record(rsa()).rpartition("p=")[2]
ED25519 = dkim.record(ed25519()).rpartition("p=")[2]


@pytest.mark.parametrize(
    ("record", "kind", "bits", "testing", "exact"),
    [
        (f"v=DKIM1; k=rsa; p={RSA}", "rsa", 2048, False, False),
        (f"p={RSA}", "rsa", 2048, False, False),
        (f"k=rsa; t=y : s ; p={RSA[:40]} {RSA[40:]} ;", "rsa", 2048, True, True),
        (f"v=DKIM1;h=sha1:sha256;s=email;n=a note;g=*;p={RSA}", "rsa", 2048, False, False),
        (f"v=DKIM1; k=ed25519; t=z; s=x:*; p={ED25519}", "ed25519", 256, False, False),
    ],
    ids=count(),  # the keys are others in each process
)
def test_good(record: str, kind: str, bits: int, testing: bool, exact: bool) -> None:
    found = read_record(record.encode())
    assert (found.kind, found.bits, found.testing, found.exact) == (kind, bits, testing, exact)


def test_the_bare_key_of_the_rfc() -> None:
    bare = rsa().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)
    assert read_record(b"p=" + b64encode(bare)).bits == 2048


def _odd_exponent() -> str:
    numbers = rsa().public_key().public_numbers()
    key = RSAPublicNumbers((1 << 40) + 1, numbers.n).public_key()
    return b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (f"p={RSA}; v=DKIM1", "version"),
        (f"v=DKIM2; p={RSA}", "version"),
        (f"v=dkim1; p={RSA}", "version"),
        ("v=DKIM1; p=", "revoked"),
        ("v=DKIM1; k=rsa", "holds no key"),
        ("v=spf1 -all", "cannot be read|version"),
        ("", "cannot be read"),
        (f"p={RSA}; p={RSA}", "twice"),
        (f"p={RSA[:-5]}", "base64"),
        (f"p={RSA[:-8]}", "cannot be read"),
        (f"p={ED25519}", "cannot be read"),
        (f"k=ed25519; p={RSA}", "not of the size"),
        (f"k=dsa; p={RSA}", "of a kind"),
        (f"h=sha1; p={RSA}", "SHA-256"),
        (f"s=tlsrpt; p={RSA}", "not for mail"),
        (f"p={_odd_exponent()}", "exponent"),
        (f"n={'x' * 9000}; p={RSA}", "longer"),
    ],
    ids=count(),
)
def test_bad(record: str, reason: str) -> None:
    with pytest.raises(RecordError, match=reason):
        read_record(record.encode())


def test_an_elliptic_key_is_not_rsa() -> None:
    der = ed25519().public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(RecordError, match="not for RSA"):
        read_record(b"k=rsa; p=" + b64encode(der))
