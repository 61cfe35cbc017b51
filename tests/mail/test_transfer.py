"""Is content decoded, as far as it goes when it is broken?"""

import base64
import quopri
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import transfer


@pytest.mark.parametrize("encoding", ["7bit", "8bit", "binary", ""])
def test_octets_as_they_are(encoding: str) -> None:
    assert transfer.decode(b"a=3D\r\n", encoding) == b"a=3D\r\n"


def test_an_encoding_that_nobody_knows() -> None:
    assert transfer.decode(b"a", "x-uuencode") is None


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8", b"hello"),
        (b"aGVsbG8=aGVsbG8=", b"hellohello"),
        (b"aGVs*bG8=", b"hello"),
        (b"aGVsbG8=\r\n-- \r\nsent by a list\r\n", b"hello" + base64.b64decode(b"sentbyalist=")),
        (b"aGVsb", b"hel"),
        (b"====", b""),
        (b"", b""),
    ],
)
def test_base64(octets: bytes, content: bytes) -> None:
    assert transfer.decode(octets, "base64") == content


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        (b"caf=C3=A9 =\r\nau lait", "café au lait".encode()),
        (b"end  \r\nnext \t\r\n", b"end\r\nnext\r\n"),
        (b"=zz =3d =", b"=zz = "),
        (b"=E9\r\n", b"\xe9\r\n"),
    ],
)
def test_quoted_printable(octets: bytes, content: bytes) -> None:
    assert transfer.decode(octets, "quoted-printable") == content


@given(st.binary(max_size=400))
def test_what_was_encoded_comes_back(content: bytes) -> None:
    assert transfer.decode(base64.encodebytes(content).replace(b"\n", b"\r\n"), "base64") == content
    if b"\r" not in content:
        lines = quopri.encodestring(content)
        assert transfer.decode(lines, "quoted-printable") == content


@given(st.binary(max_size=200), st.sampled_from(["base64", "quoted-printable"]))
def test_it_never_fails(octets: bytes, encoding: str) -> None:
    assert isinstance(transfer.decode(octets, encoding), bytes)


def test_padding_anywhere_never_fails() -> None:
    for size in range(9):
        for octets in product(b"A=", repeat=size):
            assert isinstance(transfer.decode(bytes(octets), "base64"), bytes)
    assert transfer.decode(b"AAAAAA=A", "base64") == b"\0\0\0\0"
