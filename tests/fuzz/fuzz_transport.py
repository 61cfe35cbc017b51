"""Does delivery survive what strangers publish and show? Policies, certificates, chains, answers of web servers.

Nothing but the documented refusals may be raised, and no chain of rubbish fits a TLSA record.
"""

import asyncio
import random
from functools import lru_cache

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from fuzz.rounds import mutate
from pillarbox.deliver.certificates import Untrusted, public_key_info
from pillarbox.deliver.dane import Dane, check
from pillarbox.deliver.mta_sts import InvalidPolicy, read, version_of
from pillarbox.deliver.mta_sts_fetch import FetchError, read_answer
from pillarbox.net.dns import Tlsa

POLICY = b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\nmax_age: 604800\r\n"
RECORD = b"v=STSv1; id=20160831085700Z;"
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 20\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;a=b\r\nhello\r\n0\r\n\r\n"
)
SPICE = (
    b"\r\n", b"\n", b":", b": ", b"mx: *.", b"mode: none\n", b"max_age: 99999999999999\n", b"\xff", b"\0", b"*.", b"=",
    b"; id=", b"v=STSv1;", b"Content-Length: 99999999\r\n", b"HTTP/1.1 ", b"ffffffff\r\n", b"-1", b"x" * 5_000,
)  # fmt: skip
TAGS = tuple(bytes([octet]) for octet in (0x30, 0x31, 0x80, 0x82, 0x84, 0xA0, 0x02, 0x00, 0xFF))


@lru_cache(maxsize=1)
def _chain() -> tuple[bytes, bytes]:
    authority = trustme.CA()
    leaf = authority.issue_cert("mx.example.com")
    pems = leaf.cert_chain_pems[0].bytes(), authority.cert_pem.bytes()
    return tuple(x509.load_pem_x509_certificate(pem).public_bytes(Encoding.DER) for pem in pems)  # type: ignore[return-value]


def one_case(seed: int) -> None:
    """One of the three."""
    dice = random.Random(seed)
    dice.choice((_policy, _certificates, _web))(dice)


def _policy(dice: random.Random) -> None:
    version = version_of([mutate(RECORD, dice, SPICE) for _ in range(dice.randrange(3))])
    assert version is None or (version.isalnum() and len(version) <= 32)
    try:
        policy = read("example.com", mutate(POLICY, dice, SPICE))
    except InvalidPolicy:
        return
    assert 0 <= policy.max_age <= 31_557_600
    assert len(policy.mx) <= 100
    assert not policy.allows("")


def _certificates(dice: random.Random) -> None:
    leaf, top = _chain()
    shown = [mutate(leaf, dice, TAGS), mutate(top, dice, TAGS), top][: dice.randrange(4)]
    for der in shown:
        try:
            assert public_key_info(der) in der
        except ValueError:
            continue
    usage, data = dice.choice((2, 3)), dice.randbytes(32)
    if dice.random() < 0.5:  # a broken certificate of an authority that is published does no harm either
        usage, data = 2, shown[-1] if len(shown) > 1 else data
    dane = Dane(
        "mx.example.com", ("mx.example.com",), (Tlsa(usage, dice.randrange(2), 0 if data in shown else 1, data),)
    )
    try:
        check(dane, shown, 1_800_000_000.0)
    except Untrusted:
        return
    assert shown[-1] == top or shown[-1] in data


def _web(dice: random.Random) -> None:
    octets = mutate(ANSWER, dice, SPICE)

    async def ask() -> bytes:
        reader = asyncio.StreamReader(limit=16_384)
        reader.feed_data(octets)
        reader.feed_eof()
        return await read_answer(reader, "mta-sts.example.com", 1_000)

    try:
        assert len(asyncio.run(ask())) <= 1_000
    except FetchError:
        return
