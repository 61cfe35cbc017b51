"""Does reading and checking DKIM and ARC survive whatever a message and DNS hold? Mutates good ones.

Nothing may be raised; a body hashes the same however it is cut; what passed and was then changed where the signature
covers it passes no more.
"""

import random
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from fuzz.rounds import mutate
from pillarbox.senderauth import arc, dkim
from pillarbox.senderauth.asking import Answer, Check, Question, Status

NOW = 1_800_000_000.0
HEADER = (
    b"Received: from a by b; Fri, 15 Jan 2027 08:00:00 +0000\r\nFrom: Ann <ann@a.example>\r\nTo: b@b.example\r\n"
    b"Subject: One\r\n two\r\nDate: Fri, 15 Jan 2027 08:00:00 +0000\r\nMessage-ID: <1@a.example>\r\n"
)
BODY = b"Hi.\r\n\r\nA  line \t\r\nlast\r\n\r\n"
KEY = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
SHORT = (
    b"v=DKIM1; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAIWmlgix/84GJ+dfgjm7LTc9EPdfkftlgiPpCq4/kbDAZmU0VvYKDljjleJ1dfvS+CGy"
    b"9U/kk1tG3EeEvb82xAcCAwEAAQ=="
)
RECORDS = (
    dkim.record(KEY).encode(), b"v=DKIM1; k=rsa; p=", SHORT,
    b"v=DKIM1; h=sha256; s=email; t=y:s; n=x; " + dkim.record(KEY)[9:].encode(),
)  # fmt: skip
SPICE = (
    b";", b"=", b":", b"b=", b"bh=", b"h=", b"h=from:" * 90, b"i=1;", b"l=3;", b"l=99999999999;", b"x=1;", b"\r\n ",
    b"\r", b"\n", b"\r\n", b" " * 5000, b"\t" * 5000, b"\r\n" * 3000, b"\xc3\xbc", b"\xff", b"\0", b"simple/simple",
    b"rsa-sha256", b"=;" * 3000, b"From: eve@e.example\r\n", b"DKIM-Signature: v=1\r\n", b"A=" * 2000, b"d=xn--;",
    b"ARC-Seal: i=2; cv=pass\r\n", b"ARC-Seal: i=1\r\n" * 60, b"ARC-Authentication-Results: i=2; x\r\n",
    b"DKIM-Signature: v=1; b=" + b"A" * 20_000 + b"\r\n",
)  # fmt: skip


def hashed(octets: bytes, ways: list[dkim.Body], cuts: list[int]) -> dkim.Hashes:
    """The hashes of a body that comes in slices."""
    hashes = dkim.BodyHashes(ways)
    begin = 0
    for cut in [*sorted(cuts), len(octets)]:
        hashes.update(octets[begin:cut])
        begin = cut
    return hashes.finish()


@lru_cache
def good() -> bytes:
    """A message with a signature and two ARC sets."""
    digest = hashed(BODY, [dkim.BODY], [])[dkim.BODY].digest
    settings = dkim.SignSettings()
    header = dkim.Signer("a.example", "s", KEY, settings).field(HEADER, digest, NOW) + HEADER
    for _ in range(2):
        fields = dkim.Fields(header)
        chain = arc.read(fields, arc.ArcSettings())
        well = arc.Arc(arc.ArcVerdict.PASS, "")
        sealer = arc.Sealer("b.example", "s", KEY, settings)
        header = sealer.seal(header, chain, well, b"b.example; dkim=pass", digest, NOW) + header
    return header + b"\r\n" + BODY


def answered(check: Check[object], dice: random.Random, asked: list[Question]) -> object:
    """The end of ``check`` when DNS says anything."""
    try:
        questions = next(check)
        while True:
            asked.extend(questions)
            questions = check.send([answer(dice) for _ in questions])
    except StopIteration as done:
        return done.value


def answer(dice: random.Random) -> Answer:
    match dice.randrange(8):
        case 0:
            return Answer(dice.choice((Status.FAILED, Status.NO_NAME, Status.NO_RECORD)))
        case 1:
            some = [mutate(dice.choice(RECORDS), dice, SPICE) for _ in range(dice.randint(1, 9))]
            return Answer(Status.FOUND, tuple(some))
        case 2:
            return Answer(Status.FOUND, (dice.choice(RECORDS),))
        case _:
            return Answer(Status.FOUND, (RECORDS[0],))


def one_case(seed: int) -> None:
    """One message, one DNS."""
    dice = random.Random(seed)
    message = mutate(good(), dice, SPICE)
    header, empty, body = message.partition(b"\r\n\r\n")
    fields = dkim.Fields(header + empty)
    settings = arc.ArcSettings()
    signatures = dkim.read_fields(fields, settings.dkim.limits)
    chain = arc.read(fields, settings)
    ways = [*dkim.bodies(signatures), *arc.bodies(chain), dkim.Body(True, 5), dkim.Body(False, 5), dkim.BODY]
    cuts = [dice.randint(0, len(body)) for _ in range(dice.randint(0, 6))]
    hashes = hashed(body, ways, cuts)
    assert hashes == hashed(body, ways, []), (body, cuts)
    asked: list[Question] = []
    found = answered(dkim.verify(fields, signatures, hashes, NOW, settings.dkim), dice, asked)
    assert isinstance(found, tuple)
    assert len(found) == len(signatures) <= settings.dkim.limits.signatures
    state = answered(arc.verify(fields, chain, hashes, NOW, settings), dice, asked)
    assert isinstance(state, arc.Arc)
    assert len(asked) <= len(signatures) + 2 * settings.sets
    for question in asked:
        assert len(question.name) <= 253, question
        assert question.name.isascii(), question
    whole = [each for each in found if each.result is dkim.DkimVerdict.PASS]
    assert not whole or changed_body_fails(fields, signatures, body + b"x", dice)
    assert all(each.reason for each in found)


def changed_body_fails(
    fields: dkim.Fields, signatures: tuple[dkim.Signature, ...], body: bytes, dice: random.Random
) -> bool:
    """Whether no signature takes another body for its own."""
    hashes = hashed(body, list(dkim.bodies(signatures)), [])
    found = answered(dkim.verify(fields, signatures, hashes, NOW, dkim.DkimSettings()), dice, [])
    assert isinstance(found, tuple)
    return all(each.result is not dkim.DkimVerdict.PASS for each in found)
