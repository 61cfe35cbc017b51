"""Is what comes in slices decoded to the same octets as the whole?"""

import base64
import quopri
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.mail import transfer
from pillarbox.mail.unwrapping import unwrapping

ENCODINGS = ["7bit", "8bit", "binary", "base64", "quoted-printable", ""]


def in_slices(octets: bytes, cuts: list[int], encoding: str) -> bytes:
    """``octets`` decoded, having come cut at ``cuts``."""
    kind = unwrapping(encoding)
    assert kind is not None
    unwrap = kind()
    borders = [0, *sorted({cut % (len(octets) + 1) for cut in cuts}), len(octets)]
    pieces = [octets[start:end] for start, end in pairwise(borders)]
    return b"".join([*map(unwrap.feed, pieces), unwrap.end()])


@given(st.binary(max_size=400), st.lists(st.integers(0, 2000), max_size=6))
def test_base64(content: bytes, cuts: list[int]) -> None:
    encoded = base64.encodebytes(content).replace(b"\n", b"\r\n")
    assert in_slices(encoded, cuts, "base64") == content


@given(st.binary(max_size=400), st.lists(st.integers(0, 2000), max_size=6))
def test_quoted_printable(content: bytes, cuts: list[int]) -> None:
    encoded = quopri.encodestring(content).replace(b"\n", b"\r\n")
    assert in_slices(encoded, cuts, "quoted-printable") == transfer.decode(encoded, "quoted-printable")


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(
    octets=st.binary(max_size=60) | st.text("ABab=\r\n \t+/-", max_size=60).map(str.encode),
    cuts=st.lists(st.integers(0, 60)),
)
def test_what_is_broken_too(octets: bytes, cuts: list[int], encoding: str) -> None:
    assert in_slices(octets, cuts, encoding) == transfer.decode(octets, encoding)


def test_an_encoding_that_nobody_knows() -> None:
    assert unwrapping("x-odd") is None
    assert transfer.decode(b"", "x-odd") is None
