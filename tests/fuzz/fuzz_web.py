"""Does the small web door survive whatever is sent to it? A request, or a refusal with a status; nothing else."""

import random
import ssl
from contextlib import suppress
from functools import lru_cache

from fuzz.rounds import mutate
from pillarbox.doors.web.request import HEADER, BadRequest, read
from pillarbox.doors.web.response import encode, plain
from pillarbox.net.client_hello import RECORD
from pillarbox.net.client_hello import read as read_hello

REQUEST = (
    b"GET http://mta-sts.example.com/.well-known/mta-sts.txt?a=b HTTP/1.1\r\nHost: mta-sts.example.com:443\r\n"
    b"Content-Length: 0\r\nAccept: */*\r\n\r\n"
)
SPICE = (
    b"\r\n", b"\n", b"\r", b" ", b":", b"Host: b\r\n", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 9\r\n",
    b"HTTP/1.1", b"HTTP/9.9", b"\0", b"\xff", b"..", b"%2e%2e/", b"https://", b"[::1]", b"x" * 9_000, b"\r\n\r\n",
)  # fmt: skip


BYTES = (b"\x00", b"\x01", b"\x02", b"\x10", b"\x16", b"\x7f", b"\xff", b"\x00\x10\x00\x0d\x00\x0b\x0aacme-tls/1")


@lru_cache(maxsize=1)
def _hello() -> bytes:
    """The first octets of a real client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_alpn_protocols(["acme-tls/1", "h2"])
    outgoing = ssl.MemoryBIO()
    with suppress(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname="mx.example.com").do_handshake()
    return outgoing.read()


def one_case(seed: int) -> None:
    """A request, or the first octets of a handshake."""
    dice = random.Random(seed)
    dice.choice((_request, _handshake))(dice)


def _handshake(dice: random.Random) -> None:
    with suppress(ValueError):
        hello = read_hello(mutate(_hello(), dice, BYTES))
        assert hello is None or len(hello.name) + sum(map(len, hello.protocols)) <= RECORD


def _request(dice: random.Random) -> None:
    """Whole and in two pieces: both are understood alike."""
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
