"""Does the small web door survive whatever is sent to it? A request, or a refusal with a status; nothing else."""

import random

from fuzz.rounds import mutate
from pillarbox.doors.web.request import HEADER, BadRequest, read
from pillarbox.doors.web.response import encode, plain

REQUEST = (
    b"GET http://mta-sts.example.com/.well-known/mta-sts.txt?a=b HTTP/1.1\r\nHost: mta-sts.example.com:443\r\n"
    b"Content-Length: 0\r\nAccept: */*\r\n\r\n"
)
SPICE = (
    b"\r\n", b"\n", b"\r", b" ", b":", b"Host: b\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9\r\n",
    b"HTTP/1.1", b"HTTP/9.9", b"\0", b"\xff", b"..", b"%2e%2e/", b"https://", b"[::1]", b"x" * 9_000, b"\r\n\r\n",
)  # fmt: skip


def one_case(seed: int) -> None:
    """One request, whole and in two pieces: both are understood alike."""
    dice = random.Random(seed)
    octets = mutate(REQUEST, dice, SPICE)
    whole = _outcome(octets)
    if isinstance(whole, str):
        assert whole.startswith("/") or not whole
    cut = dice.randrange(len(octets) + 1)
    first = _outcome(octets[:cut])
    assert first in {None, whole} or isinstance(first, int)


def _outcome(octets: bytes) -> str | int | None:
    """The path, the status of a refusal, or None: more is needed."""
    try:
        request = read(octets)
    except BadRequest as error:
        refusal = encode(plain(error.status))  # every status has its words
        return error.status if refusal.startswith(b"HTTP/1.1 4") else ""
    assert request is not None or len(octets) < HEADER
    if request is None:
        return None
    assert request.host == request.host.lower()
    return request.path
