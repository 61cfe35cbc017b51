"""Is the hash of a body the one that RFC 6376 §3.4 defines, however it is cut? And never dear?"""

import re
import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.senderauth.dkim_body import Body, BodyHash, BodyHashes

PIECES = st.sampled_from([b" ", b"\t", b"\r\n", b"\r", b"\n", b"a", b"b c", b" \r\n", b"\r\n\r\n", b"\r\r\n", b"\xff"])
BODIES = st.lists(PIECES, max_size=24).map(b"".join)


def simple(body: bytes) -> bytes:
    """RFC 6376 §3.4.3, line by line."""
    while body.endswith(b"\r\n"):
        body = body[:-2]
    return body + b"\r\n"


def relaxed(body: bytes) -> bytes:
    """RFC 6376 §3.4.4, line by line."""
    lines = [re.sub(rb"[ \t]+", b" ", line).removesuffix(b" ") for line in body.split(b"\r\n")]
    while lines and not lines[-1]:
        lines.pop()
    return b"".join([line + b"\r\n" for line in lines])


def hashed(body: bytes, *wanted: Body, cuts: tuple[int, ...] = ()) -> dict[Body, BodyHash]:
    """The hashes of ``body``, handed over in slices."""
    hashes = BodyHashes(wanted)
    begin = 0
    for cut in (*sorted(cuts), len(body)):
        hashes.update(body[begin:cut])
        begin = max(begin, cut)
    return hashes.finish()


@pytest.mark.parametrize(
    ("body", "as_relaxed", "as_simple"),
    [
        (b" C \r\nD \t E\r\n\r\n\r\n", b" C\r\nD E\r\n", b" C \r\nD \t E\r\n"),  # RFC 6376 §3.4.5
        (b"", b"", b"\r\n"),  # RFC 6376 §3.4.3 and §3.4.4: where the two differ
        (b"\r\n\r\n", b"", b"\r\n"),
        (b" \t\r\n\r\n", b"", b" \t\r\n"),
        (b"a", b"a\r\n", b"a\r\n"),
        (b"a\r", b"a\r\r\n", b"a\r\r\n"),
        (b"a\n\r\n", b"a\n\r\n", b"a\n\r\n"),
    ],
)
def test_examples(body: bytes, as_relaxed: bytes, as_simple: bytes) -> None:
    assert (relaxed(body), simple(body)) == (as_relaxed, as_simple)
    found = hashed(body, Body(True), Body(False))
    assert found[Body(True)] == (sha256(as_relaxed).digest(), len(as_relaxed), len(as_relaxed))
    assert found[Body(False)] == (sha256(as_simple).digest(), len(as_simple), len(as_simple))


@given(BODIES, st.lists(st.integers(0, 40), max_size=6).map(tuple), st.integers(0, 30))
def test_any_body_cut_anywhere(body: bytes, cuts: tuple[int, ...], length: int) -> None:
    found = hashed(body, Body(True), Body(False), Body(True, length), Body(False, length), cuts=cuts)
    for way, canonical in ((True, relaxed(body)), (False, simple(body))):
        assert found[Body(way)] == (sha256(canonical).digest(), len(canonical), len(canonical))
        part = canonical[:length]
        assert found[Body(way, length)] == (sha256(part).digest(), len(part), len(canonical))
        assert found[Body(way, length)].rest == len(canonical) - len(part)


@pytest.mark.parametrize("unit", [b" ", b"\t", b"\r\n", b"\n", b"\r", b" \r\n", b"\r\n ", b"\n\r", b"a \t"])
def test_no_body_is_dear(unit: bytes) -> None:
    body = unit * (4_000_000 // len(unit))
    began = time.process_time()
    whole = hashed(body, Body(True), Body(False))
    cut = hashed(body, Body(True), Body(False), cuts=tuple(range(0, len(body), 4096)))
    assert time.process_time() - began < 2
    assert whole == cut


def test_nothing_is_asked_for() -> None:
    assert hashed(b"a \r\n") == {}
